"""Checks around the jobs: places before Spark starts, the balance of the accounting after they ran."""

from __future__ import annotations

import os

from pyspark.sql import functions as F

from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import AccountingError, ConfigError, InputError
from eds_spark_imaging.pipeline.parse.totals import Totals, check_balance
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.storage import store_of
from eds_spark_imaging.storage.uri import as_folder, is_remote, plain
from eds_spark_imaging.tables import Catalogue
from eds_spark_imaging.transforms.duplicates import READABLE
from eds_spark_imaging.warehouse.mapping import check_layout


def check_config(config: Config) -> None:
    """ConfigError for what no section sees by itself: a layout, table or column that the base centrale does not have,
    and columns of a site that the lake has already.
    """
    Catalogue(config.site_attributes)
    if config.warehouse:
        check_layout(config.warehouse)


def check_places(config: Config, *, sources: bool) -> None:
    """InputError for places that are not there or not to be read, as far as this process can tell.

    ConfigError where no source is named but one is needed, or its scheme is unknown; SetupError where the package for
    it is missing.
    """
    if sources:
        if not config.sources:
            raise ConfigError("no source: give --source URI, or [[sources]] in the configuration")
        for source in config.sources:
            _check_source(f"source {source.name}", source.root)
            if source.inventory:
                _check_local(f"source {source.name}: inventory", source.inventory)
            elif config.lake and config.lake.path:
                _check_outside(f"source {source.name}", source.root, config.lake.path)
    if config.warehouse and config.warehouse.path:
        _check_local("warehouse", config.warehouse.path)


def _check_source(what: str, root: str) -> None:
    """One or two requests to a remote store."""
    try:
        store_of(root).locate(root)
    except FileNotFoundError:
        raise InputError(f"{what}: {root} does not exist") from None
    except OSError as error:
        # The text of a store names its own error, that of the system repeats the path.
        reason = error.strerror if error.errno is not None else str(error)
        raise InputError(f"{what}: {root} cannot be read: {reason}") from None


def _check_outside(what: str, root: str, lake: str) -> None:
    """ConfigError where the lake lies within a root: each run would list the files that the one before has written."""
    if as_folder(lake).startswith(as_folder(root)):
        raise ConfigError(f"{what}: the lake {lake} lies within {root}, whose files are listed: give it another folder")


def _check_local(what: str, path: str) -> None:
    if is_remote(path):
        return
    path = plain(path)
    if not os.path.exists(path):
        raise InputError(f"{what}: {path} does not exist")
    if not os.access(path, os.R_OK | os.X_OK if os.path.isdir(path) else os.R_OK):
        raise InputError(f"{what}: {path} cannot be read")


def check_accounting(context: Context) -> None:
    """AccountingError unless dicom_file and dicom_instance tell the same story, read whole.

    Paths are unique in both, and there are as many files parsed or duplicates as instances: but for what `index` has
    found since, which `parse` has still to take in. After each `parse` its own totals are checked, which costs less.
    """
    files, instances = context.lake.read("dicom_file"), context.lake.read("dicom_instance")
    totals = Totals.recorded(context)
    counted = files.agg(
        F.count(F.lit(1)).alias("rows"),
        F.count_distinct("path").alias("paths"),
        F.count_if(F.col("status").isin(*READABLE)).alias("readable"),
        F.count_if(F.col("changed_run") > (totals.run if totals else "")).alias("since"),
    ).first()
    found = instances.agg(F.count(F.lit(1)).alias("rows"), F.count_distinct("path").alias("paths")).first()
    if counted is None or found is None:
        return
    if counted["rows"] != counted["paths"] or found["rows"] != found["paths"]:
        raise AccountingError("the accounting does not balance: a file has two rows")
    if totals and not counted["since"]:
        check_balance(counted["readable"], found["rows"])
        check_balance(totals.readable, found["rows"])
