"""What changed between two states of the links."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.tables.link_words import LinkChange

_COMPARED = {
    "link_status": LinkChange.STATUS,
    "person_id": LinkChange.PERSON,
    "link_method": LinkChange.METHOD,
    "link_verified": LinkChange.VERIFIED,
}


def link_history(before: DataFrame, after: DataFrame, run: str, changed_at: Column) -> DataFrame:
    """Rows of ``imaging_study_link_history`` for the exams of ``after`` whose link differs from that in ``before``.

    Both hold the columns of the link by ``study_instance_uid``, ``after`` also the ``cause`` of the new linking;
    ``changed_at`` is an instant.
    """
    old = before.select("study_instance_uid", *[F.col(c).alias(f"old_{c}") for c in ("ipp", *_COMPARED)])
    changes = [F.when(~F.col(c).eqNullSafe(F.col(f"old_{c}")), str(what)) for c, what in _COMPARED.items()]
    change = F.when(F.col("old_link_status").isNull(), str(LinkChange.FIRST)).otherwise(F.coalesce(*changes))
    return (
        after.join(old, "study_instance_uid", "left")
        .withColumn("change", change)
        .where("change IS NOT NULL")
        .select(
            "study_instance_uid",
            F.lit(run).alias("link_run"),
            changed_at.alias("changed_at"),
            "change",
            "cause",
            F.col("old_link_status").alias("previous_status"),
            F.col("old_person_id").alias("previous_person_id"),
            F.col("old_ipp").alias("previous_ipp"),
            F.col("old_link_method").alias("previous_method"),
            "link_status",
            "person_id",
            "ipp",
            "link_method",
        )
    )
