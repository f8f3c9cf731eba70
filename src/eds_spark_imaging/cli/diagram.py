"""How the tables hang together, as a diagram in Mermaid: from their keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from eds_spark_imaging.tables import Catalogue, Table
from eds_spark_imaging.tables.spec import sql_type

_STUDY: Final = ("study_instance_uid",)
_SERIES: Final = ("study_instance_uid", "series_instance_uid")
# Tables of the base centrale, by the column that leads to them.
_BASE: Final = {
    "person_id": "person",
    "visit_occurrence_id": "visit_occurrence",
    "procedure_occurrence_id": "procedure_occurrence",
    "condition_occurrence_id": "condition_occurrence",
    "note_id": "note",
}


def diagram(catalogue: Catalogue, left_out: frozenset[str]) -> Iterator[str]:
    """Lines of a Mermaid entity diagram: tables with their keys, and what they lead to; marts join on nothing."""
    yield "```mermaid"
    yield "erDiagram"
    for table in catalogue:
        if table.name not in left_out and set(table.names) & {*_STUDY, "procedure_occurrence_id"}:
            yield from _relations(table)
            yield from _box(table)
    yield "  dicom_file ||--o| dicom_instance : path"
    yield "  dicom_file ||--o{ dicom_issue : path"
    yield "```"


def _relations(table: Table) -> Iterator[str]:
    if table.name == "imaging_study":
        yield "  person |o--o{ imaging_study : person_id"
        return
    if set(_SERIES) <= set(table.names) and table.name != "imaging_series":
        yield f"  imaging_series {_many(table, _SERIES)} {table.name} : series_instance_uid"
    elif set(_STUDY) <= set(table.names):
        yield f"  imaging_study {_many(table, _STUDY)} {table.name} : study_instance_uid"
    for column, name in _BASE.items():
        if column in table.keys:
            yield f"  {name} {_many(table, (column,))} {table.name} : {column}"


def _many(table: Table, columns: tuple[str, ...]) -> str:
    return "||--o|" if table.keys == columns else "||--o{"


def _box(table: Table) -> Iterator[str]:
    if not table.keys:
        return
    yield f"  {table.name} {{"
    for column in table:
        if column.name in table.keys:
            yield f"    {sql_type(column.type)} {column.name} PK"
    yield "  }"
