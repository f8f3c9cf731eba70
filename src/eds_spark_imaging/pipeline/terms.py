"""The job `terms`: category, body parts, regions, side and contrast of exams and series, from what they are called."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.runs.watermarks import read_watermark
from eds_spark_imaging.spark.at_once import at_once, both_at_once
from eds_spark_imaging.tables.spec import Column, sql_type
from eds_spark_imaging.tables.terms import SERIES_TERMS, STUDY_TERMS
from eds_spark_imaging.terminology.exam_names import ExamNames
from eds_spark_imaging.terminology.lexicon import SiteRow, lexicon
from eds_spark_imaging.terminology.site import site_names, site_rows_of
from eds_spark_imaging.transforms import terms as transforms
from eds_spark_imaging.workers.crash import crash_point
from eds_spark_imaging.workers.terms import ANSWER, EXAM, SETTLED, UNION, read_batches, settle_batches, unite_batches

_STUDY = "study_instance_uid"
_RUN = "terms_run"
_ACTS = "imaging_study_procedure"
# What terms are made from, beside the acts.
_INPUTS = ("imaging_study", "imaging_series", "imaging_acquisition")
# Distinct descriptions that one task reads: about a second of work.
_A_TASK = 5_000


@dataclass(frozen=True)
class _TermsWatermark:
    """What the terms were made from: rules, lexicon and names, the last run that changed an exam, and the acts.

    ``acts``: the version of the table of acts.
    """

    version: str
    exams: str
    acts: int = -1


@dataclass(frozen=True)
class _Site:
    """What a site brings: rows of the lexicon, the names of exams, and the version of all that is read with."""

    rows: tuple[SiteRow, ...]
    names: ExamNames | None

    @property
    def version(self) -> str:
        own = lexicon(self.rows).version
        return f"{own}-{self.names.digest}" if self.names else own


def terms(context: Context) -> None:
    """Fill the terms of exams that changed; of all where rules, lexicon or the terms of the site are other ones."""
    given = context.config.terminology
    rows = site_rows_of(given.file, given.terms)
    site = _Site(rows, site_names(given.exam_names, lexicon(rows)))
    with context.run("terms") as run, context.lake.scratch("terms") as scratch:
        run.main_count = "exams"
        seen = read_watermark(_TermsWatermark, context.newest_watermark("terms"))
        now = _TermsWatermark(site.version, _last_change(context), context.lake.version(_ACTS))
        run.watermark = json.dumps(asdict(now))
        if now == seen:
            run.count(exams=0, series_changed=0, exams_changed=0)
            return
        changed = _changed(context, seen, now) if seen and seen.version == site.version else None
        _terms(context, run, scratch, site, scratch.keep("changed", changed) if changed is not None else None)


def has_new_acts(context: Context) -> bool:
    """Whether the table of acts has another version than the last terms were made from."""
    seen = read_watermark(_TermsWatermark, context.newest_watermark("terms"))
    return seen is not None and seen.acts != context.lake.version(_ACTS)


def _terms(context: Context, run: Run, scratch: Scratch, site: _Site, touched: DataFrame | None) -> None:
    lake = context.lake

    def read(name: str) -> DataFrame:
        return lake.read(name) if touched is None else lake.read(name).join(touched, _STUDY, "left_semi")

    studies, series = read("imaging_study").where("removed_at IS NULL"), read("imaging_series")
    described = transforms.describe_series(series, studies, read("imaging_acquisition"))
    of_series, of_exams = at_once(
        lambda: scratch.keep("described_series", described),
        lambda: scratch.keep("described_exams", transforms.describe_exams(studies)),
    )
    distinct, counts = scratch.keep_counted(
        "distinct", transforms.distinct_descriptions(of_series, of_exams), descriptions=F.count(F.lit(1))
    )
    run.count(exams=of_exams.count(), **counts)
    tasks = max(1, counts["descriptions"] // _A_TASK)
    answers = distinct.repartition(tasks).mapInArrow(read_batches(site.rows, site.names), _ddl(ANSWER))
    answers = scratch.keep("answers", answers)
    version = F.lit(site.version)
    found = scratch.keep("series", transforms.series_terms(of_series, answers, version, _filled(SERIES_TERMS)))

    def write_series() -> None:
        changed = lake.update("imaging_series", found, _names(SERIES_TERMS), (_RUN, run.run_id))
        run.count(series_changed=changed)
        crash_point("series_terms")

    def of_whole_exams() -> DataFrame:
        gathered = scratch.keep("gathered", transforms.exams_with_series(of_exams, answers, found, series))
        united = gathered.select("named").distinct().mapInArrow(unite_batches(site.rows), _ddl(UNION))
        exams = transforms.exam_terms(gathered, scratch.keep("united", united), version)
        acts = transforms.accepted_acts(lake.read(_ACTS))
        exams = scratch.keep("with_acts", transforms.with_acts(exams, acts, EXAM.names[1:]))
        settled = exams.select(*EXAM.names).distinct().mapInArrow(settle_batches(site.rows, site.names), _ddl(SETTLED))
        return scratch.keep(
            "exams", transforms.settled_exams(exams, scratch.keep("settled", settled), _filled(STUDY_TERMS))
        )

    # The exams last: whoever reads meets no exam whose series have not been read yet.
    _, exams = both_at_once(write_series, of_whole_exams)
    changed = lake.update("imaging_study", exams, _names(STUDY_TERMS), (_RUN, run.run_id))
    run.count(exams_changed=changed)
    crash_point("exam_terms")


def _last_change(context: Context) -> str:
    last = [context.lake.read(name).agg(F.max("changed_run")).first() for name in _INPUTS]
    return max((row and row[0]) or "" for row in last)


def _changed(context: Context, seen: _TermsWatermark, now: _TermsWatermark) -> DataFrame:
    """UIDs of the exams that have changed since a run, or have other acts than when they were read."""
    tables = [context.lake.read(name) for name in _INPUTS]
    changed = [table.where(F.col("changed_run") > seen.exams).select(_STUDY) for table in tables]
    if now.acts != seen.acts:
        acts = transforms.accepted_acts(context.lake.read(_ACTS))
        changed.append(transforms.exams_with_other_acts(tables[0], acts))
    return reduce(DataFrame.union, changed).distinct()


def _filled(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    return tuple(column for column in columns if column.name != _RUN)


def _names(columns: tuple[Column, ...]) -> tuple[str, ...]:
    return tuple(column.name for column in _filled(columns))


def _ddl(schema: object) -> str:
    return ", ".join(f"{field.name} {sql_type(field.type)}" for field in schema)  # type: ignore[attr-defined]
