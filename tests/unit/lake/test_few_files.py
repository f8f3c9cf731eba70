"""A small table is read by its log: row by row, at each version, what Delta itself reads."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from frames import frame

from eds_spark_imaging.config import LakeConfig
from eds_spark_imaging.lake import tables
from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.tables.spec import BIGINT, DATE, DOUBLE, STRING, STRINGS, WALL_CLOCK, Column, Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark

NAME = "exams"
GIVEN = "k:string at:timestamp_ntz day:date words:array<string>"


def _table(*more: Column) -> Table:
    columns = (
        Column("k", STRING, "Key", False),
        Column("at", WALL_CLOCK, "Wall clock"),
        Column("day", DATE, "Day"),
        Column("words", STRINGS, "Words"),
        *more,
        Column("row_hash", BIGINT, "Hash"),
        Column("changed_run", STRING, "Run", False),
    )
    return Table(NAME, "exam", "Exams", columns, keys=("k",), cluster_by=("k",))


def _lake(spark: SparkSession, place: Path, table: Table, versions: dict[str, int] | None = None) -> Lake:
    return Lake(spark, LakeConfig(path=str(place)), {NAME: table}, versions)  # type: ignore[arg-type]


def _rows(found: DataFrame) -> Counter[str]:
    return Counter(str(row) for row in found.collect())


def _has_few(lake: Lake, version: int | None = None) -> bool:
    return lake._few_files(NAME, version) is not None


def test_each_version_is_what_delta_reads(spark: SparkSession, tmp_path: Path) -> None:
    place = tmp_path / "a lake 100%"
    lake = _lake(spark, place, _table())
    at, day = dt.datetime(2024, 3, 31, 2, 30), dt.date(1899, 12, 31)  # in no zone of summer time; before 1900
    nights: list[list[tuple[Any, ...]]] = [
        [("a", at, day, ["x", None]), ("b", None, None, [])],
        [("a", at, None, None), ("c", at, day, ["y"])],  # one changed, one gone, one new
        [],
        [("d", None, day, None)],
    ]
    for number, night in enumerate(nights):
        lake.sync(NAME, frame(spark, GIVEN, *night), f"run-{number}")
        assert _has_few(lake)
        assert {(row["k"], row["at"], row["day"]) for row in lake.read(NAME).collect()} == {row[:3] for row in night}
    wider = _lake(spark, place, _table(Column("dose", DOUBLE, "Dose")))
    wider.create(NAME)
    wider.optimize(NAME)
    wider.restore(NAME, 1)
    versions = range(wider.version(NAME) + 1)
    assert len(versions) >= 7
    for version in versions:
        then = _lake(spark, place, _table(), {NAME: version})
        assert _has_few(then, version)
        delta = spark.sql(f"SELECT * FROM delta.`{place}/{NAME}` VERSION AS OF {version}")
        found = then.read(NAME).select(*delta.columns)
        assert [field.dataType for field in found.schema] == [field.dataType for field in delta.schema]
        assert _rows(found) == _rows(delta)
    assert wider.read(NAME).columns == [*spark.table(wider.identifier(NAME)).columns, "dose"]  # gone with the restore


def test_many_files_large_ones_and_patterns_are_for_delta(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = frame(spark, "k:string changed_run:string", ("a", "run"), ("b", "run"))
    lake = _lake(spark, tmp_path / "lake", _table())
    lake.append(NAME, rows.repartition(2, "k"))
    files = lake.files_known(NAME)
    assert _has_few(lake)
    with monkeypatch.context() as patched:
        patched.setattr(tables, "_FEW_FILES", files - 1)
        assert not _has_few(lake)
        assert lake.read(NAME).count() == 2
    with monkeypatch.context() as patched:
        patched.setattr(tables, "_FEW_BYTES", 1)
        assert not _has_few(lake)
        assert lake.read(NAME).count() == 2
    pattern = _lake(spark, tmp_path / "a[b]", _table())
    pattern.append(NAME, rows)
    assert not _has_few(pattern)
    assert pattern.read(NAME).count() == 2
