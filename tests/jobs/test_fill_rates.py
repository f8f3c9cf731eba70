"""The mart of fill rates follows what changed, and nothing else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from frames import rows
from lakes import open_context, write

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.usefixtures("few_attributes")]


def test_only_groups_that_changed_are_counted_again(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.marts.months import ALL_MONTHS
    from eds_spark_imaging.pipeline.marts import sync_fill_rates

    context = open_context(spark, tmp_path / "lake")

    def counts_of(run: str, *series: tuple[str, str, int, float | None]) -> dict[tuple[str, int], tuple[int, int, str]]:
        """Series with their device, month and tube voltage; gives the counts of kvp, with the run that wrote them."""
        days = [(uid, device, dt.datetime(2020, month, 3)) for uid, device, month, _ in series]
        devices = rows("study_instance_uid device_serial_number series_datetime", *days, modality="CT")
        write(context, "imaging_series", devices, run)
        voltages = rows("study_instance_uid kvp", *[(uid, kvp) for uid, *_, kvp in series], main_modality="CT")
        write(context, "imaging_acquisition", voltages, run)
        sync_fill_rates(context, run, ALL_MONTHS)
        found = context.lake.read("imaging_fill_rate").where("attribute = 'kvp'").collect()
        return {(r.device_serial_number, r.month.month): (r.series, r.filled, r.changed_run) for r in found}

    first = counts_of("run1", ("a", "SN1", 1, 120.0), ("b", "SN1", 1, None), ("c", "SN2", 2, 80.0))
    assert {key: counts[:2] for key, counts in first.items()} == {("SN1", 1): (2, 1), ("SN2", 2): (1, 1)}
    # One value is filled, and one series has moved to another month.
    second = counts_of("run2", ("a", "SN1", 1, 120.0), ("b", "SN1", 3, 100.0), ("c", "SN2", 2, 80.0))
    assert {key: counts[:2] for key, counts in second.items()} == {
        ("SN1", 1): (1, 1),
        ("SN1", 3): (1, 1),
        ("SN2", 2): (1, 1),
    }
    assert second["SN2", 2] == first["SN2", 2]
    third = counts_of("run3", ("a", "SN1", 1, 120.0), ("b", "SN1", 3, 100.0))
    assert third == {key: second[key] for key in (("SN1", 1), ("SN1", 3))}
