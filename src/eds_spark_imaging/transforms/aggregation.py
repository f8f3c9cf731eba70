"""Many instances to one row: each attribute by its declared aggregate.

The rule for ``constant`` attributes: the most frequent value, ties to the smallest, so that neither the order of
files nor the partitioning matters. Smallest and largest are cheap; only groups where they differ (named in
``conflicts``) pay for the count of each value.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.dicom.attribute import Aggregate, Attribute, Kind

NUMBERS = {Kind.DOUBLE, Kind.BIGINT, Kind.AGE}


def _frame_bound(a: Attribute, bound: str) -> Column:
    """The instance's value, or the bound over its frames where they differ."""
    if a.kind not in NUMBERS or a.is_array:
        return F.col(a.column)
    over_frames = F.col("frame_ranges")[a.column][bound]
    if a.kind is Kind.BIGINT:
        over_frames = over_frames.cast("bigint")
    return F.coalesce(over_frames, F.col(a.column))


def _low(name: str) -> str:
    return f"_low_{name}"


def _high(name: str) -> str:
    return f"_high_{name}"


def _aggregates(a: Attribute) -> list[Column]:
    if a.aggregate is Aggregate.MIN_MAX:
        low, high = F.min(_frame_bound(a, "min")), F.max(_frame_bound(a, "max"))
        return [low.alias(f"{a.column}_min"), high.alias(f"{a.column}_max")]
    if a.aggregate is Aggregate.DISTINCT:
        distinct = F.array_sort(F.array_distinct(F.flatten(F.collect_set(a.column))))
        return [F.when(F.size(distinct) > 0, distinct).alias(a.column)]
    return [F.min(_frame_bound(a, "min")).alias(_low(a.column)), F.max(_frame_bound(a, "max")).alias(_high(a.column))]


def aggregate(
    instances: DataFrame, keys: Sequence[str], attributes: Sequence[Attribute], extra: Sequence[Column] = ()
) -> DataFrame:
    """One row for each ``keys``: the attributes' columns, ``conflicts``, and the columns ``extra``.

    ``instances`` has the columns of dicom_instance that the attributes name, ``frame_ranges`` and what ``extra`` uses.
    """
    kept = [a for a in attributes if a.aggregate is not Aggregate.NONE and a.column not in keys]
    constant = [a for a in kept if a.aggregate is Aggregate.CONSTANT]
    columns = [column for a in kept for column in _aggregates(a)]
    grouped = instances.groupBy(*keys).agg(*columns, *extra)
    differing = [F.when(F.col(_low(a.column)) != F.col(_high(a.column)), F.lit(a.column)) for a in constant]
    conflicts = F.array_sort(F.array_compact(F.array(*differing))) if differing else F.array().cast("array<string>")
    grouped = grouped.withColumn("conflicts", conflicts)
    return _resolve(grouped, instances, keys, constant)


def _resolve(grouped: DataFrame, instances: DataFrame, keys: Sequence[str], constant: Sequence[Attribute]) -> DataFrame:
    """Replace lows and highs by the value: the common one, or the most frequent in groups with conflicts."""
    disputed = grouped.where(F.size("conflicts") > 0).select(*keys)
    modes = [F.mode(F.col(a.column), deterministic=True).alias(f"_mode_{a.column}") for a in constant]
    if not modes:
        return grouped
    counted = instances.join(disputed, list(keys), "left_semi").groupBy(*keys).agg(*modes)
    joined = grouped.join(counted, list(keys), "left")
    dropped = [name for a in constant for name in (_low(a.column), _high(a.column), f"_mode_{a.column}")]
    values = {
        a.column: F.when(F.col(_low(a.column)) != F.col(_high(a.column)), F.col(f"_mode_{a.column}")).otherwise(
            F.col(_low(a.column))
        )
        for a in constant
    }
    return joined.withColumns(values).drop(*dropped)
