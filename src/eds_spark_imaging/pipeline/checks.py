"""Checks around the jobs: places before Spark starts, the balance of the accounting after they ran."""

from __future__ import annotations

import os

from pyspark.sql import functions as F

from eds_spark_imaging.config import Config
from eds_spark_imaging.context import Context
from eds_spark_imaging.errors import AccountingError, ConfigError, InputError
from eds_spark_imaging.transforms.duplicates import READABLE


def check_places(config: Config, *, sources: bool) -> None:
    """InputError for local places that are not there, ConfigError where no source is named but one is needed."""
    if sources:
        if not config.sources:
            raise ConfigError("no source: give --source URI, or [[sources]] in the configuration")
        for source in config.sources:
            _check_local(f"source {source.name}", source.root)
    if config.warehouse and config.warehouse.path:
        _check_local("warehouse", config.warehouse.path)


def _check_local(what: str, path: str) -> None:
    if "://" in path:
        return
    if not os.path.exists(path):
        raise InputError(f"{what}: {path} does not exist")
    if not os.access(path, os.R_OK | os.X_OK if os.path.isdir(path) else os.R_OK):
        raise InputError(f"{what}: {path} cannot be read")


def check_accounting(context: Context) -> None:
    """AccountingError unless dicom_file and dicom_instance tell the same story.

    Paths are unique in both, and the files that are parsed or duplicates are exactly those that have an instance.
    """
    files = context.lake.read("dicom_file").select("path", F.col("status").isin(*READABLE).alias("_readable"))
    instances = context.lake.read("dicom_instance").select("path", "is_primary")
    totals = files.agg(
        F.count(F.lit(1)).alias("rows"),
        F.count_distinct("path").alias("paths"),
        F.coalesce(F.sum(F.col("_readable").cast("bigint")), F.lit(0)).alias("readable"),
    ).first()
    rows = instances.agg(F.count(F.lit(1)).alias("rows"), F.count_distinct("path").alias("paths")).first()
    if totals is None or rows is None:
        return
    if totals["rows"] != totals["paths"] or rows["rows"] != rows["paths"]:
        raise AccountingError("the accounting does not balance: a file has two rows")
    if totals["readable"] != rows["rows"]:
        raise AccountingError(
            f"the accounting does not balance: {totals['readable']} files are parsed or duplicates, "
            f"{rows['rows']} have an instance"
        )
