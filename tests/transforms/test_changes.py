"""The hash of a row and what differs: nulls, moved values, nested values, null keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from frames import frame

from eds_spark_imaging.tables.marts import IMAGING_LINK_QUALITY
from eds_spark_imaging.tables.spec import BIGINT, DOUBLE, INT, STRING, STRINGS, Column, Table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

COLUMNS = "a:string b:string i:int j:int x:array<string> y:array<string> m:map<string,int> t:timestamp_ntz"
NESTED = ("x", "y", "m")
# No two of these are the same row.
ROWS: list[dict[str, Any]] = [
    {},
    {"a": "1"},
    {"b": "1"},
    {"a": ""},
    {"a": "1", "b": "2"},
    {"a": "12"},
    {"i": 0},
    {"j": 0},
    {"i": 1},
    {"j": 1},
    {"x": []},
    {"x": [None]},
    {"x": [None, None]},
    {"x": ["p", None]},
    {"x": [None, "p"]},
    {"y": ["p", None]},
    {"x": ["p"], "y": ["q", "r"]},
    {"x": ["p", "q"], "y": ["r"]},
    {"x": ["p, q"], "y": ["r"]},
    {"x": ["p,q"], "y": ["r"]},
    {"m": {}},
    {"m": {"p": 1}},
    {"m": {"p": None}},
    {"x": ['p","q'], "y": ["r"]},
]


def test_no_two_rows_that_differ_have_one_hash(spark: SparkSession) -> None:
    from eds_spark_imaging.transforms.changes import row_hash

    rows = frame(spark, COLUMNS, *ROWS)
    hashes = [row[0] for row in rows.select(row_hash(rows.columns, NESTED)).collect()]
    twice = [ROWS[place] for place, value in enumerate(hashes) if hashes.count(value) > 1]
    assert twice == []
    again = rows.repartition(3).select(row_hash(rows.columns, NESTED)).collect()
    assert sorted(row[0] for row in again) == sorted(hashes)


def test_times_that_differ_by_a_microsecond(spark: SparkSession) -> None:
    from eds_spark_imaging.transforms.changes import row_hash

    text = "SELECT array(TIMESTAMP_NTZ'2024-01-02 03:04:05.00000{}') AS times"
    rows = spark.sql(text.format(1)).union(spark.sql(text.format(2)))
    assert rows.select(row_hash(["times"], ["times"])).distinct().count() == 2


PAIRS = "k:string l:int v:double w:double x:array<string>"


def pairs() -> Table:
    """Keys that may be null, and two values of one type."""
    columns = (
        Column("k", STRING, "A key"),
        Column("l", INT, "Another"),
        Column("v", DOUBLE, "A value"),
        Column("w", DOUBLE, "Another"),
        Column("x", STRINGS, "Some"),
        Column("row_hash", BIGINT, "Hash"),
        Column("changed_run", STRING, "Run"),
    )
    return Table("pairs", "pair", "Pairs", columns, ("k", "l"))


def test_null_keys_meet_and_a_value_that_moves_is_a_change(spark: SparkSession) -> None:
    from eds_spark_imaging.transforms.changes import differences, owned_hash

    table, owned = pairs(), ["k", "l", "v", "w", "x"]
    there = frame(
        spark,
        PAIRS,
        ("same", None, 1.0, None, ["p"]),
        (None, None, 1.0, None, None),
        (None, 1, 1.0, None, None),
        ("array", 1, None, None, ["p", None]),
        ("gone", None, 1.0, None, None),
    )
    desired = frame(
        spark,
        PAIRS,
        ("same", None, 1.0, None, ["p"]),
        (None, None, 1.0, None, None),
        (None, 1, None, 1.0, None),
        ("array", 1, None, None, [None, "p"]),
        (None, 2, 1.0, None, None),
    )
    existing = there.select("k", "l", owned_hash(table, owned).alias("row_hash"))
    found = differences(table, desired, existing, owned)
    assert set(found.columns) == {*owned, "row_hash", "_op"}
    assert {(row["k"], row["l"], row["_op"]) for row in found.collect()} == {
        (None, 1, "update"),
        ("array", 1, "update"),
        ("gone", None, "delete"),
        (None, 2, "insert"),
    }


def test_a_lake_follows_null_keys_and_moved_values(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.config import LakeConfig
    from eds_spark_imaging.lake.lake import Changes, Lake

    lake = Lake(spark, LakeConfig(path=str(tmp_path)), {"pairs": pairs()})  # type: ignore[arg-type]
    first = [("same", None, 1.0, None, None), (None, 1, 1.0, None, None), (None, 2, 1.0, None, ["p"])]
    second = [first[0], (None, 1, None, 1.0, None), (None, 3, 1.0, None, None)]
    runs = [lake.sync("pairs", frame(spark, PAIRS, *rows), f"run-{n}") for n, rows in enumerate((first, second))]
    assert runs == [Changes(inserted=3), Changes(inserted=1, updated=1, deleted=1)]
    rows = lake.read("pairs").select("k", "l", "v", "w", "x", "changed_run").collect()
    assert {tuple(row) for row in rows} == {(*second[0], "run-0"), (*second[1], "run-1"), (*second[2], "run-1")}


def test_keys_that_are_never_null_are_joined_plainly(spark: SparkSession) -> None:
    from eds_spark_imaging.transforms.changes import same_keys

    assert "<=>" in str(same_keys(pairs(), ("k",), "t.", "s."))
    assert "<=>" not in str(same_keys(IMAGING_LINK_QUALITY, IMAGING_LINK_QUALITY.keys, "t.", "s."))
