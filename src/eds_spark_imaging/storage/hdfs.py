"""HDFS by its own protocol, without Java: the name node and the data nodes are asked directly.

The cluster is described by the files of ``HADOOP_CONF_DIR``, the user by ``HADOOP_USER_NAME`` or a Kerberos ticket.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from hdfs_native import Client, FileReader, FileStatus

from eds_spark_imaging.storage.entries import Entry, Folder, Problem
from eds_spark_imaging.storage.failures import attempt
from eds_spark_imaging.storage.retry import Retrying
from eds_spark_imaging.storage.source import ByteSource
from eds_spark_imaging.storage.store import Store
from eds_spark_imaging.storage.uri import split

# A name node that does not answer is given up in seconds, not in the package's three minutes: Retry comes back.
_SETTINGS: Final = {"dfs.client.failover.max.attempts": "3"}


class HdfsStore(Store):
    """One cluster; ``hdfs:///folder`` is of the default one."""

    concurrency: ClassVar[int] = 48  # a read is two answers: of the name node, and of a data node that is connected to

    def __init__(self, place: str) -> None:
        super().__init__(place)
        authority = split(place).authority
        cluster = f"hdfs://{authority}" if authority else None
        self._client: Client = attempt("HDFS", lambda: Client(cluster, dict(_SETTINGS)))

    def locate(self, root: str) -> Entry | Folder:
        """What ``root`` is. Raises OSError."""
        path = split(root).path.rstrip("/") or "/"
        found = self._found(attempt("HDFS", lambda: self._client.get_file_info(path)))
        if isinstance(found, Folder):  # one that can't be listed is no root
            attempt("HDFS", lambda: next(iter(self._client.list_status(path)), None))
        return found

    def list_folder(self, folder: str, root: str) -> Iterator[Entry | Folder]:
        """The entries of one folder, as the name node hands them out; see :class:`Store`."""
        path = split(folder).path
        try:
            listing = self.retry(lambda: attempt("HDFS", lambda: iter(self._client.list_status(path))))
            while (status := attempt("HDFS", lambda: next(listing, None))) is not None:
                yield self._found(status)
        except OSError:
            yield Entry(folder.rstrip("/"), None, None, Problem.UNREADABLE_FOLDER)

    def open(self, path: str, size: int | None = None) -> ByteSource:
        """The file at ``path``."""
        return Retrying(_HdfsFile(self._client, split(path).path, size), self.retry)

    def _found(self, status: FileStatus) -> Entry | Folder:
        path = f"{self.place}{status.path}"
        return Folder(path) if status.isdir else Entry(path, status.length, status.modification_time * 1_000_000)


class _HdfsFile:
    """One file; its blocks are asked for at the first read."""

    __slots__ = ("_client", "_path", "_reader", "_size")

    def __init__(self, client: Client, path: str, size: int | None) -> None:
        self._client = client
        self._path = path
        self._reader: FileReader | None = None
        self._size = size

    def _open(self) -> FileReader:
        if self._reader is None:
            self._reader = attempt("HDFS", lambda: self._client.read(self._path))
        return self._reader

    @property
    def size(self) -> int | None:
        return len(self._open()) if self._size is None else self._size

    def read_at(self, offset: int, length: int) -> bytes:
        if self._size is not None and offset >= self._size:
            return b""
        reader = self._open()
        length = min(length, len(reader) - offset)
        return attempt("HDFS", lambda: bytes(reader.read_range(offset, length))) if length > 0 else b""

    def close(self) -> None:
        self._reader = None
