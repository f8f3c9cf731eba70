"""Whose exams have changed since the last run of `cross`, told by the change data feed."""

from __future__ import annotations

from functools import reduce

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.pruning import covering
from eds_spark_imaging.lake.scratch import Scratch

_STUDY = "study_instance_uid"


def persons_with_changed_exams(
    lake: Lake, scratch: Scratch, seen: tuple[int, int], now: tuple[int, int]
) -> DataFrame | None:
    """Persons (``person_id``) of exams as they were and as they are, changed between two pairs of versions.

    The versions are those of ``imaging_study`` and ``imaging_series``. None where the feed cannot tell.
    """
    if any(before > after for before, after in zip(seen, now, strict=True)):
        return None
    parts = [lake.read("imaging_study").select("person_id").limit(0)]
    try:
        if now[0] > seen[0]:
            parts.append(_changed(lake.changes("imaging_study", seen[0] + 1), _STUDY).selectExpr("explode(persons)"))
        if now[1] > seen[1]:
            series = _changed(lake.changes("imaging_series", seen[1] + 1), _STUDY, "series_instance_uid")
            ids = scratch.keep("changed_series", series.select(_STUDY).distinct())
            exams = lake.read("imaging_study").where(covering(ids, _STUDY, F.col(_STUDY)))
            parts.append(exams.join(ids, _STUDY, "left_semi").select("person_id"))
        persons = reduce(DataFrame.union, parts).where("person_id IS NOT NULL").distinct()
        return scratch.keep("persons", persons)
    except PySparkException:  # `maintain` has deleted the files of a commit
        return None


def _changed(feed: DataFrame, *keys: str) -> DataFrame:
    """Keys of the rows that `build` or `link` have changed, with the ``persons`` that they had: crossings are not made
    from what `terms` writes."""
    runs = [F.col(name) for name in ("changed_run", "link_run") if name in feed.columns]
    states = F.count_distinct(F.to_json(F.struct(*runs)))
    ends = F.count_if(F.col("_change_type").isin("insert", "delete"))
    persons = F.collect_set("person_id") if "person_id" in feed.columns else F.array()
    rows = feed.groupBy(*keys).agg(states.alias("_states"), ends.alias("_ends"), persons.alias("persons"))
    return rows.where("_states > 1 OR _ends > 0")
