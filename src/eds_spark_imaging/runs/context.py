"""What every job works with, and the record that every run leaves."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging import __version__
from eds_spark_imaging.config import Config
from eds_spark_imaging.dicom.header import fingerprint
from eds_spark_imaging.lake.file_ids import FileId, file_id, make_key
from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.last_id import keep_stamp, last_stamp
from eds_spark_imaging.lake.releases import newest_release
from eds_spark_imaging.lake.schema import bring_up_to_date, recorded_schema
from eds_spark_imaging.runs.past import Past
from eds_spark_imaging.runs.progress import Progress
from eds_spark_imaging.runs.status import Ended, Expected
from eds_spark_imaging.runs.traffic import Meter, Traffic
from eds_spark_imaging.spark.compiling import Compiling
from eds_spark_imaging.tables import Catalogue

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


SLOWEST = 10  # files that a run record names
LARGE_WORK = 20_000  # files, exams or pairs: from here on compiled queries are the faster ones
LARGE_LAKE = 64 * 1024 * 1024  # bytes; from here on queries over a whole lake are more than a moment's work
_KEPT_BACK = 60  # seconds: the record of a job that took longer is written at once, for its work is worth more


@dataclass
class Run:
    """One run of one job while it goes on: its counts end in ``imaging_run``.

    ``slowest`` holds (path, seconds, bytes read) of files that took long; the record keeps the ids of the paths.
    """

    job: str
    run_id: str
    started_at: dt.datetime
    counts: dict[str, int] = field(default_factory=dict)
    bytes_read: int | None = None
    main_count: str | None = None
    watermark: str | None = None
    slowest: list[tuple[str, float, int]] = field(default_factory=list)
    expected: Expected | None = None
    meter: Meter | None = None
    compiling: Compiling | None = None
    lake_bytes: int = LARGE_LAKE
    traffic: Traffic = field(default_factory=Traffic)

    @property
    def large_lake(self) -> bool:
        """Whether a query over the whole lake is more than a moment's work."""
        return self.lake_bytes >= LARGE_LAKE

    def measure(self) -> None:
        """Add what Spark has read and written since the last call."""
        if self.meter:
            self.traffic = self.traffic.plus(self.meter.take())

    def compile(self, *, on: bool) -> None:
        """Have Spark compile the queries from here on, or not: what is fast depends on the rows and columns at work."""
        if self.compiling:
            self.compiling.turn(on=on)

    def compile_expressions(self) -> None:
        """Have Spark compile expressions from here on, but no whole stages."""
        if self.compiling:
            self.compiling.expressions_only()

    def expect(self, total: int | None) -> None:
        """The stages of Spark from here on work through so many files, exams or pairs; None ends that."""
        self.measure()
        self.compile(on=self.large_lake if total is None else total > LARGE_WORK)
        unit = (self.main_count or "rows").split("_")[0]
        self.expected = Expected(total, unit, time.monotonic()) if total else None

    def ended(self, error: BaseException | None) -> Ended:
        """How the run ended, now."""
        at = dt.datetime.now(dt.UTC)
        seconds = max((at - self.started_at).total_seconds(), 1e-3)
        rate = self.counts.get(self.main_count, 0) / seconds if self.main_count else None
        kind = type(error).__name__ if error else None
        return Ended(self.job, self.run_id, at, seconds, kind, self.counts, self.bytes_read, rate)

    def count(self, **counts: int) -> None:
        """Add to the counts by name."""
        for name, value in counts.items():
            self.counts[name] = self.counts.get(name, 0) + value


