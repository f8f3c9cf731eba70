"""The job `build`: exams, series and acquisition parameters of the exams that runs of `parse` touched."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.lake.lake import HASH, RUN
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.tables.links import LINK_COLUMNS, LinkStatus
from eds_spark_imaging.tables.spec import Column, sql_type
from eds_spark_imaging.tables.terms import SERIES_TERMS, STUDY_TERMS
from eds_spark_imaging.transforms import exams
from eds_spark_imaging.workers.crash import crash_point

_STUDY = "study_instance_uid"
LINK_NAMES = tuple(column.name for column in LINK_COLUMNS)
# Columns of the exam that other jobs fill, and those of series.
_OF_OTHERS = (*LINK_COLUMNS, *STUDY_TERMS)


def build(context: Context, *, everything: bool = False) -> None:
    """Rebuild the rows of every touched exam, or of every exam; rows that come out the same are not written.

    ``everything`` is for rules of the configuration that have changed, such as those of the hospitals.
    """
    with context.run("build") as run:
        run.main_count = "exams_looked_at"
        seen = "" if everything else context.last_watermark("build")
        queue = context.lake.read("dicom_study_touched").where(F.col("changed_run") > seen)
        row = queue.agg(F.max("changed_run")).first()
        run.watermark = (row and row[0]) or seen
        if row is None or row[0] is None:
            return
        with context.lake.scratch("build") as scratch:
            touched = scratch.keep("touched", queue.select(_STUDY).distinct())
            run.count(exams_looked_at=touched.count())
            _build(context, run, touched)


def _build(context: Context, run: Run, touched: DataFrame) -> None:
    lake, attributes = context.lake, context.catalogue.attributes
    # Not persisted: each table reads its own few columns, a cache would hold all of them.
    rows = lake.read("dicom_instance").join(touched, _STUDY, "left_semi")
    instances = exams.usable_instances(rows)
    _sync(context, run, "imaging_acquisition", exams.acquisitions(instances, attributes), touched)
    crash_point("acquisition")
    series = _with_nulls(exams.series(instances, attributes), SERIES_TERMS)
    _sync(context, run, "imaging_series", series, touched, foreign=_names(SERIES_TERMS))
    crash_point("series")
    config = context.config
    hospitals = {s.name: s.hospital for s in config.sources if s.hospital}
    present = exams.studies(instances, attributes, hospitals, config.hospitals, F.current_date())
    present = _with_nulls(present, _OF_OTHERS)
    present = present.withColumn("link_status", F.lit(str(LinkStatus.NOT_ATTEMPTED)))
    names = _owned(context, "imaging_study")
    studies = present.select(*names)
    if lake.exists("imaging_study"):
        gone = exams.tombstones(lake.read("imaging_study"), touched, present, F.lit(run.started_at))
        studies = studies.unionByName(gone.select(*names))
    _sync(context, run, "imaging_study", studies, touched, foreign=_names(_OF_OTHERS))
    crash_point("study")


def _sync(
    context: Context, run: Run, table: str, rows: DataFrame, touched: DataFrame, *, foreign: tuple[str, ...] = ()
) -> None:
    done = context.lake.sync(table, rows.select(*_owned(context, table)), run.run_id, scope=touched, foreign=foreign)
    what = table.removeprefix("imaging_")
    run.count(**{f"{what}_new": done.inserted, f"{what}_changed": done.updated, f"{what}_removed": done.deleted})


def _with_nulls(rows: DataFrame, columns: tuple[Column, ...]) -> DataFrame:
    """With columns that other jobs fill: null until then."""
    return rows.withColumns({c.name: F.lit(None).cast(sql_type(c.type)) for c in columns})


def _names(columns: tuple[Column, ...]) -> tuple[str, ...]:
    return tuple(column.name for column in columns)


def _owned(context: Context, table: str) -> list[str]:
    """The columns that a transform gives; the lake adds the hash and the run."""
    return [c for c in context.catalogue[table].names if c not in (HASH, RUN)]
