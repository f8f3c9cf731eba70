"""What every job works with, and the record that every run leaves."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging import __version__
from eds_spark_imaging.config import Config
from eds_spark_imaging.dicom.header import fingerprint
from eds_spark_imaging.lake import Lake
from eds_spark_imaging.progress import Progress
from eds_spark_imaging.tables import Catalogue

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


@dataclass
class Run:
    """One run of one job while it goes on: its counts end in ``imaging_run``."""

    job: str
    run_id: str
    started_at: dt.datetime
    counts: dict[str, int] = field(default_factory=dict)
    bytes_read: int | None = None
    main_count: str | None = None
    watermark: str | None = None

    def count(self, **counts: int) -> None:
        """Add to the counts by name."""
        for name, value in counts.items():
            self.counts[name] = self.counts.get(name, 0) + value


class Context:
    """The session, the configuration, the lake and the display of one process."""

    def __init__(self, spark: SparkSession, config: Config, progress: Progress | None = None) -> None:
        self.spark = spark
        self.config = config
        self.catalogue = Catalogue(config.site_attributes)
        self.fingerprint = fingerprint(self.catalogue.attributes)
        self.lake = Lake(spark, config.require_lake(), self.catalogue)
        self.progress = progress or Progress.silent()
        self._last_id = ""

    def fingerprints(self) -> Column:
        """What a row of dicom_instance read now is marked with: the reader's, and its source's character sets."""
        marks = F.lit(self.fingerprint)
        for source in self.config.sources:
            options = "/".join(filter(None, source.reader_options.values()))
            if options:
                marks = F.when(F.col("source") == source.name, f"{self.fingerprint}/{options}").otherwise(marks)
        return marks

    @property
    def parallelism(self) -> int:
        """Tasks that run at once, as far as Spark tells."""
        return max(1, self.spark.sparkContext.defaultParallelism)

    def runs(self, job: str) -> DataFrame:
        """The successful runs of a job."""
        runs = self.lake.read("imaging_run")
        return runs.where((F.col("job") == job) & (F.col("outcome") == "succeeded"))

    def last_watermark(self, job: str) -> str:
        """The last run that ``job`` has taken in; empty before its first."""
        row = self.runs(job).agg(F.max("watermark")).first()
        return (row and row[0]) or ""

    @contextmanager
    def run(self, job: str) -> Iterator[Run]:
        """A run of ``job``: its row is written at the end, with the class of the error where it failed."""
        started = dt.datetime.now(dt.UTC)
        run = Run(job, self._run_id(job, started), started)
        with self.progress.job(job):
            try:
                yield run
            except BaseException as error:
                self._record(run, type(error).__name__)
                raise
            self._record(run, None)
        self.progress.done(job, run.counts, (dt.datetime.now(dt.UTC) - started).total_seconds())

    def _run_id(self, job: str, now: dt.datetime) -> str:
        """An identifier that sorts after those of all earlier runs, also where the clock went back since."""
        if not self._last_id:
            row = self.lake.read("imaging_run").agg(F.max("run_id")).first()
            self._last_id = ((row and row[0]) or "0").split("-")[0]
        stamp = max(now.strftime("%Y%m%dT%H%M%S%f"), self._last_id)
        self._last_id = stamp + "0" if stamp == self._last_id else stamp
        return f"{self._last_id}-{job}-{secrets.token_hex(3)}"

    def _record(self, run: Run, error: str | None) -> None:
        ended = dt.datetime.now(dt.UTC)
        seconds = max((ended - run.started_at).total_seconds(), 1e-3)
        done = run.counts.get(run.main_count or "", 0)
        row = (
            run.run_id,
            run.job,
            run.started_at,
            ended,
            "failed" if error else "succeeded",
            error,
            run.counts,
            run.bytes_read,
            done / seconds if run.main_count else None,
            run.watermark,
            __version__,
            self.fingerprint,
            self.config.fingerprint,
            self.spark.version,
        )
        self.lake.append(
            "imaging_run",
            self.spark.createDataFrame([row], self.catalogue["imaging_run"].spark_ddl).coalesce(1),
            transaction=run.run_id,
        )


def crash_point(name: str) -> None:
    """End the process here, as a kill would, where a test has named this point in the environment."""
    if os.environ.get("EDS_IMAGING_CRASH_AT") == name:
        os._exit(137)
