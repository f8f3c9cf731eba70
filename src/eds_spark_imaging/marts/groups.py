"""What the rows of marts are grouped by."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

TRUSTED = ("complete", "date_only")  # qualities of a date that a trend may use
DATED = (*TRUSTED, "fallback")  # qualities of a date that is the exam's own or nearly


def month_of_exam(*qualities: str) -> Column:
    """The first day of an exam's month; null where the quality of its date is none of ``qualities``."""
    return F.when(F.col("study_datetime_quality").isin(*qualities), F.trunc("study_datetime", "month"))


def group_key(columns: Sequence[str]) -> Column:
    """``group_key``: the columns of the group joined by ``|``, nothing where one is null.

    Serial numbers and departments are what headers say: a ``|`` or backslash in one has a backslash before it, so that
    no two groups have one key.
    """
    texts = [F.regexp_replace(F.col(c).cast("string"), r"([|\\])", r"\\$1") for c in columns]
    return F.concat_ws("|", *[F.coalesce(text, F.lit("")) for text in texts]).alias("group_key")
