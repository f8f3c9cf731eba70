"""Cohorts made in a lake: their table, and what refuses them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from frames import frame
from lakes import open_context, write
from pyspark.sql import SparkSession
from warehouses import write_warehouse

from eds_spark_imaging.cli.cohort import print_cohort
from eds_spark_imaging.cli.options import Format
from eds_spark_imaging.cohorts import Cohort
from eds_spark_imaging.config import Config, ProjectConfig, WarehouseConfig
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.lake import opening
from eds_spark_imaging.lake.releases import Release, write_release
from eds_spark_imaging.pipeline.base_views import make_base_views
from eds_spark_imaging.pipeline.cohort import make_cohort
from eds_spark_imaging.privacy.tier import treated
from eds_spark_imaging.runs.context import Context

EXAMS = [
    {"study_instance_uid": uid, "person_id": 1, "study_datetime": dt.datetime(2020, 1, day), "modalities": ["CT"]}
    for uid, day in (("a", 1), ("b", 2))
]
_TABLES = ("imaging_study", "imaging_study_visit", "imaging_study_diagnosis")


@pytest.fixture
def context(spark: SparkSession, tmp_path: Path) -> Iterator[Context]:
    """A lake of two exams, whose tables the session knows."""
    context = open_context(spark, tmp_path / "lake")
    write(context, "imaging_study", EXAMS)
    for name in _TABLES[1:]:
        context.lake.create(name)
    for name in _TABLES:
        context.lake.read(name).createOrReplaceTempView(name)
    yield context
    for name in _TABLES:
        spark.catalog.dropTempView(name)


def cohort(name: str, **step: Any) -> Cohort:
    return Cohort.from_mapping({"cohort": {"name": name}, "include": [step or {"exam": {"modality": "CT"}}]})


def test_a_cohort_may_be_called_steps(context: Context) -> None:
    made = make_cohort(context.spark, context.lake, cohort("steps"), "r")
    assert (made.table, made.members) == ("cohort_steps", 2)
    members = context.spark.table(context.lake.identifier("cohort_steps"))
    assert {row["study_instance_uid"] for row in members.collect()} == {"a", "b"}


def test_a_table_is_of_one_cohort(context: Context) -> None:
    make_cohort(context.spark, context.lake, cohort("a-b"), "r")
    with pytest.raises(ConfigError, match="the table cohort_a_b is that of the cohort a-b"):
        make_cohort(context.spark, context.lake, cohort("a_b"), "r")
    make_cohort(context.spark, context.lake, cohort("a-b"), "r2")


def test_a_cohort_tells_the_release_that_it_was_made_from(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    first, opened = context.new_run_id("release"), opening.open_release
    write_release(context.lake, first)

    def followed_by_a_run(config: Config, app: str) -> tuple[SparkSession, Release | None]:
        found = opened(config, app)
        write(context, "imaging_study", EXAMS[:1], "1-build")
        write_release(context.lake, context.new_run_id("release"))
        return found

    monkeypatch.setattr(opening, "open_release", followed_by_a_run)
    print_cohort(cohort("early"), context.config, Format.CSV)
    (row,) = context.lake.read("imaging_cohort").collect()
    assert (row["release"], row["members"]) == (first, 2)


@pytest.mark.parametrize(("birth", "age"), [("age", {"age_at_exam": 69}), ("year", {"birth_year": 1951})])
def test_a_tier_without_identities(context: Context, birth: str, age: dict[str, int]) -> None:
    """It has no birth date, no date of removal, and pseudonyms for keys."""
    spark, project = context.spark, ProjectConfig("lung", birth=birth)
    of_tier = {name: treated(context.catalogue[name], project).table for name in _TABLES}
    exam = {"study_instance_uid": "2.25.1", "person_id": "p1", "study_datetime": dt.datetime(2020, 6, 1)} | age
    for name, table in of_tier.items():
        frame(spark, table, *([exam] if name == "imaging_study" else [])).createOrReplaceTempView(name)
    for years, members in (69, 1), (70, 0):
        made = make_cohort(spark, context.lake, cohort(f"of_{years}", patient={"age": years}), "r")
        assert made.members == members
    (row,) = spark.table(context.lake.identifier("cohort_of_69")).collect()
    assert row["person_id"] == "p1"


def test_days_beyond_the_lake_need_the_base_centrale(context: Context) -> None:
    context.spark.catalog.dropTempView("base_condition_occurrence")  # other tests of the session may have left it
    wide = cohort("wide", diagnosis={"code": "C34", "days": [-400, 0]})
    with pytest.raises(ConfigError, match=r"the lake has 365 days around each exam \(\[cross\] diagnosis_days\)"):
        make_cohort(context.spark, context.lake, wide, "r")


def test_days_beyond_the_lake_ask_the_base_centrale(context: Context, tmp_path: Path) -> None:
    """From 2015-01-01 to 2020-01-01 are 1826 days, from 2019-11-01 are 61."""
    diagnosis = {"condition_occurrence_id": 5, "condition_start_datetime": dt.datetime(2015, 1, 1, 9)}
    diagnosis |= {"condition_source_value": "c34.1", "condition_status_source_value": "DP", "person_id": 1}
    act = {"procedure_occurrence_id": 6, "procedure_datetime": dt.datetime(2019, 11, 1, 23), "person_id": 1}
    act |= {"procedure_source_value": "ZBQK00201"}
    person = {"person_id": 1, "person_source_value": "8000000001"}
    write_warehouse(tmp_path / "base", person=[person], condition_occurrence=[diagnosis], procedure_occurrence=[act])
    asked = {
        "diagnosis": {"code": "C34*", "type": "DP", "days": [-1826, 0]},
        "act": {"code": "ZBQK*", "days": [-61, 0]},
    }
    wide = cohort("wide", **asked)
    make_base_views(context.spark, WarehouseConfig(path=str(tmp_path / "base")), wide.tables)
    made = make_cohort(context.spark, context.lake, wide, "r")
    (row,) = context.spark.table(context.lake.identifier(made.table)).collect()  # b lies one day too far
    assert (row["study_instance_uid"], row["condition_code"], row["diagnosis_days"]) == ("a", "C341", -1826)
    assert (row["procedure_occurrence_id"], row["procedure_code"], row["act_days"]) == (6, "ZBQK002", -61)
    for name in ("base_condition_occurrence", "base_procedure_occurrence"):
        context.spark.catalog.dropTempView(name)
