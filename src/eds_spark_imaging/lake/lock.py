"""One writer for each lake: an operating-system lock on local folders, an exclusive marker file elsewhere."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.spark.hadoop import file_system, local_folder

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_NAME = "_lock"


class LakeInUseError(LakeError):
    """Another run holds the lake, or one that was killed left its mark: a later try may succeed."""


@contextmanager
def lake_lock(spark: SparkSession, root: str) -> Iterator[None]:
    """Hold the lake while the body runs. LakeError at once where another run holds it.

    On a local folder the lock ends with the process, however it ends. On HDFS or an object store it is a marker
    file, which a killed run leaves behind: the error says where it is.
    """
    local = local_folder(root)
    with _local(local) if local else _marker(spark, f"{root}/{_NAME}"):
        yield


@contextmanager
def _local(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise LakeError(f"the lake {folder} cannot be written: {error.strerror}") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 200).decode(errors="replace")
            raise LakeInUseError(f"the lake {folder} is in use by another run ({holder})") from None
        os.ftruncate(handle, 0)
        os.write(handle, _who().encode())
        yield
    finally:
        os.close(handle)


@contextmanager
def _marker(spark: SparkSession, uri: str) -> Iterator[None]:
    store, path = file_system(spark, uri)
    try:
        stream = store.create(path, False)
    except Exception:
        raise LakeInUseError(
            f"the lake is in use by another run, or one was killed: {uri} marks it; delete it then"
        ) from None
    try:
        stream.write(bytearray(_who().encode()))
        stream.close()
        yield
    finally:
        store.delete(path, False)


def _who() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"