class Context:
    """The session, the configuration, the lake and the display of one process."""

    def __init__(
        self, spark: SparkSession, config: Config, progress: Progress | None = None, catalogue: Catalogue | None = None
    ) -> None:
        self.spark = spark
        self.config = config
        self.catalogue = catalogue or Catalogue(config.site_attributes)
        self.fingerprint = fingerprint(self.catalogue.attributes)
        self.lake = Lake(spark, config.require_lake(), self.catalogue)
        self.progress = progress or Progress.silent()
        self._meter = Meter(spark)
        self._compiling = Compiling(spark)
        self._records: list[dict[str, object]] = []
        self._together = False

    @property
    def parallelism(self) -> int:
        """Tasks that run at once, as far as Spark tells."""
        return max(1, self.spark.sparkContext.defaultParallelism)

    def runs(self, job: str) -> DataFrame:
        """The successful runs of a job."""
        runs = self.lake.read("imaging_run")
        return runs.where((F.col("job") == job) & (F.col("outcome") == "succeeded"))

    def newest_watermark(self, job: str) -> str:
        """The watermark of the last successful run of ``job``, for those that are not ordered; empty before it."""
        return self._past.newest.get(job, "")

    def last_watermark(self, job: str) -> str:
        """The last run that ``job`` has taken in; empty before its first."""
        return self._past.last.get(job, "")

    @cached_property
    def _past(self) -> Past:
        schema, stamp = recorded_schema(self.lake), last_stamp(self.lake)
        past = Past.of(self.lake.read("imaging_run"), schema.anew if schema else {})
        if not stamp:  # of an earlier version: releases have ids that no run has
            release = newest_release(self.lake)
            stamp = release.run_id if release else ""
        past.none_before(stamp)
        return past

    def bring_up_to_date(self) -> None:
        """Bring an older lake to this version's tables. LakeError where it is of a later version."""
        if bring_up_to_date(self.lake, self.new_run_id):
            self.forget_past()

    def forget_past(self) -> None:
        """What earlier runs have taken in has changed."""
        self._write_records()
        self.__dict__.pop("_past", None)

    def new_run_id(self, what: str) -> str:
        """An identifier that sorts after those of all runs so far."""
        return self._next_id(what, dt.datetime.now(dt.UTC))

    def _next_id(self, what: str, now: dt.datetime) -> str:
        run_id = self._past.next_id(what, now)
        keep_stamp(self.lake, self._past.stamp)
        return run_id

    @contextmanager
    def records_together(self) -> Iterator[None]:
        """Records of runs in the body are written at its end, in one commit, but for those of long ones.

        Where the process is killed before, the jobs whose records are lost take in again what they had taken in.
        """
        self._together = True
        try:
            yield
        finally:
            self._together = False
            self._write_records()

    @contextmanager
    def run(self, job: str) -> Iterator[Run]:
        """A run of ``job``: its row is written at the end, with the class of the error where it failed."""
        started = dt.datetime.now(dt.UTC)
        run = Run(job, self._next_id(job, started), started, meter=self._meter)
        run.compiling, run.lake_bytes = self._compiling, self.lake.bytes_known()
        self._compiling.turn(on=run.large_lake)
        self._meter.take()  # what was between two jobs is of neither
        with self.progress.job(job, run.run_id, lambda: run.expected) as show:
            failed: BaseException | None = None
            try:
                yield run
            except BaseException as error:
                failed = error
                raise
            finally:
                self._compiling.restore()
                run.measure()
                ended = run.ended(failed)
                show(ended)
                self._record(run, ended)

    @cached_property
    def file_id(self) -> FileId:
        """The function from a path to the keyed id that stands for it outside the tables of files."""
        return file_id(make_key(self.spark, self.lake.root))

    def _record(self, run: Run, ended: Ended) -> None:
        slowest = sorted(run.slowest, key=lambda file: -(file[1] or 0.0))[:SLOWEST]
        row = {
            "run_id": run.run_id,
            "job": run.job,
            "started_at": run.started_at,
            "ended_at": ended.at,
            "outcome": ended.outcome,
            "error": ended.error,
            "counts": run.counts,
            "bytes_read": run.bytes_read,
            **run.traffic._asdict(),
            "rows_per_second": ended.rows_per_second,
            "slowest_files": [(self.file_id(path), seconds, size) for path, seconds, size in slowest] or None,
            "watermark": run.watermark,
            "package_version": __version__,
            "reader_fingerprint": self.fingerprint,
            "config_fingerprint": self.config.fingerprint,
            "spark_version": self.spark.version,
        }
        self._records.append(row)
        if ended.outcome == "succeeded":
            self._past.add(run.job, run.watermark)
        if not self._together or ended.seconds > _KEPT_BACK:
            self._write_records()

    def _write_records(self) -> None:
        if self._records:
            rows = self.spark.createDataFrame(self._records, self.catalogue["imaging_run"].spark_ddl)
            self.lake.append("imaging_run", rows.coalesce(1))
            self._records.clear()
