"""Which exams a change of the base centrale can reach: those with a key whose persons have changed.

The base centrale does not say what has changed in it. So for each key of its directory a hash is kept, of the persons
that the key names, of what limits it and of all that is known of these persons; and of each exam its keys.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.linkage.columns import hash_of
from eds_spark_imaging.linkage.exam_keys import IPP, MISTYPED
from eds_spark_imaging.linkage.ids import one_digit_variants
from eds_spark_imaging.tables.link_words import LinkMethod

_KEY = ("kind", "key")


def key_hashes(directory: DataFrame, persons: DataFrame) -> DataFrame:
    """Rows (``kind``, ``key``, ``key_hash``), one for each key of :func:`directory`."""
    known = persons.select("person_id", hash_of(persons, persons.columns).alias("_person"))
    rows = directory.join(known, "person_id", "left")
    rows = rows.select(*_KEY, hash_of(rows, [c for c in rows.columns if c not in _KEY]).alias("_hash"))
    return rows.groupBy(*_KEY).agg(F.xxhash64(F.array_sort(F.collect_set("_hash"))).alias("key_hash"))


def changed_keys(now: DataFrame, recorded: DataFrame) -> DataFrame:
    """Rows (``kind``, ``key``): the keys whose hash is another, that have come or gone."""
    before = recorded.select(*_KEY, F.col("key_hash").alias("_before"))
    joined = now.join(before, list(_KEY), "full")
    return joined.where(~F.col("key_hash").eqNullSafe(F.col("_before"))).select(*_KEY)


def kept_keys(exam_keys: DataFrame) -> DataFrame:
    """Rows of ``imaging_study_link_key``, from :func:`exam_keys`: an identifier that may be mistyped is kept itself,
    and not the two hundred that it may stand for."""
    one_digit = (F.col("method") == str(LinkMethod.IPP_ONE_DIGIT)) & (F.col("kind") == IPP)
    return exam_keys.where(~one_digit).groupBy("study_instance_uid", *_KEY).agg(F.min("method").alias("method"))


def exams_with(keys: DataFrame, kept: DataFrame) -> DataFrame:
    """Rows (``study_instance_uid``): the exams that may meet a person on one of ``keys``, from :func:`kept_keys`."""
    near = F.explode(one_digit_variants(F.col("key"), "[0-9]+"))
    mistyped = keys.where(F.col("kind") == IPP).select(F.lit(MISTYPED).alias("kind"), near.alias("key"))
    return kept.join(keys.union(mistyped), list(_KEY), "left_semi").select("study_instance_uid").distinct()
