"""The way from any IPP or person to the one that survives its merges."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# Merges happen one visit at a time: longer chains than this are followed to their last step within reach.
MAX_HOPS = 10


def survivors(identity: DataFrame | None, person: DataFrame, max_hops: int = MAX_HOPS) -> DataFrame:
    """Rows (``ipp``, ``person_id``, ``surviving_ipp``, ``surviving_person_id``), one for each person and for each
    IPP that has no person row.

    ``identity`` holds ``ipp`` and ``merged_into_ipp`` (null: never merged, or un-merged), ``person`` holds
    ``person_id`` and ``person_source_value``. The IPPs of a circle, and what leads into it, survive as its smallest.
    Where the surviving IPP has no person row, the smallest person merged into it stands for all. An IPP of several
    persons is one patient. The frame is small but costs a join for each hop: persist it when it is used twice.
    """
    people = person.groupBy("person_id").agg(F.min(_key("person_source_value")).alias("ipp"))
    if identity is None:
        known = people.withColumn("surviving_ipp", F.col("ipp"))
    else:
        ipps = identity.select(_key("ipp").alias("ipp")).union(identity.select(_key("merged_into_ipp")))
        alone = ipps.where("ipp IS NOT NULL").distinct().join(people.select("ipp"), "ipp", "left_anti")
        known = people.unionByName(alone.withColumn("person_id", F.lit(None).cast("bigint")))
        known = known.join(_ends(identity, max_hops), "ipp", "left").withColumn(
            "surviving_ipp", F.coalesce("_end", "ipp")
        )
    return known.join(_representatives(known), "surviving_ipp", "left").select(
        "ipp",
        "person_id",
        "surviving_ipp",
        F.coalesce("_representative", "person_id").alias("surviving_person_id"),
    )


def _key(column: str) -> Column:
    return F.nullif(F.trim(F.col(column)), F.lit(""))


def _representatives(known: DataFrame) -> DataFrame:
    """The person that stands for each surviving IPP: its own where it has one."""
    own = F.when(F.col("ipp") == F.col("surviving_ipp"), F.col("person_id"))
    return (
        known.where("surviving_ipp IS NOT NULL")
        .groupBy("surviving_ipp")
        .agg(F.coalesce(F.min(own), F.min("person_id")).alias("_representative"))
    )


def _ends(identity: DataFrame, max_hops: int) -> DataFrame:
    """Where the merges of each merged IPP end, as (``ipp``, ``_end``).

    Each round lengthens every path by one hop against the same small frame, which Spark scans once and reuses;
    doubling the paths instead would join growing frames, for the same number of scans in one plan.
    """
    edges = identity.select(_key("ipp").alias("ipp"), _key("merged_into_ipp").alias("into"))
    edges = edges.where("ipp IS NOT NULL AND ipp <> into").groupBy("ipp").agg(F.min("into").alias("into"))
    step = edges.select(F.col("ipp").alias("_from"), F.col("into").alias("_next"))
    paths = edges.select("ipp", F.array("ipp", "into").alias("path"))
    for _ in range(max_hops - 1):
        open_end = F.when(~_closes(F.col("path")), F.element_at("path", -1))
        longer = F.when(F.col("_next").isNotNull(), F.concat("path", F.array("_next"))).otherwise(F.col("path"))
        paths = paths.join(step, open_end == F.col("_from"), "left").select("ipp", longer.alias("path"))
    path, last = F.col("path"), F.element_at("path", -1)
    circle = F.slice(path, F.array_position(path, last).cast("int"), F.size(path))
    return paths.select("ipp", F.when(_closes(path), F.array_min(circle)).otherwise(last).alias("_end"))


def _closes(path: Column) -> Column:
    """Whether the last IPP of a path was met before: the path has gone round a circle."""
    return F.array_position(path, F.element_at(path, -1)) < F.size(path)
