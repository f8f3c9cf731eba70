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
    """``group_key``: the columns of the group joined by ``|``, nothing where one is null."""
    return F.concat_ws("|", *[F.coalesce(F.col(c).cast("string"), F.lit("")) for c in columns]).alias("group_key")
