"""Folders of the lake through Hadoop's file systems, whatever the store is."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession


def file_system(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    """Hadoop's file system of a URI, and its path there."""
    gateway: Any = spark.sparkContext._gateway
    path = gateway.jvm.org.apache.hadoop.fs.Path(uri)
    return path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()), path


class Store:
    """One folder: what is in it, and its deletion."""

    def __init__(self, spark: SparkSession, uri: str) -> None:
        self._spark = spark
        self.uri = uri
        self._files, self._path = file_system(spark, uri)

    def __truediv__(self, name: str) -> Store:
        return Store(self._spark, f"{self.uri}/{name}")

    def children(self) -> list[str]:
        """Names in the folder; none where it does not exist."""
        if not self._files.exists(self._path):
            return []
        return [status.getPath().getName() for status in self._files.listStatus(self._path)]

    def delete(self) -> None:
        """Delete the folder and all in it."""
        self._files.delete(self._path, True)
