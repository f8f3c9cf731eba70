"""How long Delta keeps the files of a table that only older versions need, and its log.

Both are properties of the table: `VACUUM` ignores hours that it is given, and the log would end after 30 days whatever
files are kept.
"""

from __future__ import annotations

import math

from eds_spark_imaging.lake.tables import LakeTables

_FILES, _LOG = "delta.deletedFileRetentionDuration", "delta.logRetentionDuration"
_DAYS = {_FILES: 7, _LOG: 30}  # where a table does not say it


def set_retention(lake: LakeTables, name: str, hours: int) -> None:
    """Have files kept for so many hours, to the next whole day, and the log as long but for 30 days at least."""
    days = math.ceil(hours / 24)
    detail = lake.spark.sql(f"DESCRIBE DETAIL {lake.identifier(name)}").collect()[0]
    there = {key: f"interval {default} days" for key, default in _DAYS.items()} | dict(detail["properties"])
    wanted = {_FILES: f"interval {days} days", _LOG: f"interval {max(days, _DAYS[_LOG])} days"}
    changed = ", ".join(f"'{key}' = '{value}'" for key, value in wanted.items() if there[key] != value)
    if changed:
        lake.spark.sql(f"ALTER TABLE {lake.identifier(name)} SET TBLPROPERTIES ({changed})").collect()
