"""Rare values: in how many patients each value of a masked column occurs, never said to be more than it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.tables import spec

_BITS = 64
PATIENT = "_patient"


def patients_by_value(rows: DataFrame, columns: Sequence[spec.Column]) -> DataFrame:
    """``column_name``, ``value`` and ``patients`` of every text in the columns; key column_name, value.

    ``patients`` is a set of 64 bits, one for each hash of ``_patient``: two patients may share a bit, so the number of
    bits is never more than that of patients, and sets of several passes add up by `bit_or`. ``rows`` has the columns
    and ``_patient``.
    """
    lists = F.array(*[_texts(column) for column in columns])
    bit = F.expr(f"shiftleft(1L, CAST(pmod(xxhash64({PATIENT}), {_BITS}) AS INT))")
    places = rows.select(bit.alias("_bit"), F.posexplode(lists).alias("_place", "_texts"))
    found = places.where("_texts IS NOT NULL").select("_bit", "_place", F.explode("_texts").alias("value"))
    counted = found.where("value IS NOT NULL").groupBy("_place", "value").agg(F.expr("bit_or(_bit)").alias("patients"))
    names = F.array(*[F.lit(column.name) for column in columns])
    return counted.select(F.get(names, F.col("_place")).alias("column_name"), "value", "patients")


def _texts(column: spec.Column) -> Column:
    value = F.col(column.name)
    return value if pa.types.is_list(column.type) else F.when(value.isNotNull(), F.array(value))


def is_common(patients: Column, k: int) -> Column:
    """True where at least ``k`` patients have the value."""
    return F.bit_count(patients) >= k


def masked(column: spec.Column, common: Mapping[str, Sequence[str]]) -> Column:
    """The value where it is among the common ones of its column, else null; in an array, null in its place."""
    kept = list(common.get(column.name, ()))
    if pa.types.is_list(column.type):
        return F.transform(column.name, lambda item: F.when(item.isin(kept), item))
    return F.when(F.col(column.name).isin(kept), F.col(column.name))
