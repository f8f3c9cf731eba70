"""The totals of the accounting, kept from run to run: what changes is counted, not what is there.

``maintain`` proves them whole.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from pyspark.sql import functions as F

from eds_spark_imaging.errors import AccountingError
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.runs.watermarks import read_watermark
from eds_spark_imaging.spark.query_errors import QUERY_ERRORS
from eds_spark_imaging.transforms.duplicates import READABLE

_SIGNS = {"insert": 1, "update_postimage": 1, "update_preimage": -1, "delete": -1}


@dataclass(frozen=True)
class Totals:
    """At the end of the run ``run`` of `parse`: at ``version`` dicom_file has so many ``readable`` files."""

    run: str
    version: int
    readable: int

    @property
    def text(self) -> str:
        """As a run's watermark."""
        return json.dumps(asdict(self))

    @classmethod
    def recorded(cls, context: Context) -> Totals | None:
        """Those of the last successful run; None before it, and where its watermark has another form."""
        return read_watermark(cls, context.newest_watermark("parse"))

    @classmethod
    def proven(cls, context: Context, run_id: str, before: Totals | None) -> Totals:
        """Those of now. AccountingError unless as many files are readable as there are instances.

        The instances are counted by Delta's statistics, without reading them.
        """
        version = context.lake.version("dicom_file")
        readable = _count(context) if before is None else _counted_on(context, before, version)
        instances = context.lake.read("dicom_instance").count()
        check_balance(readable, instances)
        return cls(run_id, version, readable)


def check_balance(readable: int, instances: int) -> None:
    """AccountingError unless every readable file has an instance, as far as their numbers tell."""
    if readable != instances:
        raise AccountingError(
            f"the accounting does not balance: {readable} files are parsed or duplicates, {instances} have an instance"
        )


def _count(context: Context) -> int:
    return context.lake.read("dicom_file").where(F.col("status").isin(*READABLE)).count()


def _counted_on(context: Context, before: Totals, version: int) -> int:
    """The readable files at a version: those of before and what changed since, or all anew."""
    if version == before.version:
        return before.readable
    try:
        rows = context.lake.changes("dicom_file", before.version + 1).where(F.col("status").isin(*READABLE))
        by_kind = rows.groupBy("_change_type").count().collect()
    except QUERY_ERRORS:  # the files of a commit are gone
        return _count(context)
    return before.readable + sum(_SIGNS[row["_change_type"]] * int(row["count"]) for row in by_kind)
