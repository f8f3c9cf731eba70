"""What the commits between two versions of a table have changed, by its change data feed."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.pruning import covering

STUDY = "study_instance_uid"


def changed_rows(feed: DataFrame, keys: Sequence[str], state: Sequence[str], *more: Column) -> DataFrame:
    """Rows (``keys``) that have come, have gone, or are other now in one of the columns ``state``.

    ``more`` are aggregates over what each was and is.
    """
    states = F.count_distinct(F.to_json(F.struct(*state), {"ignoreNullFields": "false"}))
    ends = F.count_if(F.col("_change_type").isin("insert", "delete"))
    rows = feed.groupBy(*keys).agg(states.alias("_states"), ends.alias("_ends"), *more)
    return rows.where("_states > 1 OR _ends > 0").drop("_states", "_ends")


def rows_of_exams(lake: Lake, name: str, exams: DataFrame) -> DataFrame:
    """The rows that a table has of the ``exams``, distinct UIDs."""
    return lake.read(name).where(covering(exams, STUDY, F.col(STUDY))).join(exams, STUDY, "left_semi")
