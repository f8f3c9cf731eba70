"""Where a lake is, the same place to Python and to Spark, and whether several writers are safe there."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from eds_spark_imaging.config import LakeConfig
from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.storage.uri import S3_SCHEMES

_LOG_STORE = "spark.delta.logStore.{}.impl"


def lake_folder(spark: SparkSession, path: str) -> str:
    """The lake's folder as Spark takes it: a path without scheme is of Hadoop's default file system.

    LakeError where it cannot be written into SQL.
    """
    if "`" in path:
        raise LakeError("the lake's path may not hold a backquote")
    if "://" in path or path.startswith("file:"):
        return path.rstrip("/")
    gateway: Any = spark.sparkContext._gateway
    configuration = spark.sparkContext._jsc.hadoopConfiguration()
    default = gateway.jvm.org.apache.hadoop.fs.FileSystem.getDefaultUri(configuration).toString()
    return path.rstrip("/") if default.startswith("file:") else f"{default.rstrip('/')}{path.rstrip('/')}"


def database_folder(spark: SparkSession, database: str, *, make: bool) -> str:
    """The folder of a database, made where it is not there if ``make``. LakeError where it is not."""
    if make:
        spark.sql(f"CREATE DATABASE IF NOT EXISTS {database}")
    elif not spark.catalog.databaseExists(database):
        raise LakeError(f"the lake's database {database} does not exist")
    location = spark.sql(f"DESCRIBE DATABASE {database}").where("info_name = 'Location'").first()
    return str(location["info_value"]).rstrip("/") if location else ""


def check_one_writer(spark: SparkSession, root: str, config: LakeConfig) -> None:
    """LakeError for a lake on S3 that two runs could write at once.

    S3 lets two writers make the same commit, and ours could both take the lake's marker, unless Delta has a log store
    that arbitrates, or the site sees to it.
    """
    scheme = root.partition("://")[0]
    if scheme not in S3_SCHEMES or config.single_writer:
        return
    setting = _LOG_STORE.format(scheme)
    if spark.conf.get(setting, None) is None:
        raise LakeError(
            f"a lake on {scheme} needs {setting}=io.delta.storage.S3DynamoDBLogStore (with its JARs and table), or"
            " [lake] single_writer = true where no two runs ever write at once"
        )
