"""The tables and columns of the base centrale that this project reads: the one declaration of its inputs.

Clinical times are hospital wall-clock. ``required`` says what a site must have; everything else may be absent and is
then null (a column) or missing (a table).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from eds_spark_imaging.tables.spec import BIGINT, DATE, INT, STRING, WALL_CLOCK


@dataclass(frozen=True, slots=True)
class InputColumn:
    """A column that we read: canonical name, Arrow type that it is cast to, and what it means."""

    name: str
    type: pa.DataType
    comment: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class InputTable:
    """A table that we read, under its canonical name; ``key`` names the columns of which a row is the only one."""

    name: str
    comment: str
    columns: tuple[InputColumn, ...]
    required: bool = False
    key: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[InputColumn]:
        return iter(self.columns)

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]


def _id(name: str, comment: str, required: bool = False) -> InputColumn:
    return InputColumn(name, BIGINT, comment, required)


def _text(name: str, comment: str, required: bool = False) -> InputColumn:
    return InputColumn(name, STRING, comment, required)


def _time(name: str, comment: str, required: bool = False) -> InputColumn:
    return InputColumn(name, WALL_CLOCK, comment, required)


ROW_STATUS = "row_status_source_value"
_STATUS = _text(ROW_STATUS, "Whether the row is valid; rows of a deleted status are not read")
_SOURCE = _text("cdm_source", "System that the row comes from: ORBIS, AREM")
_PERSON = _id("person_id", "The patient, before merges are followed", required=True)
_VISIT = _id("visit_occurrence_id", "The visit, where known")
_DETAIL = _id("visit_detail_id", "The part of the visit, where known")

PERSON = InputTable(
    "person",
    "Patients; a merged patient may keep a row",
    (
        _PERSON,
        _text("person_source_value", "IPP, the permanent patient identifier", required=True),
        InputColumn("year_of_birth", INT, "Year of birth"),
        InputColumn("month_of_birth", INT, "Month of birth, 1 to 12"),
        InputColumn("day_of_birth", INT, "Day of birth, 1 to 31"),
        _time("birth_datetime", "Date and time of birth"),
        _time("death_datetime", "Date and time of death"),
        _text("gender_source_value", "m or f"),
        _SOURCE,
    ),
    required=True,
    key=("person_id",),
)

PATIENT_IDENTITY = InputTable(
    "patient_identity",
    "Nominative identities by IPP; one IPP has a row for each of its NIPs",
    (
        _text("ipp", "IPP", required=True),
        _text("merged_into_ipp", "IPP that this one was merged into; null where never merged, or un-merged"),
        _text("nip", "Older identifier, unique within its domain only"),
        _text("nip_domain", "Where the NIP is unique: care_site_source_value of the hospital group"),
        _text("birth_name", "Family name at birth"),
        _text("used_name", "Family name in use"),
        _text("first_given_name", "First given name of the birth certificate"),
        InputColumn("birth_date", DATE, "Date of birth"),
        _text("sex", "Administrative sex"),
        _text("birth_place_insee", "INSEE code of the place of birth"),
        _text("identity_status", "How far the identity was verified"),
    ),
)

VISIT_OCCURRENCE = InputTable(
    "visit_occurrence",
    "Visits: stays, consultations, emergencies",
    (
        _id("visit_occurrence_id", "The visit", required=True),
        _PERSON,
        _text("visit_occurrence_source_value", "NDA, the number of the visit file"),
        _id("care_site_id", "Care site of the visit"),
        _time("visit_start_datetime", "Start of the visit", required=True),
        _time("visit_end_datetime", "End of the visit; null while it is open"),
        _text("visit_source_value", "Kind of visit"),
        _STATUS,
        _text("stay_source_value", "Stay that several visits belong to"),
        _SOURCE,
    ),
    required=True,
    key=("visit_occurrence_id",),
)

VISIT_DETAIL = InputTable(
    "visit_detail",
    "Parts of visits, by care site",
    (
        _id("visit_detail_id", "The part of the visit", required=True),
        _id("visit_occurrence_id", "The visit", required=True),
        _id("person_id", "The patient"),
        _id("care_site_id", "Care site of the part"),
        _time("visit_detail_start_datetime", "Start"),
        _time("visit_detail_end_datetime", "End"),
        _text("visit_detail_type_source_value", "PASS UF, PASS UC, PASS UH or RUM"),
        _STATUS,
    ),
    key=("visit_detail_id",),
)

CONDITION_OCCURRENCE = InputTable(
    "condition_occurrence",
    "Diagnoses coded in CIM-10",
    (
        _id("condition_occurrence_id", "The diagnosis", required=True),
        _PERSON,
        _VISIT,
        _DETAIL,
        _time("condition_start_datetime", "Date and time of the diagnosis", required=True),
        _text("condition_source_value", "CIM-10 code", required=True),
        _text("condition_status_source_value", "DP, DR, DAS (also written DA) or DAD"),
        _STATUS,
        _SOURCE,
    ),
    required=True,
    key=("condition_occurrence_id",),
)

PROCEDURE_OCCURRENCE = InputTable(
    "procedure_occurrence",
    "Acts coded in CCAM",
    (
        _id("procedure_occurrence_id", "The act", required=True),
        _PERSON,
        _VISIT,
        _DETAIL,
        _time("procedure_datetime", "Date and time of the act", required=True),
        _text("procedure_source_value", "CCAM code", required=True),
        _text("accession_number", "Accession number of the exam that the act pays for"),
        _STATUS,
        _SOURCE,
    ),
    required=True,
    key=("procedure_occurrence_id",),
)

CARE_SITE = InputTable(
    "care_site",
    "Hospitals, hospital groups, departments, units",
    (
        _id("care_site_id", "The care site", required=True),
        _text("care_site_source_value", "Its code", required=True),
        _text("care_site_name", "Its name"),
        _text("care_site_short_name", "Its short name; a trigram for a hospital"),
        _text("care_site_type_source_value", "Hôpital, Groupe hospitalier (GH), Pôle/DMU, Unité Fonctionnelle (UF)"),
        InputColumn("valid_start_date", DATE, "First day on which it existed"),
        InputColumn("valid_end_date", DATE, "Last day on which it existed"),
    ),
    key=("care_site_id",),
)

FACT_RELATIONSHIP = InputTable(
    "fact_relationship",
    "The care-site tree",
    (
        _id("fact_id_1", "Child care site", required=True),
        _id("fact_id_2", "Parent care site", required=True),
        _id("domain_concept_id_1", "57 for care sites"),
        _id("relationship_concept_id", "46233688 for the tree"),
    ),
)

NOTE = InputTable(
    "note",
    "Reports",
    (
        _id("note_id", "The report", required=True),
        _PERSON,
        _VISIT,
        _time("note_datetime", "Date and time of the report", required=True),
        _text("note_class_source_value", "Kind of report; CR-IMAG and others for imaging"),
        _text("note_type_source_value", "Type of the report"),
        _text("accession_number", "Accession number of the exam reported on"),
        _text("note_title", "Title"),
        _id("care_site_id", "Care site of the report"),
        _STATUS,
        _SOURCE,
    ),
    key=("note_id",),
)

INPUTS: dict[str, InputTable] = {
    table.name: table
    for table in (
        PERSON,
        PATIENT_IDENTITY,
        VISIT_OCCURRENCE,
        VISIT_DETAIL,
        CONDITION_OCCURRENCE,
        PROCEDURE_OCCURRENCE,
        CARE_SITE,
        FACT_RELATIONSHIP,
        NOTE,
    )
}
