"""How often each acquisition parameter is filled: by device, modality and month."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.dicom.declaration.attribute import Aggregate, Attribute, Level
from eds_spark_imaging.marts.groups import group_key
from eds_spark_imaging.tables.marts import FILL_RATE_BY, FILLED_OF

_SERIES = ("study_instance_uid", "series_instance_uid")


def fill_rates(series: DataFrame, acquisitions: DataFrame, attributes: Sequence[Attribute]) -> DataFrame:
    """Rows of ``imaging_fill_rate`` (key ``group_key``) of rows of imaging_series and their imaging_acquisition.

    An attribute has rows of the modalities that it is declared for, of all where it is declared for none (Rows, or
    SliceThickness: of reports too, which have none); series without a date are in none.
    """
    kept = [a for a in attributes if a.level is Level.ACQUISITION and a.aggregate is not Aggregate.NONE]
    counts = [F.expr(f"count(`{_column(a)}`) AS `{a.column}`") for a in kept]
    of_series = _of_devices(series).join(acquisitions, list(_SERIES), "inner")
    wide = of_series.groupBy(*FILLED_OF).agg(F.count(F.lit(1)).alias("_series"), *counts)
    told = F.expr(f"explode(array_compact(array({', '.join(map(_told, kept))})))").alias("_told")
    long = wide.select(*FILLED_OF, "_series", told)
    long = long.selectExpr(*FILLED_OF, "_told.attribute", "_series AS series", "_told.filled")
    return long.select(group_key(FILL_RATE_BY), *FILL_RATE_BY, "series", "filled")


def _of_devices(series: DataFrame) -> DataFrame:
    month = F.trunc("series_datetime", "month").alias("month")
    dated = series.where("series_datetime IS NOT NULL")
    return dated.select(*_SERIES, "device_serial_number", "manufacturer_model_name", month)


def _column(a: Attribute) -> str:
    return f"{a.column}_min" if a.aggregate is Aggregate.MIN_MAX else a.column


def _told(a: Attribute) -> str:
    """The attribute's name and count, null where it means nothing for the modality."""
    pair = f"named_struct('attribute', '{a.column}', 'filled', `{a.column}`)"
    if not a.modalities:
        return pair
    listed = ", ".join(f"'{modality}'" for modality in sorted(a.modalities))
    return f"IF(main_modality IN ({listed}), {pair}, NULL)"
