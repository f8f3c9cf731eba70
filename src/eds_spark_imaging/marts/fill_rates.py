"""How often each acquisition parameter is filled: by device, modality and month."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.dicom.declaration.attribute import Aggregate, Attribute, Level
from eds_spark_imaging.marts.groups import group_key
from eds_spark_imaging.tables.marts import FILL_RATE_BY, FILLED_OF

_SERIES = ("study_instance_uid", "series_instance_uid")


def filled_groups(series: DataFrame, acquisitions: DataFrame) -> DataFrame:
    """The groups of :data:`FILLED_OF` with their ``series`` and ``newest_run``: what tells whether one has changed.

    Rows of imaging_series and imaging_acquisition; series without a date are in no group.
    """
    return (
        _of_devices(series)
        .withColumnRenamed("changed_run", "_run")
        .join(acquisitions.select(*_SERIES, "main_modality", "changed_run"), list(_SERIES), "inner")
        .groupBy(*FILLED_OF)
        .agg(F.count(F.lit(1)).alias("series"), F.max(F.greatest("_run", "changed_run")).alias("newest_run"))
    )


def touched_groups(groups: DataFrame, rates: DataFrame) -> DataFrame:
    """Of :func:`filled_groups` now and the mart as it stands, the groups that differ, those that went away included."""
    before = rates.select(*FILLED_OF, "series", "newest_run").distinct()
    here, there = groups.exceptAll(before), before.exceptAll(groups)
    return here.select(*FILLED_OF).union(there.select(*FILLED_OF)).distinct()


def series_of(groups: DataFrame, series: DataFrame) -> DataFrame:
    """Keys and month of the series of devices and months in ``groups``."""
    wanted = groups.select("device_serial_number", "manufacturer_model_name", "month").distinct()
    devices = _of_devices(series).drop("changed_run")
    return devices.join(F.broadcast(wanted), _same(devices, wanted), "left_semi")


def fill_rates(
    groups: DataFrame, devices: DataFrame, acquisitions: DataFrame, attributes: Sequence[Attribute]
) -> DataFrame:
    """Rows of ``imaging_fill_rate`` (key ``group_key``) of ``devices``, rows of :func:`series_of`.

    ``groups`` as of :func:`filled_groups`. An attribute has rows of the modalities that it means something for.
    """
    kept = [a for a in attributes if a.level is Level.ACQUISITION and a.aggregate is not Aggregate.NONE]
    counts = [F.expr(f"count(`{_column(a)}`) AS `{a.column}`") for a in kept]
    of_series = devices.join(acquisitions.drop("changed_run"), list(_SERIES), "inner")
    wide = of_series.groupBy(*FILLED_OF).agg(F.count(F.lit(1)).alias("_series"), *counts)
    told = F.expr(f"explode(array_compact(array({', '.join(map(_told, kept))})))").alias("_told")
    long = wide.select(*FILLED_OF, told).selectExpr(*FILLED_OF, "_told.attribute", "_told.filled")
    known = groups.select(*[F.col(c).alias(f"_{c}") for c in FILLED_OF], "series", "newest_run")
    joined = long.join(F.broadcast(known), [F.col(c).eqNullSafe(F.col(f"_{c}")) for c in FILLED_OF], "inner")
    return joined.select(group_key(FILL_RATE_BY), *FILL_RATE_BY, "series", "filled", "newest_run")


def _of_devices(series: DataFrame) -> DataFrame:
    month = F.trunc("series_datetime", "month").alias("month")
    dated = series.where("series_datetime IS NOT NULL")
    return dated.select(*_SERIES, "device_serial_number", "manufacturer_model_name", month, "changed_run")


def _same(left: DataFrame, right: DataFrame) -> list[Column]:
    return [left[c].eqNullSafe(right[c]) for c in right.columns]


def _column(a: Attribute) -> str:
    return f"{a.column}_min" if a.aggregate is Aggregate.MIN_MAX else a.column


def _told(a: Attribute) -> str:
    """The attribute's name and count, null where it means nothing for the modality."""
    pair = f"named_struct('attribute', '{a.column}', 'filled', `{a.column}`)"
    if not a.modalities:
        return pair
    listed = ", ".join(f"'{modality}'" for modality in sorted(a.modalities))
    return f"IF(main_modality IN ({listed}), {pair}, NULL)"
