"""The mark of a lake that is on its way back to a release, which takes several commits: half of them are no lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.spark.hadoop import HadoopPath

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_MARK = "_restoring"


def begin_restore(spark: SparkSession, root: str, release: str) -> None:
    """From here on nothing else writes."""
    end_restore(spark, root)
    _mark(spark, root).create_once(release.encode())


def end_restore(spark: SparkSession, root: str) -> None:
    """The lake is whole."""
    _mark(spark, root).delete()


def check_whole(spark: SparkSession, root: str) -> None:
    """LakeError where a restore has begun and was not finished."""
    content = _mark(spark, root).content()
    if content is not None:
        name = content.decode(errors="replace")
        raise LakeError(
            f"a restore was interrupted: run `eds-imaging restore {name}` again, to its end, or that of another release"
        )


def _mark(spark: SparkSession, root: str) -> HadoopPath:
    return HadoopPath(spark, f"{root}/{_MARK}")
