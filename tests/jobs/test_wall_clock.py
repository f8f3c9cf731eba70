"""Clinical times are hospital wall-clock: what a header says is what SQL shows, in any session zone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import lakes
import pydicom
import pytest
from pydicom.data import get_testdata_file

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.slow]

# Midnight's neighbourhood, the hour that spring skips in Paris, the one that autumn repeats, and a plain day.
TIMES = ("20201025 001500", "20240331 023000", "20241027 023000", "20240701 235959.5")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    dataset = pydicom.dcmread(get_testdata_file("MR_small.dcm"))
    root = tmp_path / "tree"
    root.mkdir()
    for number, text in enumerate(TIMES):
        dataset.StudyDate, dataset.StudyTime = text.split()
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
            setattr(dataset, keyword, f"2.25.{number + 1}{len(keyword)}")
        dataset.save_as(root / f"{number}.dcm")
    return root


def test_times_survive_every_session_zone(spark: SparkSession, tree: Path, tmp_path: Path) -> None:
    from eds_spark_imaging.pipeline.build import build
    from eds_spark_imaging.pipeline.index.job import index
    from eds_spark_imaging.pipeline.parse.job import parse

    zone = "spark.sql.session.timeZone"
    before = spark.conf.get(zone)
    expected = ["2020-10-25 00:15:00", "2024-03-31 02:30:00", "2024-07-01 23:59:59.5", "2024-10-27 02:30:00"]
    try:
        spark.conf.set(zone, "America/New_York")
        context = lakes.open_context(spark, tmp_path / "lake", tree)
        index(context)
        parse(context)
        build(context)
        context.lake.register()
        for shown_in in ("Europe/Paris", "UTC", "America/New_York"):
            spark.conf.set(zone, shown_in)
            rows = spark.sql(
                "SELECT string(study_datetime) AS at, string(study_date) AS day, study_datetime_quality AS quality,"
                " typeof(study_datetime) AS type FROM imaging_study ORDER BY study_datetime"
            ).collect()
            assert [row["at"] for row in rows] == expected
            assert [row["day"] for row in rows] == [text[:10] for text in expected]
            assert {(row["quality"], row["type"]) for row in rows} == {("complete", "timestamp_ntz")}
    finally:
        spark.conf.set(zone, str(before))
