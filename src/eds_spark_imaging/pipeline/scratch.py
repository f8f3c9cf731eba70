"""Frames that a job uses several times, written out and read back."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from pyspark.sql import DataFrame

from eds_spark_imaging.context import Context
from eds_spark_imaging.hadoop import Store


class Scratch:
    """A folder of the lake for one job, empty at its start and deleted at its end.

    A cached frame would keep the plan behind it, which Spark compares and plans anew in every query that uses it:
    with the hundreds of expressions of the patient link that takes longer than small data do.
    """

    def __init__(self, context: Context, job: str) -> None:
        self._spark = context.spark
        self._folder = Store(context.spark, f"{context.lake.root}/_scratch/{job}")

    def __enter__(self) -> Self:
        self._folder.delete()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.delete()

    def keep(self, name: str, frame: DataFrame) -> DataFrame:
        """The rows of ``frame``, computed once."""
        place = f"{self._folder.uri}/{name}"
        frame.write.mode("overwrite").parquet(place)
        return self._spark.read.schema(frame.schema).parquet(place)
