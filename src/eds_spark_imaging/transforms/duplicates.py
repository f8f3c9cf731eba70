"""Which file stands for a SOPInstanceUID that several files have."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.tables.files import FileStatus

UID = "sop_instance_uid"
READABLE = (str(FileStatus.PARSED), str(FileStatus.DUPLICATE))
CONTENT = ("path", "source", UID, "has_pixel_data", "header_bytes", "header_digest")


def with_primary(files: DataFrame) -> DataFrame:
    """``files`` (columns ``CONTENT``) with ``is_primary``; a file without UID stands for itself."""
    # By content and path, never by arrival: an object with pixels, the longer header, the smaller digest and path.
    order = (F.desc("has_pixel_data"), F.desc_nulls_last("header_bytes"), F.asc("header_digest"), F.asc("path"))
    place = F.row_number().over(Window.partitionBy(UID).orderBy(*order))
    return files.withColumn("is_primary", F.col(UID).isNull() | (place == 1))


def status_of(is_primary: str = "is_primary") -> Column:
    """The accounting status of a readable file."""
    return F.when(F.col(is_primary), str(FileStatus.PARSED)).otherwise(str(FileStatus.DUPLICATE))
