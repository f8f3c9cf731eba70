"""What the jobs of a run need to know of all earlier runs, read once."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


@dataclass
class Past:
    """By job: the ``last`` watermark in order, and the ``newest``, that of the last successful run."""

    stamp: str = "0"
    last: dict[str, str] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, runs: DataFrame, anew: Mapping[str, str] = MappingProxyType({})) -> Past:
        """From the rows of ``imaging_run``; by job, ``anew`` is the run up to which those of the job do not count."""
        counts = F.col("outcome") == "succeeded"
        for job, run_id in anew.items():
            counts &= (F.col("job") != job) | (F.col("run_id") > run_id)
        watermark = F.when(counts, F.coalesce("watermark", F.lit("")))
        rows = runs.groupBy("job").agg(
            F.max("run_id").alias("run_id"),
            F.max(watermark).alias("last"),
            F.max(F.when(watermark.isNotNull(), F.struct("run_id", watermark.alias("watermark")))).alias("newest"),
        )
        past = cls()
        for row in rows.collect():
            past.stamp = max(past.stamp, row["run_id"].split("-")[0])
            past.last[row["job"]] = row["last"] or ""
            past.newest[row["job"]] = row["newest"]["watermark"] if row["newest"] else ""
        return past

    def add(self, job: str, watermark: str | None) -> None:
        """A run that has succeeded since."""
        self.newest[job] = watermark or ""
        self.last[job] = max(self.last.get(job, ""), watermark or "")

    def next_id(self, job: str, now: dt.datetime) -> str:
        """An identifier that sorts after those of all earlier runs, also where the clock went back since."""
        stamp = max(now.strftime("%Y%m%dT%H%M%S%f"), self.stamp)
        self.stamp = stamp + "0" if stamp == self.stamp else stamp
        return f"{self.stamp}-{job}-{secrets.token_hex(3)}"
