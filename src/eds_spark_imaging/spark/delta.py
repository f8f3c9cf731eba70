"""What Delta's log tells of a table without a query."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession


def table_version(spark: SparkSession, path: str) -> int:
    """The number of the last commit of the table in a folder, -1 where there is no table.

    Asked of Delta's own log, which lists one folder: ``DESCRIBE HISTORY`` starts a query for it.
    """
    none = getattr(getattr(_jvm(spark).scala, "None$"), "MODULE$")
    return int(_log(spark, path).update(False, none, none).version())


def file_count(spark: SparkSession, path: str) -> int | None:
    """How many files a table has, where its last commit says it; None where that would take a query."""
    said = _checksum(spark, path)
    return int(said.numFiles()) if said else None


def table_bytes(spark: SparkSession, path: str) -> int | None:
    """The size of a table's files, where its last commit says it; None where that would take a query."""
    said = _checksum(spark, path)
    return int(said.tableSizeBytes()) if said else None


def _checksum(spark: SparkSession, path: str) -> Any:
    """What lies beside the last commit. The snapshot's own ``...IfKnown`` compute its state where they do not know."""
    found = _log(spark, path).unsafeVolatileSnapshot().checksumOpt()
    return found.get() if found.isDefined() else None


def _log(spark: SparkSession, path: str) -> Any:
    return _jvm(spark).org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, path)


def _jvm(spark: SparkSession) -> Any:
    gateway: Any = spark.sparkContext._gateway
    return gateway.jvm
