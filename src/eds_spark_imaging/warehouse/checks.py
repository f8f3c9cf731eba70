"""What is wrong with a base centrale, before any work: names, types, keys, and rows that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.errors import InputError
from eds_spark_imaging.vocabulary import Word
from eds_spark_imaging.warehouse.contract import INPUTS, InputTable
from eds_spark_imaging.warehouse.reader import Warehouse


class Fault(Word):
    """What can be wrong with a table of the base centrale."""

    UNREADABLE = "unreadable", "a table or column that must be there is missing, or cannot be read; no job starts"
    ABSENT = "absent", "an optional table is not there: what needs it stays empty"
    NO_KEY = "no_key", "rows without a key are left out"
    DUPLICATE_KEY = "duplicate_key", "of several rows with one key one is taken"
    ORPHAN = "orphan", "rows that name a row of another table which is not there"
    EMPTY_COLUMN = "empty_column", "a column that must be filled has no value at all"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a table; ``rows`` is how many rows it concerns."""

    fault: Fault
    table: str
    column: str | None = None
    rows: int | None = None
    message: str | None = None

    @property
    def stops(self) -> bool:
        """Whether no job can work with it."""
        return self.fault is Fault.UNREADABLE

    def __str__(self) -> str:
        if self.message:
            return self.message
        place = self.table if self.column is None else f"{self.table}.{self.column}"
        count = "" if self.rows is None else f" ({self.rows:,} rows)"
        return f"{place}: {self.fault.meaning}{count}"


def check(warehouse: Warehouse) -> list[Finding]:
    """Every finding, table by table. It reads the keys of all tables."""
    frames: dict[str, DataFrame] = {}
    findings: list[Finding] = []
    for name, spec in INPUTS.items():
        try:
            rows = warehouse.rows(name)
        except InputError as error:
            findings.append(Finding(Fault.UNREADABLE, name, message=str(error)))
            continue
        if rows is None:
            findings.append(Finding(Fault.ABSENT, name))
            continue
        frames[name] = rows
        findings += _of_table(spec, rows)
    return findings + list(_orphans(frames))


def key_faults(spec: InputTable, rows: DataFrame) -> dict[str, Column]:
    """Aggregates over ``rows``: those without a whole key, and those beyond the first of each key."""
    whole = F.lit(True)
    for column in spec.key:
        whole = whole & F.col(column).isNotNull()
    distinct = F.count_distinct(F.when(whole, F.struct(*spec.key)))
    return {str(Fault.NO_KEY): F.count_if(~whole), str(Fault.DUPLICATE_KEY): F.count_if(whole) - distinct}


def _of_table(spec: InputTable, rows: DataFrame) -> Iterator[Finding]:
    faults = key_faults(spec, rows) if spec.key else {}
    needed = [c.name for c in spec if c.required and c.name not in spec.key]
    filled = {column: F.count(column) for column in needed}
    every = {"rows": F.count(F.lit(1)), **faults, **filled}
    found = rows.agg(*[value.alias(name) for name, value in every.items()]).collect()[0]
    for fault in faults:
        if found[fault]:
            yield Finding(Fault(fault), spec.name, ", ".join(spec.key), int(found[fault]))
    for column in needed:
        if found["rows"] and not found[column]:
            yield Finding(Fault.EMPTY_COLUMN, spec.name, column, int(found["rows"]))


def _orphans(frames: dict[str, DataFrame]) -> Iterator[Finding]:
    """Rows whose column has the name of another table's key, and a value that this table has not."""
    owners = {spec.key[0]: name for name, spec in INPUTS.items() if len(spec.key) == 1 and name in frames}
    for name, rows in frames.items():
        for column in INPUTS[name]:
            owner = owners.get(column.name)
            if owner is None or owner == name:
                continue
            known = frames[owner].select(column.name).distinct()
            lost = rows.where(F.col(column.name).isNotNull()).join(known, column.name, "left_anti").count()
            if lost:
                yield Finding(Fault.ORPHAN, name, column.name, lost)
