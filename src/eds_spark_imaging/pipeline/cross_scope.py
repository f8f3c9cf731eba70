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
            parts.append(lake.changes("imaging_study", seen[0] + 1).select("person_id"))
        if now[1] > seen[1]:
            ids = scratch.keep("changed_series", lake.changes("imaging_series", seen[1] + 1).select(_STUDY).distinct())
            exams = lake.read("imaging_study").where(covering(ids, _STUDY, F.col(_STUDY)))
            parts.append(exams.join(ids, _STUDY, "left_semi").select("person_id"))
        persons = reduce(DataFrame.union, parts).where("person_id IS NOT NULL").distinct()
        return scratch.keep("persons", persons)
    except PySparkException:  # `maintain` has deleted the files of a commit
        return None
