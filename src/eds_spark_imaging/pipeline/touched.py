"""Which months the changes since the last run of `marts` touch, told by the change data feed of its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

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
    related = [feeds[name].select(STUDY) for name in ("imaging_series", "imaging_study_procedure") if name in feeds]
    for told in direct:  # of which there is one row
        related = [exams.join(told.select(STUDY), STUDY, "left_anti") for exams in related]
    return [*direct, *_rows_now(lake, "imaging_study", related)]


def _series(lake: Lake, feeds: Mapping[str, DataFrame]) -> Sequence[DataFrame]:
    """Rows of series as they were and as they are, with all others of the exam, which may be of another month."""
    direct = [feeds["imaging_series"]] if "imaging_series" in feeds else []
    related = [feeds["imaging_acquisition"].select(STUDY)] if "imaging_acquisition" in feeds else []
    if "imaging_study" in feeds:
        related.append(changed_rows(feeds["imaging_study"], [STUDY], _OF_EXAM).select(STUDY))
    return [*direct, *_rows_now(lake, "imaging_series", related)]


def _rows_now(lake: Lake, name: str, exams: Sequence[DataFrame]) -> list[DataFrame]:
    """The rows that the table ``name`` has now of the ``exams``."""
    if not exams:
        return []
    distinct = reduce(DataFrame.union, exams).distinct()
    return [] if distinct.isEmpty() else [rows_of_exams(lake, name, distinct)]
