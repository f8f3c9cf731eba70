"""The listing in Spark's tasks: whole, each entry once, and spread."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.pipeline.index.listing import walk
from eds_spark_imaging.storage import store_of
from eds_spark_imaging.storage.entries import Problem

pytestmark = pytest.mark.spark


def tree(root: Path) -> None:
    """A folder of many folders, a flat one, odd names, a name that is no UTF-8, links, and one that leads nowhere."""
    for number in range(60):
        folder = root / "wide" / f"{number}"
        folder.mkdir(parents=True)
        (folder / "a b").write_bytes(b"x")
    (root / "flat").mkdir()
    for number in range(300):
        (root / "flat" / f"{number}").write_bytes(bytes(number))
    (root / "odd" / "a=b").mkdir(parents=True)
    for name in ("_x", ".y", "100%", "c#1", "x,y", "é"):
        (root / "odd" / "a=b" / name).write_bytes(b"")
    (root / "odd" / "up").symlink_to(root)
    (root / "odd" / "broken").symlink_to(root / "nothing")
    os.mkdir(os.fsencode(root / "odd") + b"/\xff")
    with open(os.fsencode(root / "odd") + b"/\xff/f", "wb"):
        pass


@pytest.mark.parametrize("limit", [0, 70, 10_000])
def test_tasks_list_what_a_walk_lists(spark: SparkSession, tmp_path: Path, limit: int) -> None:
    tree(tmp_path)
    roots = {"whole": str(tmp_path), "file": str(tmp_path / "flat" / "7"), "gone": str(tmp_path / "gone")}
    with Scratch(spark, str(tmp_path.parent / "scratch")) as scratch:
        listed, count = walk(spark, scratch, roots, 2, limit)
        rows = [tuple(row) for row in listed.collect()]
    assert count == len(rows)
    expected = [("whole", *entry) for entry in store_of("/").walk(str(tmp_path))]
    file = str(tmp_path / "flat" / "7")
    expected += [("file", file, 7, os.stat(file).st_mtime_ns, None)]
    expected += [("gone", roots["gone"], None, None, Problem.UNREADABLE_FOLDER)]
    assert len(expected) == 60 + 300 + 6 + 2 + 2
    assert sorted(rows, key=str) == sorted(expected, key=str)


def test_what_a_wide_folder_holds_is_spread_over_tasks(spark: SparkSession, tmp_path: Path) -> None:
    tree(tmp_path)
    with Scratch(spark, str(tmp_path.parent / "scratch")) as scratch:
        listed, _ = walk(spark, scratch, {"s": str(tmp_path / "wide")}, 2, 10)
        by_task = listed.groupBy(F.input_file_name()).count().collect()
    counts = [row["count"] for row in by_task]
    assert sum(counts) == 60
    assert max(counts) <= 15
    assert len(counts) == 8
