"""What Delta's log tells of a table without a query: its version."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession


def table_version(spark: SparkSession, path: str) -> int:
    """The number of the last commit of the table in a folder, -1 where there is no table.

    Asked of Delta's own log, which lists one folder: ``DESCRIBE HISTORY`` starts a query for it.
    """
    gateway: Any = spark.sparkContext._gateway
    none = getattr(getattr(gateway.jvm.scala, "None$"), "MODULE$")
    log = gateway.jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, path)
    return int(log.update(False, none, none).version())


def file_count(spark: SparkSession, path: str) -> int | None:
    """How many files a table has, where its last commit says it; None where that would take a query."""
    gateway: Any = spark.sparkContext._gateway
    log = gateway.jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, path)
    known = log.unsafeVolatileSnapshot().numOfFilesIfKnown()
    return int(known.get()) if known.isDefined() else None
