"""Every other scheme that fsspec knows, by the package that serves it there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, ClassVar

import fsspec

from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.storage.entries import Entry, Folder, Problem
from eds_spark_imaging.storage.failures import attempt
from eds_spark_imaging.storage.retry import Retrying
from eds_spark_imaging.storage.source import ByteSource
from eds_spark_imaging.storage.store import Store
from eds_spark_imaging.storage.uri import split

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_TIMES = ("mtime", "modified", "last_modified", "LastModified", "updated", "created")  # as file systems call it


class FsspecStore(Store):
    """One file system of fsspec; its options come from the environment and fsspec's own configuration files."""

    concurrency: ClassVar[int] = 32

    def __init__(self, place: str) -> None:
        super().__init__(place)
        scheme = split(place).scheme
        if scheme not in fsspec.available_protocols():
            raise ConfigError(f"{scheme}:// is not a scheme that can be read")
        probe = f"{place}/x"
        self._fs: Any
        self._fs, name = attempt(scheme, lambda: fsspec.url_to_fs(probe, use_listings_cache=False))
        # What fsspec calls a file, after what it leaves away of the URI: the scheme, or the host as well.
        self._prefix = probe.removesuffix(name) if probe.endswith(name) else f"{scheme}://"

    def locate(self, root: str) -> Entry | Folder:
        """What ``root`` is. Raises OSError."""
        name = self._name(root.rstrip("/") if split(root).path.strip("/") else root)
        return self._found(self.retry(lambda: attempt("store", lambda: self._fs.info(name))))

    def list_folder(self, folder: str, root: str) -> Iterator[Entry | Folder]:
        """The entries of one folder; see :class:`Store`."""
        name = self._name(folder)
        try:
            listing = self.retry(lambda: attempt("store", lambda: self._fs.ls(name, detail=True)))
        except OSError:
            yield Entry(folder.rstrip("/"), None, None, Problem.UNREADABLE_FOLDER)
            return
        for info in listing:
            if info["name"].rstrip("/") != name.rstrip("/"):  # some list the folder itself
                yield self._found(info)

    def open(self, path: str, size: int | None = None) -> ByteSource:
        """The file at ``path``."""
        return Retrying(_FsspecFile(self._fs, self._name(path), size), self.retry)

    def _name(self, path: str) -> str:
        return path.removeprefix(self._prefix)

    def _found(self, info: dict[str, Any]) -> Entry | Folder:
        path = f"{self._prefix}{info['name']}"
        if info.get("type") == "directory":
            return Folder(path)
        found = next((info[key] for key in _TIMES if info.get(key) is not None), None)
        return Entry(path, info.get("size"), nanoseconds(found))


def nanoseconds(moment: Any) -> int | None:
    """A time of a file, as file systems give it, in nanoseconds since 1970; times without a zone are UTC."""
    if isinstance(moment, str):
        try:
            moment = dt.datetime.fromisoformat(moment)
        except ValueError:
            return None
    if isinstance(moment, dt.datetime):
        since: dt.timedelta = (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)) - _EPOCH
        return since // dt.timedelta(microseconds=1) * 1000
    return round(moment * 1_000_000_000) if isinstance(moment, int | float) else None


class _FsspecFile:
    """One file, read by ranges."""

    __slots__ = ("_fs", "_name", "_size")

    def __init__(self, fs: Any, name: str, size: int | None) -> None:
        self._fs = fs
        self._name = name
        self._size = size

    @property
    def size(self) -> int | None:
        if self._size is None:
            found = attempt("store", lambda: self._fs.size(self._name))
            self._size = None if found is None else int(found)
        return self._size

    def read_at(self, offset: int, length: int) -> bytes:
        size = self.size  # a range beyond the end is an error in some stores
        end = offset + length if size is None else min(offset + length, size)
        if end <= offset:
            return b""
        return bytes(attempt("store", lambda: self._fs.cat_file(self._name, start=offset, end=end)))

    def close(self) -> None:
        """Nothing to release."""
