"""Tiny frames: a test writes down the columns that it is about, the project's declarations give them their types."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from eds_spark_imaging.tables import Catalogue
from eds_spark_imaging.tables.spec import Table, sql_type
from eds_spark_imaging.warehouse.contract import INPUTS, InputTable

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Row = dict[str, Any]


def _types() -> dict[str, str]:
    """The type of each declared name, where all tables that have it agree."""
    found: dict[str, set[str]] = defaultdict(set)
    for table in (*Catalogue(), *INPUTS.values()):
        for column in table:
            found[column.name].add(sql_type(column.type))
    return {name: kinds.pop() for name, kinds in found.items() if len(kinds) == 1}


_TYPES = _types()  # before a test gives the catalogue another declaration


def rows(names: str, *values: tuple[Any, ...], **same: Any) -> list[Row]:
    """Rows by name: ``values`` in the order of ``names``, and what is the same in all of them."""
    return [dict(zip(names.split(), value, strict=True)) | same for value in values]


def frame(
    spark: SparkSession, columns: str | Table | InputTable, *values: tuple[Any, ...] | Row, **same: Any
) -> DataFrame:
    """A frame of the named columns, or of all those of a declared table; ``same`` is the same in all rows.

    ``columns`` as ``"ipp person_id n:int"``: names stand alone where tables declare them. A row is a tuple in this
    order, or a dict, which is null where it says nothing. KeyError on a name without type or column.
    """
    if isinstance(columns, str):
        words = [word.partition(":") for word in columns.split()]
        types = {name: kind or _TYPES[name] for name, _, kind in words}
    else:
        types = {column.name: sql_type(column.type) for column in columns}
    names = [name for name in types if name not in same]
    types |= {name: _TYPES[name] for name in same if name not in types}
    said = [(row if isinstance(row, dict) else dict(zip(names, row, strict=True))) | same for row in values]
    if unknown := {name for row in said for name in row} - types.keys():
        raise KeyError(f"no column {sorted(unknown)[0]}")
    ddl = ", ".join(f"`{name}` {kind}" for name, kind in types.items())
    return spark.createDataFrame([tuple(row.get(name) for name in types) for row in said], ddl)
