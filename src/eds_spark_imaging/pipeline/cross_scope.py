"""Whose exams have changed since the last run of `cross`, told by the change data feed."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.pipeline.feed import STUDY, changed_rows, rows_of_exams
from eds_spark_imaging.spark.query_errors import QUERY_ERRORS


def persons_with_changed_exams(
    lake: Lake, scratch: Scratch, seen: tuple[int, int], now: tuple[int, int]
) -> DataFrame | None:
    """Persons (``person_id``) of exams as they were and as they are, changed between two pairs of versions.

    The versions are those of ``imaging_study`` and ``imaging_series``. What counts is what `build` or `link` have
    changed: crossings are not made from what `terms` writes. None where the feed cannot tell.
    """
    if any(before > after for before, after in zip(seen, now, strict=True)):
        return None
    parts = [lake.read("imaging_study").select("person_id").limit(0)]
    try:
        if now[0] > seen[0]:
            feed, runs = lake.changes("imaging_study", seen[0] + 1), ("changed_run", "link_run")
            exams = changed_rows(feed, [STUDY], runs, F.collect_set("person_id").alias("persons"))
            parts.append(exams.selectExpr("explode(persons)"))
        if now[1] > seen[1]:
            feed = lake.changes("imaging_series", seen[1] + 1)
            series = changed_rows(feed, [STUDY, "series_instance_uid"], ["changed_run"])
            ids = scratch.keep("changed_series", series.select(STUDY).distinct())
            parts.append(rows_of_exams(lake, "imaging_study", ids).select("person_id"))
        persons = reduce(DataFrame.union, parts).where("person_id IS NOT NULL").distinct()
        return scratch.keep("persons", persons)
    except QUERY_ERRORS:  # the files of a commit are gone
        return None
