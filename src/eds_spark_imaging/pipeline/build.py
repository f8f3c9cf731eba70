"""The job `build`: exams, series and acquisition parameters of the exams that runs of `parse` touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.lake.lake import HASH, RUN
from eds_spark_imaging.lake.pruning import covering
from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.spark.at_once import at_once, both_at_once
from eds_spark_imaging.spark.hadoop import HadoopPath
from eds_spark_imaging.tables.link_words import LinkStatus
from eds_spark_imaging.tables.links import LINK_COLUMNS
from eds_spark_imaging.tables.spec import Column as ColumnSpec
from eds_spark_imaging.tables.spec import sql_type
from eds_spark_imaging.tables.terms import SERIES_TERMS, STUDY_TERMS
from eds_spark_imaging.transforms import exams
from eds_spark_imaging.transforms.exams import ExamTable
from eds_spark_imaging.workers.crash import crash_point

_STUDY = "study_instance_uid"
_MANY_EXAMS: Final = 5_000  # from so many on, groups that are alike are worth queries of their own
_EXAMS_OF_FILE: Final = 5_000
_MOST_FILES: Final = 400
# Columns that other jobs fill.
_OF_OTHERS: Final = {"imaging_study": (*LINK_COLUMNS, *STUDY_TERMS), "imaging_series": SERIES_TERMS}


def build(context: Context, *, rebuild: bool = False) -> None:
    """Build the rows of every touched exam, or of every exam again; rows that come out the same are not written.

    ``rebuild`` is for rules of the configuration that have changed, such as those of the hospitals.
    """
    with context.run("build") as run:
        run.main_count = "exams_looked_at"
        seen = "" if rebuild else context.last_watermark("build")
        queue = _queue(context).where(F.col(RUN) > seen)
        row = queue.agg(F.max(RUN)).first()
        run.watermark = (row and row[0]) or seen
        if row is None or row[0] is None:
            return
        with context.lake.scratch("build") as scratch:
            queued = queue.select(_STUDY).distinct()
            touched, counts = scratch.keep_counted("touched", queued, exams_looked_at=F.count(F.lit(1)))
            run.count(**counts)
            if run.counts["exams_looked_at"] < _MANY_EXAMS:
                # Code for hundreds of columns takes Java's compilers longer than these rows take without it.
                run.compile(on=False)
            whole = rebuild or not context.lake.exists("imaging_study")
            _Build(context, run, scratch, touched, None if whole else seen).all_tables()


def _queue(context: Context) -> DataFrame:
    """The exams that `parse` has queued, but for those of runs that were killed and are still to be published."""
    queue = context.lake.read("dicom_study_touched")
    staged = HadoopPath(context.spark, context.lake.staging("")).children()
    return queue.where(F.col(RUN) < min(staged)) if staged else queue


@dataclass(frozen=True)
class _Groups:
    """The groups of a table: all of ``instances``, or where there are many those ``unlike``, and all ``compared``."""

    unlike: DataFrame
    instances: DataFrame
    compared: DataFrame | None = None

    @property
    def all(self) -> DataFrame:
        """One row for each group."""
        return self.unlike if self.compared is None else self.compared

    def rows(self, table: ExamTable) -> DataFrame:
        """The rows of the table."""
        disputed = [row[0] for row in self.unlike.select(F.explode("conflicts")).distinct().collect()]
        rows = table.rows(self.unlike, self.instances, disputed)
        return rows if self.compared is None else rows.unionByName(table.of_alike(self.compared))


@dataclass(frozen=True)
class _Build:
    """The tables of the exams ``touched`` by runs after ``seen``; of all exams where that is None."""

    context: Context
    run: Run
    scratch: Scratch
    touched: DataFrame
    seen: str | None

    def all_tables(self) -> None:
        """Exams last: with their row, an exam counts as built."""
        instances = self._instances()
        series = self._groups("imaging_series", self._series, instances)
        of_series = partial(
            at_once,
            lambda: self._write_series(series),
            lambda: self._write_acquisitions(exams.of_main_modality(instances, series.all)),
        )
        _, exams_found = both_at_once(of_series, lambda: self._groups("imaging_study", self._studies, instances))
        self.run.count(exams_without_instances=self.run.counts["exams_looked_at"] - exams_found.all.count())
        self._write("imaging_study", self._studies, exams_found, self._with_tombstones)
        crash_point("study")

    def _write_series(self, groups: _Groups) -> None:
        self._write("imaging_series", self._series, groups)
        crash_point("series")

    def _write_acquisitions(self, instances: DataFrame) -> None:
        acquisitions = exams.acquisitions(self.context.catalogue.attributes)
        self._write("imaging_acquisition", acquisitions, self._groups("imaging_acquisition", acquisitions, instances))
        crash_point("acquisition")

    @cached_property
    def _series(self) -> ExamTable:
        return exams.series(self.context.catalogue.attributes)

    @cached_property
    def _studies(self) -> ExamTable:
        config = self.context.config
        hospitals = {s.name: s.hospital for s in config.sources if s.hospital}
        return exams.studies(self.context.catalogue.attributes, hospitals, config.hospitals, F.current_date())

    @cached_property
    def _within(self) -> Column | None:
        """True of the rows of the touched exams, and of some others."""
        return None if self.seen is None else covering(self.touched, _STUDY, F.col(_STUDY))

    def _of_touched(self, table: str) -> DataFrame:
        """The table's rows of the touched exams."""
        rows = self.context.lake.read(table)
        if self._within is None:
            return rows
        return rows.where(self._within).join(self.touched, _STUDY, "left_semi")

    def _instances(self) -> DataFrame:
        """The usable instances of the touched exams.

        Of an exam that is new they lie among the rows of the runs after ``seen``; only of one that is known others are
        looked for.
        """
        instances = self.context.lake.read("dicom_instance")
        if self.seen is None:
            return exams.usable_instances(instances)
        known = self.scratch.keep("known", self._of_touched("imaging_study").select(_STUDY))
        recent = instances.where(F.col(RUN) > self.seen).join(self.touched, _STUDY, "left_semi")
        older = instances.where(F.col(RUN) <= self.seen).where(covering(known, _STUDY, F.col(_STUDY)))
        if self.run.large_lake:
            # Files lie in the order of paths: by these, few pages of the many columns are read.
            paths = self.scratch.keep("paths", older.select(_STUDY, "path").join(known, _STUDY, "left_semi"))
            older = older.where(covering(paths, "path", F.col("path")))
        rows = exams.usable_instances(recent.unionByName(older.join(known, _STUDY, "left_semi")))
        if not self.run.large_lake:
            return rows
        return self.scratch.keep("instances", rows.drop("path", "header_digest", "reader_fingerprint", RUN))

    def _groups(self, name: str, table: ExamTable, instances: DataFrame) -> _Groups:
        if self.run.counts["exams_looked_at"] < _MANY_EXAMS:
            return _Groups(self.scratch.keep(name, table.groups(instances)), instances)
        compared = self.scratch.keep(f"{name}_compared", table.compared(instances))
        unlike = table.of_unlike(compared, instances)
        return _Groups(self.scratch.keep(name, table.groups(unlike)), unlike, compared)

    def _write(
        self,
        name: str,
        table: ExamTable,
        groups: _Groups,
        more: Callable[[DataFrame], DataFrame] = lambda rows: rows,
    ) -> None:
        others = _OF_OTHERS.get(name, ())
        rows = more(_with_nulls(groups.rows(table), others))
        if not self.context.lake.exists(name):
            rows = self._by_month(rows, table.dated_by)
        rows = rows.select(*_owned(self.context, name))
        foreign = tuple(column.name for column in others)
        scope = None if self.seen is None else self.touched
        done = self.context.lake.sync(name, rows, self.run.run_id, scope=scope, foreign=foreign, within=self._within)
        what = name.removeprefix("imaging_")
        self.run.count(
            **{f"{what}_new": done.inserted, f"{what}_changed": done.updated, f"{what}_removed": done.deleted}
        )

    def _by_month(self, rows: DataFrame, date: str) -> DataFrame:
        """Exams of a month in one file: later runs change those of a few months, and write the files of these anew."""
        files = min(self.run.counts["exams_looked_at"] // _EXAMS_OF_FILE, _MOST_FILES)
        return rows.repartition(files, F.trunc(date, "month")) if files > 1 else rows

    def _with_tombstones(self, present: DataFrame) -> DataFrame:
        """The exams, not linked yet, and those that have lost their last file."""
        present = present.withColumn("link_status", F.lit(str(LinkStatus.NOT_ATTEMPTED)))
        if not self.context.lake.exists("imaging_study"):
            return present
        names = _owned(self.context, "imaging_study")
        left = exams.tombstones(self._of_touched("imaging_study"), present, F.lit(self.run.started_at))
        return present.select(*names).unionByName(left.select(*names))


def _with_nulls(rows: DataFrame, columns: tuple[ColumnSpec, ...]) -> DataFrame:
    """With columns that other jobs fill: null until then."""
    return rows.withColumns({c.name: F.lit(None).cast(sql_type(c.type)) for c in columns})


def _owned(context: Context, table: str) -> list[str]:
    """The columns that a transform gives; the lake adds the hash and the run."""
    return [c for c in context.catalogue[table].names if c not in (HASH, RUN)]
