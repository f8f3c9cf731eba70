"""Folders of the lake through Hadoop's file systems, whatever the store is."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from eds_spark_imaging.errors import LakeError

_MODE = 0o640  # of files that are not for everyone
_PRIVATE = 0o700  # of folders for the owner alone


def local_folder(uri: str) -> Path | None:
    """The folder of a path or ``file:`` URI on this machine, None for any other store."""
    return Path(uri.removeprefix("file:")) if uri.startswith(("/", "file:")) else None


def file_system(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    """Hadoop's file system of a URI, and its path there. LakeError where Hadoop has none that it can use."""
    gateway: Any = spark.sparkContext._gateway
    path = gateway.jvm.org.apache.hadoop.fs.Path(uri)
    try:
        return path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()), path
    except Py4JJavaError as error:
        said = str(error.java_exception).splitlines()[0]
        raise LakeError(f"{uri}: Hadoop has no file system for it here: {said}") from None


def folder_states(spark: SparkSession, files: Iterable[str]) -> list[tuple[str, int, int]]:
    """Name, length and time of modification of all that lies in the folders of ``files``, URIs as Spark gives them."""
    gateway: Any = spark.sparkContext._gateway
    configuration = spark.sparkContext._jsc.hadoopConfiguration()
    found = []
    for folder in sorted({uri.rpartition("/")[0] for uri in files}):
        path = gateway.jvm.org.apache.hadoop.fs.Path(gateway.jvm.java.net.URI(folder))  # escaped, unlike a path
        for status in path.getFileSystem(configuration).listStatus(path):
            found.append((str(status.getPath()), int(status.getLen()), int(status.getModificationTime())))
    return sorted(found)


def are_there(spark: SparkSession, files: Iterable[str]) -> bool:
    """Whether all the files, URIs as Spark gives them, exist."""
    gateway: Any = spark.sparkContext._gateway
    configuration = spark.sparkContext._jsc.hadoopConfiguration()
    paths = (gateway.jvm.org.apache.hadoop.fs.Path(gateway.jvm.java.net.URI(uri)) for uri in files)
    return all(path.getFileSystem(configuration).exists(path) for path in paths)


class HadoopPath:
    """One folder or file: what is in it, its size, its deletion."""

    def __init__(self, spark: SparkSession, uri: str) -> None:
        self._spark = spark
        self.uri = uri
        self._files, self._path = file_system(spark, uri)

    def __truediv__(self, name: str) -> HadoopPath:
        return HadoopPath(self._spark, f"{self.uri}/{name}")

    @property
    def qualified(self) -> str:
        """The same for each way to write the place, with or without scheme."""
        return str(self._files.makeQualified(self._path).toString())

    def children(self) -> list[str]:
        """Names in the folder; none where it does not exist."""
        if not self._files.exists(self._path):
            return []
        return [status.getPath().getName() for status in self._files.listStatus(self._path)]

    def size(self) -> tuple[int, int]:
        """Number of files below the folder, and their bytes."""
        summary = self._files.getContentSummary(self._path)
        return int(summary.getFileCount()), int(summary.getLength())

    def delete(self) -> None:
        """Delete the folder and all in it."""
        self._files.delete(self._path, True)

    def make_private(self) -> None:
        """Make the folder one that only its owner may read; on a store without permissions it is just made."""
        here = local_folder(self.uri)
        if here is not None:
            here.mkdir(parents=True, exist_ok=True)
            if here.stat().st_uid == os.geteuid():
                here.chmod(_PRIVATE)
            return
        self._files.mkdirs(self._path)
        with suppress(Exception):  # not the owner, or a store that has none
            self._files.setPermission(self._path, self._permission(_PRIVATE))

    def _permission(self, mode: int) -> Any:
        gateway: Any = self._spark.sparkContext._gateway
        return gateway.jvm.org.apache.hadoop.fs.permission.FsPermission(f"{mode:o}")

    def content(self) -> bytes | None:
        """The bytes of a small file; None where it does not exist. Raises what the store does where it may not."""
        if not self._files.exists(self._path):
            return None
        stream = self._files.open(self._path)
        try:
            return bytes(stream.readAllBytes())
        finally:
            stream.close()

    def exists(self) -> bool:
        """True where it is there. Raises what the store does where that may not be known."""
        return bool(self._files.exists(self._path))

    def create_exclusively(self, content: bytes) -> None:
        """Make a file that is not there. Raises what the store does where it is, or may not be made."""
        stream = self._files.create(self._path, False)
        stream.write(bytearray(content))
        stream.close()

    def create_once(self, content: bytes) -> None:
        """Make the file, whole from the moment it is there and not readable by everyone; one that is there stays."""
        part = f"{self.uri}.{secrets.token_hex(4)}"
        here = local_folder(part)
        if here is not None:
            _create_local(here, Path(str(local_folder(self.uri))), content)
        elif not self._files.exists(self._path):
            _, path = file_system(self._spark, part)
            stream = self._files.create(path, False)
            stream.write(bytearray(content))
            stream.close()
            self._files.setPermission(path, self._permission(_MODE))
            self._files.rename(path, self._path)


def _create_local(part: Path, path: Path, content: bytes) -> None:
    """Without Hadoop, which would leave a file with the checksum beside it."""
    part.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "wb") as file:
        file.write(content)
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()
