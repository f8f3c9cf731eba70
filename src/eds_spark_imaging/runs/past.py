"""What the jobs of a run need to know of all earlier runs, read once."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

_STAMP = "%Y%m%dT%H%M%S%f"
_DIGITS = 21


@dataclass
class Past:
    """By job: the ``last`` watermark in order, and the ``newest``, that of the last successful run.

    ``stamp`` begins the last id that was given.
    """

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
            past.none_before(row["run_id"])
            past.last[row["job"]] = row["last"] or ""
            past.newest[row["job"]] = row["newest"]["watermark"] if row["newest"] else ""
        return past

    def add(self, job: str, watermark: str | None) -> None:
        """A run that has succeeded since."""
        self.newest[job] = watermark or ""
        self.last[job] = max(self.last.get(job, ""), watermark or "")

    def none_before(self, given: str) -> None:
        """Ids sort after ``given`` too, an id or its stamp."""
        self.stamp = max(self.stamp, given.split("-", maxsplit=1)[0])

    def next_id(self, job: str, now: dt.datetime) -> str:
        """An identifier that sorts after those of all earlier runs, also where the clock went back since."""
        stamp = now.strftime(_STAMP)
        self.stamp = stamp if stamp > self.stamp else _after(self.stamp)
        return f"{self.stamp}-{job}-{secrets.token_hex(3)}"


def _after(stamp: str) -> str:
    """The microsecond after a stamp; one of another form is made longer."""
    try:
        moment = dt.datetime.strptime(stamp[:_DIGITS], _STAMP)
    except ValueError:
        return f"{stamp}0"
    return (moment + dt.timedelta(microseconds=1)).strftime(_STAMP)
