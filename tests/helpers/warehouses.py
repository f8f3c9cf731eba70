"""Tiny warehouses: the base centrale as a folder of Parquet, with the types of its contract."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from frames import Row

from eds_spark_imaging.tables.spec import INSTANT
from eds_spark_imaging.warehouse.contract import INPUTS, InputColumn


def write_warehouse(place: Path, **tables: Sequence[Row]) -> None:
    """The tables given, and the others that a site must have without rows."""
    required = {name: () for name, table in INPUTS.items() if table.required}
    for name, rows in (required | tables).items():
        write_table(place, name, rows)


def write_table(place: Path, name: str, rows: Sequence[Row]) -> None:
    """One table, in the place of what it was: the required columns, and those that a row names."""
    named = {column for row in rows for column in row}
    if unknown := named - set(INPUTS[name].names):
        raise KeyError(f"{name} has no column {sorted(unknown)[0]}")
    columns = [column for column in INPUTS[name] if column.required or column.name in named]
    file = place / name / "part-0.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({column.name: _array(column, rows) for column in columns}), file)


def _array(column: InputColumn, rows: Sequence[Row]) -> pa.Array:
    values = [row.get(column.name) for row in rows]
    zoned = any(isinstance(value, datetime) and value.tzinfo for value in values)
    return pa.array(values, INSTANT if zoned else column.type)
