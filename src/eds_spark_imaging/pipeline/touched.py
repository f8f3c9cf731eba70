"""Which months the changes since the last run of `marts` touch, told by the change data feed of its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.marts.groups import DATED, TRUSTED, month_of_exam
from eds_spark_imaging.marts.months import ALL_MONTHS, Months, months_of, together
from eds_spark_imaging.pipeline.feed import STUDY, changed_rows, rows_of_exams
from eds_spark_imaging.spark.query_errors import QUERY_ERRORS

# What marts of series take from the exam.
_OF_EXAM = ("hospital_code", "exam_category", "removed_at", "study_datetime", "study_datetime_quality")


@dataclass(frozen=True)
class Touched:
    """The months of exams by what marts trust, and of series."""

    trusted: Months = ALL_MONTHS
    dated: Months = ALL_MONTHS
    series: Months = ALL_MONTHS


def touched_since(lake: Lake, seen: Mapping[str, int], now: Mapping[str, int]) -> Touched:
    """What the commits after the versions ``seen`` have touched; every month where that cannot be told."""
    if seen.keys() != now.keys() or any(seen[name] > version for name, version in now.items()):
        return Touched()
    try:
        feeds = {name: lake.changes(name, seen[name] + 1) for name, version in now.items() if version > seen[name]}
        exams = _exams(lake, feeds)
        return Touched(
            together(months_of(rows, month_of_exam(*TRUSTED)) for rows in exams),
            together(months_of(rows, month_of_exam(*DATED)) for rows in exams),
            together(months_of(rows, F.trunc("series_datetime", "month")) for rows in _series(lake, feeds)),
        )
    except QUERY_ERRORS:  # the files of a commit are gone
        return Touched()


def _exams(lake: Lake, feeds: Mapping[str, DataFrame]) -> Sequence[DataFrame]:
    """Rows of exams as they were and as they are."""
    direct = [feeds["imaging_study"]] if "imaging_study" in feeds else []
    others = [feeds[name] for name in ("imaging_series", "imaging_study_procedure") if name in feeds]
    return [*direct, *_beside(lake, "imaging_study", direct, others)]


def _series(lake: Lake, feeds: Mapping[str, DataFrame]) -> Sequence[DataFrame]:
    direct = [feeds["imaging_series"]] if "imaging_series" in feeds else []
    others = [feeds["imaging_acquisition"]] if "imaging_acquisition" in feeds else []
    if "imaging_study" in feeds:
        others.append(changed_rows(feeds["imaging_study"], [STUDY], _OF_EXAM))
    return [*direct, *_beside(lake, "imaging_series", direct, others)]


def _beside(lake: Lake, name: str, direct: Sequence[DataFrame], others: Sequence[DataFrame]) -> list[DataFrame]:
    """The rows that the table ``name`` has now of exams that ``others`` tell of and ``direct`` do not."""
    found = []
    for other in others:
        ids = other.select(STUDY).distinct()
        for told in direct:
            ids = ids.join(told.select(STUDY), STUDY, "left_anti")
        if not ids.isEmpty():
            found.append(rows_of_exams(lake, name, ids))
    return found
