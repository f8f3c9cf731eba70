"""What is wrong with a base centrale, before any work: names, types, keys, and rows that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

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
    REPEATED = "repeated", "rows that say the same identity again; each identity counts once"
    ORPHAN = "orphan", "rows that name a row of another table which is not there"
    EMPTY_COLUMN = "empty_column", "a column that must be filled has no value at all"
    NO_DEATHS = "no_deaths", "no date of death at all: everybody counts as alive, and no exam as after the death"


_DEATH = ("person", "death_datetime")
# Columns that name a row of another table under a name of their own: the columns, any of which may hold the value.
_NAMED: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("patient_identity", "merged_into_ipp"): (("patient_identity", "ipp"), ("person", "person_source_value")),
    ("fact_relationship", "fact_id_1"): (("care_site", "care_site_id"),),
    ("fact_relationship", "fact_id_2"): (("care_site", "care_site_id"),),
}


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
    return findings + list(_repeated(frames)) + list(_orphans(frames))


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
    deaths = [column for table, column in (_DEATH,) if table == spec.name]
    filled = {column: F.count(column) for column in (*needed, *deaths)}
    every = {"rows": F.count(F.lit(1)), **faults, **filled}
    found = rows.agg(*[value.alias(name) for name, value in every.items()]).collect()[0]
    for fault in faults:
        if found[fault]:
            yield Finding(Fault(fault), spec.name, ", ".join(spec.key), int(found[fault]))
    for column in needed:
        if found["rows"] and not found[column]:
            yield Finding(Fault.EMPTY_COLUMN, spec.name, column, int(found["rows"]))
    for column in deaths:
        if found["rows"] and not found[column]:
            yield Finding(Fault.NO_DEATHS, spec.name, column, int(found["rows"]))


def _repeated(frames: dict[str, DataFrame]) -> Iterator[Finding]:
    """An IPP has a row for each of its NIPs; further rows of one IPP and NIP say nothing new."""
    identities = frames.get("patient_identity")
    if identities is not None:
        key = identities.select("ipp", "nip", "nip_domain")
        repeated = key.count() - key.distinct().count()
        if repeated:
            yield Finding(Fault.REPEATED, "patient_identity", "ipp, nip, nip_domain", repeated)


def _orphans(frames: dict[str, DataFrame]) -> Iterator[Finding]:
    """Rows whose column names a row of another table that is not there."""
    owners = {spec.key[0]: name for name, spec in INPUTS.items() if len(spec.key) == 1 and name in frames}
    for name, rows in frames.items():
        for column in INPUTS[name]:
            owner = owners.get(column.name)
            known = _NAMED.get((name, column.name)) or (((owner, column.name),) if owner not in (None, name) else ())
            there = [frames[table].select(F.col(named).alias(column.name)) for table, named in known if table in frames]
            if not there:
                continue
            held = reduce(DataFrame.union, there).distinct()
            lost = _of_care_sites(name, rows).where(F.col(column.name).isNotNull()).join(held, column.name, "left_anti")
            count = lost.count()
            if count:
                yield Finding(Fault.ORPHAN, name, column.name, count)


def _of_care_sites(name: str, rows: DataFrame) -> DataFrame:
    """Of the relationships of facts those of the care-site tree, which are all that is read."""
    return rows.where("coalesce(domain_concept_id_1, 57) = 57") if name == "fact_relationship" else rows
