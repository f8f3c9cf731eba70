"""Columns that an exam may lack, since sites choose what is extracted."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from eds_spark_imaging.transforms.changes import row_hash


def hash_of(frame: DataFrame, names: Iterable[str]) -> Column:
    """A hash of columns, in which null differs from any value."""
    nested = {name for name, kind in frame.dtypes if kind.startswith(("array", "map", "struct"))}
    return row_hash(names, nested)


def text(frame: DataFrame, name: str) -> Column:
    """The text column without blanks around it, null where it is empty or absent."""
    return F.nullif(F.trim(_column(frame, name, "string")), F.lit(""))


def texts(frame: DataFrame, *names: str) -> Column:
    """The values of text columns and arrays of texts together, distinct, without nulls and empty ones."""
    parts = []
    for name in names:
        if name in frame.columns:
            is_array = isinstance(frame.schema[name].dataType, T.ArrayType)
            values = F.col(name) if is_array else F.array(F.col(name))
            parts.append(F.coalesce(values, F.array().cast("array<string>")))
    together = F.concat(*parts) if parts else F.array().cast("array<string>")
    return F.array_distinct(F.filter(F.transform(together, _trimmed), lambda value: value != ""))


def items(frame: DataFrame, name: str) -> Column:
    """The array of texts, one for each item of a sequence, in their places; empty where it is null or absent."""
    values = F.coalesce(_column(frame, name, "array<string>"), F.array().cast("array<string>"))
    return F.transform(values, _trimmed)


def _trimmed(value: Column) -> Column:
    # `F.trim` itself would be given the position of each value, as the signs to trim.
    return F.trim(value)


def date(frame: DataFrame, name: str) -> Column:
    """The date column, null where it is absent."""
    return _column(frame, name, "date")


def dates(frame: DataFrame, name: str) -> Column:
    """The array of dates, empty where it is null or absent."""
    return F.coalesce(_column(frame, name, "array<date>"), F.array().cast("array<date>"))


def wall_clock(frame: DataFrame, name: str) -> Column:
    """The wall-clock column, null where it is absent."""
    return _column(frame, name, "timestamp_ntz")


def _column(frame: DataFrame, name: str, kind: str) -> Column:
    return F.col(name) if name in frame.columns else F.lit(None).cast(kind)
