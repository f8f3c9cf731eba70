"""Inventories in the place of a listing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from eds_spark_imaging.config import Config, SourceConfig
from eds_spark_imaging.errors import InputError
from eds_spark_imaging.pipeline.checks import check_places
from eds_spark_imaging.pipeline.index.inventory import read_inventory
from eds_spark_imaging.workers.folders import LISTED_DDL

pytestmark = pytest.mark.spark

MOMENT = dt.datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=dt.UTC)
NANOSECONDS = 1_714_979_289_123_456_000  # of MOMENT
ODD = ["a b.dcm", "_x", ".y", "100%41", "c#1", "é.dcm", "a=b/c", "tail ", "x,y"]


def found(spark: SparkSession, inventory: Path, root: str = "/data") -> dict[str, tuple[int | None, int | None]]:
    frame = read_inventory(spark, SourceConfig("s", root, inventory=str(inventory)))
    assert frame.schema.simpleString() == spark.createDataFrame([], LISTED_DDL).schema.simpleString()
    rows = frame.collect()
    assert all((row.source, row.problem) == ("s", None) for row in rows)
    assert len({row.path for row in rows}) == len(rows)
    return {row.path: (row["size"], row.modified) for row in rows}


def parquet(folder: Path, modified: pa.Array, path: list[str] | None = None) -> Path:
    path = path or ["f"]
    table = pa.table({"Path": path, "size": [5] * len(path), "modified": modified, "more": ["x"] * len(path)})
    pq.write_table(table, folder / "inventory.parquet")
    return folder / "inventory.parquet"


def csv(folder: Path, *lines: str, header: str = "path,size,modified", name: str = "inventory [1].csv") -> Path:
    (folder / name).write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(
    "modified",
    [
        pa.array([NANOSECONDS], pa.int64()),
        pa.array([MOMENT], pa.timestamp("us", tz="UTC")),
        pa.array([MOMENT], pa.timestamp("us", tz="America/New_York")),
        pa.array([MOMENT.replace(tzinfo=None)], pa.timestamp("us")),
        pa.array([str(NANOSECONDS)], pa.string()),
        pa.array(["2024-05-06T07:08:09.123456Z"], pa.string()),
    ],
    ids=["number", "utc", "zone", "no_zone", "digits", "text"],
)
def test_times_in_parquet(spark: SparkSession, tmp_path: Path, modified: Any) -> None:
    assert found(spark, parquet(tmp_path, modified)) == {"/data/f": (5, NANOSECONDS)}


def test_times_in_csv(spark: SparkSession, tmp_path: Path) -> None:
    times = (
        str(NANOSECONDS),
        "2024-05-06T07:08:09.123456Z",
        "2024-05-06 07:08:09.123456",
        "2024-05-06T09:08:09.123456+02:00",
        "2024-05-06T02:08:09.123456-0500",
    )
    lines = csv(tmp_path, *[f"{number},5,{time}" for number, time in enumerate(times)])
    assert found(spark, lines) == {f"/data/{number}": (5, NANOSECONDS) for number in range(len(times))}


def test_odd_names_relative_and_absolute(spark: SparkSession, tmp_path: Path) -> None:
    lines = [f'"{name}",1,1' for name in ODD] + [f'"/data/sub/{name}",2,2' for name in ODD] + ['"say ""x""",3,3']
    expected = {f"/data/{name}": (1, 1) for name in ODD} | {f"/data/sub/{name}": (2, 2) for name in ODD}
    assert found(spark, csv(tmp_path, *lines)) == expected | {'/data/say "x"': (3, 3)}


def test_names_with_line_ends_and_quotes(spark: SparkSession, tmp_path: Path) -> None:
    lines = ['"a', 'b.dcm",12,5', '"c""d.dcm",13,6', "e.dcm,14,7"]
    assert found(spark, csv(tmp_path, *lines)) == {
        "/data/a\nb.dcm": (12, 5),
        '/data/c"d.dcm': (13, 6),
        "/data/e.dcm": (14, 7),
    }


def test_a_quote_that_does_not_end_takes_no_rows_in_silence(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 rows have a quote that does not end"):
        found(spark, csv(tmp_path, "b.dcm,3,4", '"a.dcm,1,2', "c.dcm,5,6"))


def test_roots_on_stores(spark: SparkSession, tmp_path: Path) -> None:
    lines = csv(tmp_path, "a//b,1,1", "s3://bucket/dir/a/b,2,2", "/dir/./c,3,3")
    assert found(spark, lines, "s3://bucket/dir") == {
        "s3://bucket/dir/a//b": (1, 1),
        "s3://bucket/dir/a/b": (2, 2),
        "s3://bucket/dir/./c": (3, 3),
    }
    lines = csv(tmp_path, "a,1,1", "/dir/b,2,2")
    assert found(spark, lines, "hdfs://node:8020/dir/") == {
        "hdfs://node:8020/dir/a": (1, 1),
        "hdfs://node:8020/dir/b": (2, 2),
    }


def test_the_last_row_of_a_path_counts(spark: SparkSession, tmp_path: Path) -> None:
    lines = csv(tmp_path, "f,1,10", "f,2,30", "/data/f,9,20", "g,1,10", "g,7,10", "g,3,")
    assert found(spark, lines) == {"/data/f": (2, 30), "/data/g": (7, 10)}


def test_sizes_and_times_may_be_unknown(spark: SparkSession, tmp_path: Path) -> None:
    assert found(spark, csv(tmp_path, "f,,")) == {"/data/f": (None, None)}


def test_names_of_columns_in_other_order_and_case(spark: SparkSession, tmp_path: Path) -> None:
    lines = csv(tmp_path, "x,1,f,2", header="\ufeffowner,Modified,PATH,Size")
    assert found(spark, lines) == {"/data/f": (2, 1)}
    lines = csv(tmp_path, "f,2,1", header="\ufeffpath,size,modified")
    assert found(spark, lines) == {"/data/f": (2, 1)}


BAD_PATHS = ("/elsewhere/SECRET", "/database/SECRET", "a/../../SECRET", "./SECRET", "a//SECRET", "SECRET/", "a/.")
BAD_PATHS += ("s3://b/SECRET", "", "/data/")


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ([f"{path},1,1" for path in BAD_PATHS], "10 rows have no path below the root"),
        (["SECRET,many,1", "SECRET,-1,1", "SECRET,1.5,1"], "3 rows have a size that is no number of bytes"),
        (["SECRET,1,yesterday", "SECRET,1,2024-13-45T00:00:00"], "2 rows have a time that cannot be read"),
    ],
)
def test_rows_that_are_no_file_of_the_source(spark: SparkSession, tmp_path: Path, bad: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        found(spark, csv(tmp_path, "good,1,1", *bad, "..fine,1,1", "a.../b,1,1"))
    assert "SECRET" not in str(caught.value)


def test_what_is_no_inventory(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lacks the column 'modified'"):
        found(spark, csv(tmp_path, "f,1", header="path,size"))
    with pytest.raises(InputError, match="modified is double"):
        found(spark, parquet(tmp_path, pa.array([1.5])))
    with pytest.raises(InputError, match="cannot be read"):
        found(spark, tmp_path / "gone.csv")
    (tmp_path / "no.parquet").write_text("path,size")
    with pytest.raises(InputError, match="cannot be read"):
        found(spark, tmp_path / "no.parquet")
    source = SourceConfig("s", str(tmp_path), inventory=str(tmp_path / "gone.csv"))
    with pytest.raises(InputError, match=r"source s: inventory: .*gone\.csv does not exist"):
        check_places(Config(sources=(source,)), sources=True)
