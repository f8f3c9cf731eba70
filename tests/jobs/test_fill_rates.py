"""The mart of fill rates follows what changed, and nothing else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from crossing_lake import whole

from eds_spark_imaging.config import Config

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.usefixtures("few_attributes")]

SERIES = (
    "study_instance_uid string, series_instance_uid string, device_serial_number string, modality string,"
    " series_datetime timestamp_ntz"
)
PARAMETERS = "study_instance_uid string, series_instance_uid string, main_modality string, kvp double"


def test_only_groups_that_changed_are_counted_again(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.marts.months import ALL_MONTHS
    from eds_spark_imaging.pipeline.marts import sync_fill_rates
    from eds_spark_imaging.runs.context import Context

    context = Context(spark, Config().with_places((), str(tmp_path / "lake")))

    def write(run: str, *series: tuple[str, str, int, float | None]) -> dict[tuple[str, int], tuple[int, int, str]]:
        """Series with their device, month and tube voltage; gives the counts of kvp, with the run that wrote them."""
        rows = [(uid, f"{uid}.1", device, "CT", dt.datetime(2020, month, 3)) for uid, device, month, _ in series]
        context.lake.sync("imaging_series", whole(context, "imaging_series", spark.createDataFrame(rows, SERIES)), run)
        values: list[Any] = [(uid, f"{uid}.1", "CT", kvp) for uid, _, _, kvp in series]
        acquisitions = whole(context, "imaging_acquisition", spark.createDataFrame(values, PARAMETERS))
        context.lake.sync("imaging_acquisition", acquisitions, run)
        sync_fill_rates(context, run, ALL_MONTHS)
        found = context.lake.read("imaging_fill_rate").where("attribute = 'kvp'").collect()
        return {(r.device_serial_number, r.month.month): (r.series, r.filled, r.changed_run) for r in found}

    first = write("run1", ("a", "SN1", 1, 120.0), ("b", "SN1", 1, None), ("c", "SN2", 2, 80.0))
    assert {key: counts[:2] for key, counts in first.items()} == {("SN1", 1): (2, 1), ("SN2", 2): (1, 1)}
    # One value is filled, and one series has moved to another month.
    second = write("run2", ("a", "SN1", 1, 120.0), ("b", "SN1", 3, 100.0), ("c", "SN2", 2, 80.0))
    assert {key: counts[:2] for key, counts in second.items()} == {
        ("SN1", 1): (1, 1),
        ("SN1", 3): (1, 1),
        ("SN2", 2): (1, 1),
    }
    assert second["SN2", 2] == first["SN2", 2]
    third = write("run3", ("a", "SN1", 1, 120.0), ("b", "SN1", 3, 100.0))
    assert third == {key: second[key] for key in (("SN1", 1), ("SN1", 3))}
