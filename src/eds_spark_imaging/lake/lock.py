"""One writer for each lake: an operating-system lock on local folders, an exclusive marker file elsewhere."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.lake.holder import Holder, is_over
from eds_spark_imaging.spark.hadoop import HadoopPath, local_folder

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_NAME = "_lock"


class LakeInUseError(LakeError):
    """Another run holds the lake, or one that was killed left its mark: a later try may succeed."""


@contextmanager
def lake_lock(spark: SparkSession, root: str) -> Iterator[None]:
    """Hold the lake while the body runs. LakeInUseError at once where another run holds it, LakeError without access.

    On a local folder the lock ends with the process, however it ends. On HDFS or an object store it is a marker
    file, which a killed run leaves behind: where it can be known that its application is over, it is taken away.
    """
    holder, local = Holder.here(spark.sparkContext.applicationId), local_folder(root)
    with _local(local, holder) if local else _marker(spark, f"{root}/{_NAME}", holder):
        yield


@contextmanager
def _local(folder: Path, holder: Holder) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise LakeError(f"the lake {folder} cannot be written: {error.strerror}") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            there = Holder.read(os.read(handle, 1000))
            raise LakeInUseError(f"the lake {folder} is in use by another run{_by(there)}") from None
        os.ftruncate(handle, 0)
        os.write(handle, holder.content)
        yield
    finally:
        os.close(handle)


@contextmanager
def _marker(spark: SparkSession, uri: str, holder: Holder) -> Iterator[None]:
    marker = HadoopPath(spark, uri)
    if not _made(marker, holder):
        there = Holder.read(marker.content() or b"")
        if there and is_over(spark, there):
            _take_away(marker, HadoopPath(spark, f"{uri}.{there.token}"), holder, there)
        if not _made(marker, holder):
            raise LakeInUseError(
                f"the lake is in use by another run{_by(there)}; if that one was killed, delete its mark {uri}"
            )
    try:
        yield
    finally:
        with suppress(Exception):  # the job's own error counts
            if marker.content() == holder.content:  # not that of another run, whoever took ours away
                marker.delete()


def _made(marker: HadoopPath, holder: Holder) -> bool:
    """True where the marker is ours now, False where there is one. LakeError where neither can be."""
    try:
        marker.create_exclusively(holder.content)
    except Exception as error:
        if _is_there(marker):
            return False
        reason = str(error).splitlines()[0][:200] if not hasattr(error, "java_exception") else _java_reason(error)
        raise LakeError(f"the lake cannot be written: {marker.uri}: {reason}") from None
    return True


def _is_there(marker: HadoopPath) -> bool:
    try:
        return marker.exists()
    except Exception:  # without access nothing is known of it
        return False


def _java_reason(error: Exception) -> str:
    return str(getattr(error, "java_exception").getClass().getSimpleName())  # noqa: B009


def _take_away(marker: HadoopPath, right: HadoopPath, holder: Holder, there: Holder) -> None:
    """Delete the marker of a run that is over; of several that see it, the one that gets the ``right`` to."""
    if _made(right, holder):
        if marker.content() == there.content:  # nobody has done it since, and begun
            marker.delete()
        right.delete()


def _by(holder: Holder | None) -> str:
    return f" ({holder.text})" if holder else ""
