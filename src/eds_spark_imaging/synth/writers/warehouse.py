"""The tables of the base centrale: one row class each, whose fields are the columns and give the schema."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

from eds_spark_imaging.synth.hospital.clock import instant


class PersonRow(NamedTuple):
    """One person; ``person_source_value`` is the IPP."""

    person_id: int
    person_source_value: str
    year_of_birth: int | None
    month_of_birth: int | None
    day_of_birth: int | None
    birth_datetime: datetime | None
    death_datetime: datetime | None
    gender_source_value: str
    cdm_source: str


class VisitRow(NamedTuple):
    """One visit; ``visit_occurrence_source_value`` is the NDA."""

    visit_occurrence_id: int
    person_id: int
    visit_occurrence_source_value: str
    care_site_id: int
    visit_start_datetime: datetime
    visit_end_datetime: datetime | None
    visit_source_value: str
    row_status_source_value: str
    stay_source_value: str | None
    cdm_source: str


class VisitDetailRow(NamedTuple):
    """One passage in a unit."""

    visit_detail_id: int
    visit_occurrence_id: int
    person_id: int
    care_site_id: int
    visit_detail_start_datetime: datetime
    visit_detail_end_datetime: datetime | None
    visit_detail_type_source_value: str


class ConditionRow(NamedTuple):
    """One diagnosis, CIM-10."""

    condition_occurrence_id: int
    person_id: int
    visit_occurrence_id: int | None
    visit_detail_id: int | None
    condition_start_datetime: datetime
    condition_source_value: str
    condition_status_source_value: str
    row_status_source_value: str
    cdm_source: str


class ProcedureRow(NamedTuple):
    """One act, CCAM."""

    procedure_occurrence_id: int
    person_id: int
    visit_occurrence_id: int | None
    visit_detail_id: int | None
    procedure_datetime: datetime
    procedure_source_value: str
    row_status_source_value: str
    cdm_source: str
    accession_number: str | None


class CareSiteRow(NamedTuple):
    """One node of the care-site tree."""

    care_site_id: int
    care_site_source_value: str
    care_site_name: str
    care_site_short_name: str
    care_site_type_source_value: str
    valid_start_date: date | None
    valid_end_date: date | None


class FactRelationshipRow(NamedTuple):
    """One edge of the care-site tree, child then parent."""

    fact_id_1: int
    fact_id_2: int
    domain_concept_id_1: int
    relationship_concept_id: int


class NoteRow(NamedTuple):
    """One report or letter, without its text."""

    note_id: int
    person_id: int
    visit_occurrence_id: int | None
    note_datetime: datetime
    note_class_source_value: str
    note_type_source_value: str
    row_status_source_value: str
    cdm_source: str
    accession_number: str | None
    note_title: str | None
    care_site_id: int | None


class IdentityRow(NamedTuple):
    """One identity: an IPP, with a NIP of one hospital group where it has one (several groups, several rows)."""

    ipp: str
    merged_into_ipp: str | None
    nip: str | None
    nip_domain: str | None
    birth_name: str
    used_name: str | None
    first_given_name: str
    birth_date: date
    sex: str
    birth_place_insee: str
    identity_status: str


TABLES: dict[str, type[tuple]] = {  # type: ignore[type-arg]
    "person": PersonRow,
    "patient_identity": IdentityRow,
    "visit_occurrence": VisitRow,
    "visit_detail": VisitDetailRow,
    "condition_occurrence": ConditionRow,
    "procedure_occurrence": ProcedureRow,
    "care_site": CareSiteRow,
    "fact_relationship": FactRelationshipRow,
    "note": NoteRow,
}
_TABLE_OF = {row: name for name, row in TABLES.items()}
_INSTANT = pa.timestamp("us", tz="UTC")


def schema_of(row: type) -> pa.Schema:
    """The Parquet schema of a row class: ids are bigint, ``*_datetime`` instants, other times wall-clock."""
    return pa.schema([(name, _type_of(name, hint)) for name, hint in get_type_hints(row).items()])


def _type_of(name: str, hint: Any) -> pa.DataType:
    if get_origin(hint) is list:
        return pa.list_(_type_of(name, get_args(hint)[0]))
    base = next((part for part in get_args(hint) if part is not NoneType), hint)
    if base is int:
        return pa.int32() if name.endswith("_of_birth") else pa.int64()
    if base is datetime:
        return _INSTANT if name.endswith("_datetime") else pa.timestamp("us")
    return {str: pa.string(), date: pa.date32(), bool: pa.bool_()}[base]


class RowWriter:
    """Writes rows of one class to one Parquet file, a row group at each flush."""

    def __init__(self, path: Path, row: type) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._schema = schema_of(row)
        self._writer = pq.ParquetWriter(path, self._schema)
        self._rows: list[tuple[object, ...]] = []
        self.written = 0

    def add(self, row: tuple[object, ...]) -> None:
        """Keep a row until the next flush."""
        self._rows.append(row)

    def flush(self) -> None:
        """Write what was kept."""
        if not self._rows:
            return
        columns = [
            _array(list(values), field)
            for values, field in zip(zip(*self._rows, strict=True), self._schema, strict=True)
        ]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))
        self.written += len(self._rows)
        self._rows.clear()

    def close(self) -> None:
        """Flush and end the file."""
        self.flush()
        self._writer.close()


def _array(values: list[object], field: pa.Field) -> pa.Array:
    if field.type == _INSTANT:
        values = [None if value is None else instant(value) for value in values]  # type: ignore[arg-type]
    return pa.array(values, field.type)


class BaseCentraleTables:
    """All tables at once; a row goes to the table of its class."""

    def __init__(self, folder: Path) -> None:
        self._writers = {row: RowWriter(folder / name / "part-00000.parquet", row) for row, name in _TABLE_OF.items()}

    def add(self, rows: Iterable[tuple[object, ...]]) -> None:
        """Keep rows of any tables until the next flush."""
        for row in rows:
            self._writers[type(row)].add(row)

    def flush(self) -> None:
        """Write one row group to each table."""
        for writer in self._writers.values():
            writer.flush()

    def close(self) -> Counter[str]:
        """End all files; the rows written, by table."""
        for writer in self._writers.values():
            writer.close()
        return Counter({_TABLE_OF[row]: writer.written for row, writer in self._writers.items()})
