"""Answers as files: all rows, with their types where the format has types."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from eds_spark_imaging.cli.answer_file import check_answer_file, write_answer
from eds_spark_imaging.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark

QUERY = """
    SELECT id, id AS id, CAST(id AS DOUBLE) / 2 AS half, TIMESTAMP_NTZ '2024-03-31 02:30:00' AS at,
        TIMESTAMP '2024-03-31 12:00:00 Europe/Paris' AS instant, DATE '2024-03-31' AS day,
        IF(id = 1, NULL, array('a', NULL)) AS words, named_struct('x', id) AS pair
    FROM (SELECT * FROM range(0, 3000, 1, 3) WHERE id < {}) AS t ORDER BY t.id"""


def rows_of(spark: SparkSession, count: int) -> DataFrame:
    return spark.sql(QUERY.format(count))


def test_parquet_keeps_types_and_order(spark: SparkSession, tmp_path: Path) -> None:
    write_answer(rows_of(spark, 3000), tmp_path / "rows.parquet")
    rows = pl.read_parquet(tmp_path / "rows.parquet")
    assert rows.columns == ["id", "id_2", "half", "at", "instant", "day", "words", "pair"]
    assert rows["id"].to_list() == list(range(3000))
    assert rows["at"].dtype == pl.Datetime("us", None)
    assert rows["instant"][0] == dt.datetime(2024, 3, 31, 10, tzinfo=dt.UTC)
    assert (rows["day"][0], rows["words"][1], rows["pair"][2]) == (dt.date(2024, 3, 31), None, {"x": 2})
    assert rows["words"][0].to_list() == ["a", None]
    write_answer(rows_of(spark, 0), tmp_path / "rows.parquet")
    assert pl.read_parquet(tmp_path / "rows.parquet").schema == rows.schema
    assert [path.name for path in tmp_path.iterdir()] == ["rows.parquet"]


def test_text_formats(spark: SparkSession, tmp_path: Path) -> None:
    some = rows_of(spark, 2)
    write_answer(some, tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(newline="") as file:
        header, first, second = csv.reader(file)
    assert header == ["id", "id", "half", "at", "instant", "day", "words", "pair"]
    assert (first[3], second[2], second[6]) == ("2024-03-31 02:30:00", "0.5", "")
    write_answer(some, tmp_path / "rows.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert (lines[0]["at"], lines[1]["words"], lines[1]["id_2"]) == ("2024-03-31T02:30:00.000000", None, 1)


def test_a_place_that_cannot_be_is_told_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.csv, \.jsonl, \.parquet"):
        check_answer_file(tmp_path / "rows.xlsx")
    with pytest.raises(InputError, match="no such folder"):
        check_answer_file(tmp_path / "absent" / "rows.csv")
