"""Frames that are used several times, written out and read back."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from pyspark.sql import Column, DataFrame, Observation, SparkSession

from eds_spark_imaging.spark.hadoop import HadoopPath


class Scratch:
    """A folder of the lake for one purpose, empty at its start and deleted at its end; without one the memory of Spark.

    Memory is for little data in local mode: writing files, listing and opening them takes longer than the rows do.
    A cached frame would keep the plan behind it, which Spark compares and plans anew in every query that uses it: with
    the hundreds of expressions of the patient link that takes longer than small data do. And it would be computed anew
    whenever a table behind it is written.
    """

    def __init__(self, spark: SparkSession, folder: str | None) -> None:
        self._spark = spark
        self._folder = HadoopPath(spark, folder) if folder else None

    def __enter__(self) -> Self:
        self._clear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def _clear(self) -> None:
        if self._folder:
            self._folder.delete()

    def keep(self, name: str, frame: DataFrame) -> DataFrame:
        """The rows of ``frame``, computed once."""
        if self._folder is None:
            return frame.localCheckpoint()
        place = f"{self._folder.uri}/{name}"
        frame.write.mode("overwrite").parquet(place)
        return self._spark.read.schema(frame.schema).parquet(place)

    def keep_counted(self, name: str, frame: DataFrame, **counts: Column) -> tuple[DataFrame, dict[str, int]]:
        """The same with aggregates of its rows, such as ``F.count_if(...)``, found on the way."""
        observed = Observation()
        kept = self.keep(name, frame.observe(observed, *[count.alias(key) for key, count in counts.items()]))
        return kept, {key: int(observed.get[key]) for key in counts}
