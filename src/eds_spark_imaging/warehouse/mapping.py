"""Layouts: the names that a family of sites gives to the canonical tables and columns, and a site's own overrides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eds_spark_imaging.config import WarehouseConfig
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.warehouse.contract import INPUTS


@dataclass(frozen=True, slots=True)
class Aside:
    """A column that stands in a table of its own, which may be absent: its names there, best first.

    ``key`` is a column of both tables, by its canonical name; the latest value counts.
    """

    table: str
    key: str
    column: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableLayout:
    """The names to try, in order, for a table and for its columns; the canonical names are always tried too.

    ``concept`` is a column and a prefix: where the table has the column, only values with the prefix belong to it, and
    they are read without. ``forms`` are what values must look like that stand under another name than the canonical
    one; others are null. ``aside`` is read where the table has none of the column's names.
    """

    names: tuple[str, ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    concept: tuple[str, str] | None = None
    forms: Mapping[str, str] = field(default_factory=dict)
    aside: Aside | None = None


# The exports of the base centrale name two tables the FHIR way.
_BASE_CENTRALE = {
    "condition_occurrence": TableLayout(("condition_occurrence", "condition")),
    "procedure_occurrence": TableLayout(("procedure_occurrence", "procedure")),
}

# OMOP 5.4: dates stand where a datetime is optional. The visit's source value is its number, or the word or code of its
# kind, which must not be taken for a number; names of the EDS that are there go first.
_VISIT_NUMBER = "(?:[0-9][^0-9]*){6}"
_OMOP = {
    "person": TableLayout(
        aside=Aside("death", "person_id", "death_datetime", ("death_datetime", "death_date")),  # one row a person
    ),
    "visit_occurrence": TableLayout(
        columns={
            "visit_occurrence_source_value": ("visit_occurrence_source_value", "visit_source_value"),
            "visit_start_datetime": ("visit_start_datetime", "visit_start_date"),
            "visit_end_datetime": ("visit_end_datetime", "visit_end_date"),
        },
        forms={"visit_occurrence_source_value": _VISIT_NUMBER},
    ),
    "visit_detail": TableLayout(
        columns={
            "visit_detail_start_datetime": ("visit_detail_start_datetime", "visit_detail_start_date"),
            "visit_detail_end_datetime": ("visit_detail_end_datetime", "visit_detail_end_date"),
        }
    ),
    "condition_occurrence": TableLayout(
        columns={"condition_start_datetime": ("condition_start_datetime", "condition_start_date")}
    ),
    "procedure_occurrence": TableLayout(columns={"procedure_datetime": ("procedure_datetime", "procedure_date")}),
    "care_site": TableLayout(
        columns={"care_site_type_source_value": ("care_site_type_source_value", "place_of_service_source_value")}
    ),
    "note": TableLayout(
        columns={
            "note_datetime": ("note_datetime", "note_date"),
            "note_class_source_value": ("note_class_source_value", "note_source_value"),
        }
    ),
}

# i2b2: facts of all kinds have the same columns; the prefix of the concept tells which kind, also where they stand in
# one table. A fact's id is its instance number, unique in the EDS; where it is not, `doctor` says so, and a site
# names another column. A unit's code is its id: care sites are the concepts of the ontology.
_FACT = {"person_id": ("patient_num",), "visit_occurrence_id": ("encounter_num",), "cdm_source": ("sourcesystem_cd",)}
_UNIT = ("concept_cd", "UFR:")
_I2B2 = {
    "person": TableLayout(
        ("i2b2_patient", "patient_dimension"),
        {
            "person_id": ("patient_num",),
            "person_source_value": ("ipp", "patient_ide", "patient_num"),
            "birth_datetime": ("birth_date",),
            "death_datetime": ("death_date",),
            "gender_source_value": ("sex_cd",),
            "cdm_source": ("sourcesystem_cd",),
        },
    ),
    "visit_occurrence": TableLayout(
        ("i2b2_visit", "visit_dimension"),
        {
            **_FACT,
            "visit_occurrence_source_value": ("nda", "encounter_ide"),
            "care_site_id": ("location_cd",),
            "visit_start_datetime": ("start_date",),
            "visit_end_datetime": ("end_date",),
            "visit_source_value": ("type_visite", "inout_cd"),
        },
    ),
    "visit_detail": TableLayout(
        ("i2b2_observation_ufr", "observation_fact"),
        {
            **_FACT,
            "visit_detail_id": ("instance_num",),
            "care_site_id": ("concept_cd",),
            "visit_detail_start_datetime": ("start_date",),
            "visit_detail_end_datetime": ("end_date",),
        },
        _UNIT,
    ),
    "condition_occurrence": TableLayout(
        ("i2b2_observation_cim10", "observation_fact"),
        {
            **_FACT,
            "condition_occurrence_id": ("instance_num",),
            "condition_start_datetime": ("start_date",),
            "condition_source_value": ("concept_cd",),
            "condition_status_source_value": ("tval_char",),
        },
        ("concept_cd", "CIM10:"),
    ),
    "procedure_occurrence": TableLayout(
        ("i2b2_observation_ccam", "observation_fact"),
        {
            **_FACT,
            "procedure_occurrence_id": ("instance_num",),
            "procedure_datetime": ("start_date",),
            "procedure_source_value": ("concept_cd",),
        },
        ("concept_cd", "CCAM:"),
    ),
    "note": TableLayout(
        ("i2b2_observation_doc", "observation_fact"),
        {
            **_FACT,
            "note_id": ("instance_num",),
            "note_datetime": ("start_date",),
            "note_class_source_value": ("concept_cd",),
        },
        ("concept_cd", "CR:"),
    ),
    "care_site": TableLayout(
        ("i2b2_concept", "concept_dimension"),
        {
            "care_site_id": ("concept_cd",),
            "care_site_source_value": ("concept_cd",),
            "care_site_name": ("name_char",),
        },
        _UNIT,
    ),
}

LAYOUTS: dict[str, Mapping[str, TableLayout]] = {"base_centrale": _BASE_CENTRALE, "omop": _OMOP, "i2b2": _I2B2}


def table_names(config: WarehouseConfig, table: str) -> tuple[str, ...]:
    """The names under which ``table`` may be found, best first; an overridden name stands alone."""
    override = config.tables.get(table)
    if override is not None and override.name is not None:
        return (override.name,)
    return _unique(*_layout(config, table).names, table)


def column_names(config: WarehouseConfig, table: str, column: str) -> tuple[str, ...]:
    """The names under which ``column`` may be found, best first; an overridden name stands alone."""
    override = config.tables.get(table)
    if override is not None and column in override.columns:
        return (override.columns[column],)
    return _unique(*_layout(config, table).columns.get(column, ()), column)


def form(config: WarehouseConfig, table: str, column: str) -> str | None:
    """What values of ``column`` must look like under another name than the canonical one, as a pattern, if any."""
    return _layout(config, table).forms.get(column)


def concept(config: WarehouseConfig, table: str) -> tuple[str, str] | None:
    """The column and prefix by which rows of ``table`` are known among others, if any."""
    return _layout(config, table).concept


def aside(config: WarehouseConfig, table: str) -> Aside | None:
    """The column of ``table`` that may stand in a table of its own, if any; not where the site names it."""
    found, override = _layout(config, table).aside, config.tables.get(table)
    return None if found is None or (override is not None and found.column in override.columns) else found


def check_layout(config: WarehouseConfig) -> None:
    """ConfigError where the configuration names a layout, a table or a column that does not exist."""
    if config.layout not in LAYOUTS:
        raise ConfigError(f"[warehouse] layout {config.layout!r} is not one of {', '.join(LAYOUTS)}")
    for table, override in config.tables.items():
        if table not in INPUTS:
            raise ConfigError(f"[warehouse.tables] has no table {table!r}; known: {', '.join(INPUTS)}")
        for column in override.columns:
            if column not in INPUTS[table].names:
                known = ", ".join(INPUTS[table].names)
                raise ConfigError(f"[warehouse.tables.{table}.columns] has no column {column!r}; known: {known}")


def _layout(config: WarehouseConfig, table: str) -> TableLayout:
    return LAYOUTS[config.layout].get(table, TableLayout())


def _unique(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
