"""What differs between the rows that a table has and those it should have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import reduce

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.tables import Table

HASH = "row_hash"
# Whole microseconds: to_json cuts times at milliseconds otherwise.
_JSON = {
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
}


def row_hash(columns: Iterable[str], nested: Collection[str] = ()) -> Column:
    """A BIGINT hash of the columns; ``nested`` names those that are arrays, maps or structs.

    Spark's own hash passes over nulls: a value that moves to a neighbouring column, or an element of an array to
    another place, would not be seen. So which columns are null is hashed too, and nested values as their JSON, which
    also is the only form of a map that Spark hashes.
    """
    names = list(columns)
    values = [F.to_json(F.col(name), _JSON) if name in nested else F.col(name) for name in names]
    return F.xxhash64(*values, *[F.col(name).isNull() for name in names])


def differences(table: Table, desired: DataFrame, existing: DataFrame, owned: Sequence[str]) -> DataFrame:
    """The rows to write: ``desired`` with their hash, and ``_op`` insert, update or delete.

    ``existing`` holds the keys and ``row_hash`` of the rows that are there.
    """
    new = desired.withColumn(HASH, owned_hash(table, owned)).withColumn("_new", F.lit(True))
    old = existing.withColumnsRenamed({name: f"_{name}" for name in (*table.keys, HASH)}).withColumn(
        "_old", F.lit(True)
    )
    operation = (
        F.when(F.col("_old").isNull(), "insert")
        .when(F.col("_new").isNull(), "delete")
        .when(~F.col(HASH).eqNullSafe(F.col(f"_{HASH}")), "update")
    )
    joined = new.join(old, same_keys(table, table.keys, "", "_"), "full_outer").withColumn("_op", operation)
    keys = {key: F.coalesce(key, f"_{key}") for key in table.keys}
    wanted = joined.where(F.col("_op").isNotNull()).withColumns(keys)
    return wanted.drop("_new", "_old", f"_{HASH}", *[f"_{key}" for key in table.keys])


def same_keys(table: Table, keys: Sequence[str], left: str, right: str) -> Column:
    """Equality of the keys of two sides that are told apart by what their names begin with; nulls are equal."""
    nullable = {column.name for column in table if column.nullable}

    def same(key: str) -> Column:
        a, b = F.col(f"{left}{key}"), F.col(f"{right}{key}")
        return a.eqNullSafe(b) if key in nullable else a == b

    return reduce(lambda a, b: a & b, map(same, keys))


def owned_hash(table: Table, owned: Sequence[str]) -> Column:
    """The hash of what a job owns; the time of a removal is not what an exam is."""
    nested = {column.name for column in table if pa.types.is_nested(column.type)}
    return row_hash([name for name in owned if name not in ("removed_at", *table.keys)], nested)
