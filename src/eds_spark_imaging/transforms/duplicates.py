"""Which file stands for a SOPInstanceUID that several files have, and whether these are the same."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.window import WindowSpec

from eds_spark_imaging.tables.files import FileStatus

UID = "sop_instance_uid"
STUDY, SERIES = "study_instance_uid", "series_instance_uid"
READABLE = (str(FileStatus.PARSED), str(FileStatus.DUPLICATE))
CONTENT = ("path", "source", UID, SERIES, STUDY, "has_pixel_data", "header_bytes", "header_digest")
FLAGS = ("is_primary", "uid_conflict")


def with_flags(files: DataFrame) -> DataFrame:
    """``files`` (columns ``CONTENT``) with ``FLAGS``; a file without UID stands for itself."""
    # By content and path, never by arrival: an object that belongs to an exam and a series, else there would be none of
    # it; one with pixels, the longer header, the smaller digest and path.
    placed = F.col(STUDY).isNotNull() & F.col(SERIES).isNotNull()
    order = (
        placed.desc(),
        F.desc("has_pixel_data"),
        F.desc_nulls_last("header_bytes"),
        F.asc("header_digest"),
        F.asc("path"),
    )
    place = F.row_number().over(_same_uid().orderBy(*order))
    conflict = F.when(_differ(STUDY) | _differ(SERIES), "series").when(_differ("header_digest"), "content")
    return files.withColumns({"is_primary": place == 1, "uid_conflict": conflict})


def _differ(column: str) -> Column:
    """True where the files of one UID have several values, null being one."""
    value = F.coalesce(F.col(column), F.lit(""))
    return F.min(value).over(_same_uid()) != F.max(value).over(_same_uid())


def _same_uid() -> WindowSpec:
    return Window.partitionBy(F.coalesce(UID, "path"))  # files without UID are not one group, which might be huge


def status_of(is_primary: str = "is_primary") -> Column:
    """The accounting status of a readable file."""
    return F.when(F.col(is_primary), str(FileStatus.PARSED)).otherwise(str(FileStatus.DUPLICATE))
