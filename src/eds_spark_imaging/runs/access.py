"""The record of what was given to projects."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.tables.access import IMAGING_ACCESS, Access


class Given(NamedTuple):
    """To which project, by which run, and the last nominative run whose rows are in it."""

    project: str
    run_id: str
    release: str


def record_access(context: Context, access: Access, given: Given, rows: int) -> None:
    """Append a row to ``imaging_access`` of the nominative lake that ``context`` holds."""
    account = context.spark.sparkContext.sparkUser()
    row = (dt.datetime.now(dt.UTC), account, str(access), given.project, given.run_id, given.release or None, rows)
    frame = context.spark.createDataFrame([row], IMAGING_ACCESS.spark_ddl).coalesce(1)
    context.lake.append(IMAGING_ACCESS.name, frame)
