"""Makes a cohort: its members, its attrition, and what it was made from."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging import __version__
from eds_spark_imaging.cohorts import Cohort, attrition_sql, cohort_sql, steps_sql
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.opening import known_tables
from eds_spark_imaging.lake.replacement import replace_table
from eds_spark_imaging.tables.cohorts import cohort_members

_STEPS = "steps_of_cohort"  # no name of a cohort's table, which begin with cohort_


@dataclass(frozen=True)
class Left:
    """What is left after a step; step 0 are all exams of the lake. ``rows``: at the grain of the cohort."""

    step: int
    text: str
    rows: int
    exams: int
    visits: int
    patients: int


@dataclass(frozen=True)
class Made:
    """A cohort that was made: the ``table`` of its members, how many they are, and its attrition."""

    table: str
    members: int
    release: str
    attrition: tuple[Left, ...]


def make_cohort(spark: SparkSession, lake: Lake, cohort: Cohort, release: str) -> Made:
    """Write the members of ``cohort`` and its row in ``imaging_cohort``, from the tables that the session knows.

    ``release`` names the run whose tables these are. ConfigError where the lake lacks a table that the cohort asks, or
    its table is that of another cohort.
    """
    _check_tables(known_tables(spark), cohort)
    _check_name(lake, cohort)
    columns = spark.table("imaging_study").columns
    with lake.scratch(f"cohort_{cohort.table}") as scratch:
        scratch.keep("steps", spark.sql(steps_sql(cohort, columns))).createOrReplaceTempView(_STEPS)
        attrition = tuple(_attrition(spark, cohort))
        members = spark.sql(cohort_sql(cohort, _STEPS))
        comment = f"Members of the cohort {cohort.name}; imaging_cohort has its definition"
        replace_table(lake, cohort_members(cohort.table, cohort.grain, comment, members.columns), members)
        spark.catalog.dropTempView(_STEPS)
    made = Made(cohort.table, attrition[-1].rows, release, attrition)
    _note(spark, lake, cohort, made)
    return made


def _check_tables(known: set[str], cohort: Cohort) -> None:
    lacking = sorted(cohort.tables - known)
    for step in cohort.steps:
        for group in step.groups:
            if group.asks_base and group.table in lacking:
                raise ConfigError(
                    f"{group.kind} days = {group.given['days']}: the lake has {group.window} days around each exam"
                    f" ([cross] {group.window_name}); beyond them the base centrale is asked (--warehouse), which a"
                    " tier without identities cannot"
                )
    if lacking:
        raise ConfigError(f"the lake has no table {lacking[0]}, which the cohort asks: run the jobs first")


def _check_name(lake: Lake, cohort: Cohort) -> None:
    """Two names may give one table: `a-b` and `a_b`."""
    if not lake.exists("imaging_cohort"):
        return
    others = lake.read("imaging_cohort").where((F.col("made_table") == cohort.table) & (F.col("name") != cohort.name))
    if other := others.select("name").first():
        raise ConfigError(
            f"[cohort] name {cohort.name}: the table {cohort.table} is that of the cohort {other['name']}"
        )


def _attrition(spark: SparkSession, cohort: Cohort) -> Iterator[Left]:
    row = spark.sql(attrition_sql(cohort, _STEPS)).collect()[0]
    texts = ("all exams of the lake", *[step.text for step in cohort.steps])
    for number, text in enumerate(texts):
        counts = {what: int(row[f"{what}_{number}"]) for what in ("exams", "visits", "patients")}
        yield Left(number, text, counts[f"{cohort.grain}s"], **counts)


def _note(spark: SparkSession, lake: Lake, cohort: Cohort, made: Made) -> None:
    definition = json.dumps(cohort.definition, default=str, ensure_ascii=False, sort_keys=True)
    row: dict[str, Any] = {
        "name": cohort.name,
        "grain": str(cohort.grain),
        "made_table": made.table,
        "description": cohort.description or None,
        "definition": definition,
        "definition_hash": hashlib.blake2b(definition.encode(), digest_size=8).hexdigest(),
        "release": made.release,
        "made_at": dt.datetime.now(dt.UTC),
        "members": made.members,
        "attrition": [(left.step, left.text, left.exams, left.visits, left.patients) for left in made.attrition],
        "package_version": __version__,
    }
    table = lake.catalogue["imaging_cohort"]
    rows = spark.createDataFrame([tuple(row[name] for name in table.names)], table.spark_ddl)
    lake.merge(table.name, rows, table.keys, [n for n in table.names if n not in table.keys], insert=True)
