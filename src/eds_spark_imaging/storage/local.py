"""Local and mounted file systems, with the fewest system calls."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from eds_spark_imaging.storage.entries import Entry, Folder, Problem
from eds_spark_imaging.storage.retry import Retrying
from eds_spark_imaging.storage.source import ByteSource, LocalFile
from eds_spark_imaging.storage.store import Store


class LocalStore(Store):
    """The file systems of this machine, network mounts included."""

    def locate(self, root: str) -> Entry | Folder:
        """What ``root`` is. Raises OSError."""
        status = os.stat(root)
        if not stat.S_ISDIR(status.st_mode):
            return _entry(root, status)
        os.scandir(root).close()  # a folder that can't be listed is no root
        return Folder(root.rstrip("/") or "/")

    def list_folder(self, folder: str, root: str) -> Iterator[Entry | Folder]:
        """The entries of one folder; see :class:`Store`. A link to a folder is a folder."""
        try:
            with os.scandir(folder) as listing:
                for item in listing:
                    try:
                        if not item.is_dir():
                            yield _entry(item.path, item.stat())
                        elif not (item.is_symlink() and _leads_back(item.path, root)):
                            yield Folder(item.path)
                    except OSError:
                        problem = Problem.BROKEN_LINK if item.is_symlink() else Problem.UNREADABLE_ENTRY
                        yield Entry(_printable(item.path) or item.path, None, None, problem)
        except OSError:
            yield Entry(_printable(folder) or folder, None, None, Problem.UNREADABLE_FOLDER)

    def open(self, path: str, size: int | None = None) -> ByteSource:
        """The file, opened at its first read; it tells its size itself."""
        return Retrying(LocalFile(path), self.retry)


def _printable(path: str) -> str | None:
    """The path with bytes that are no UTF-8 escaped, or None where it is printable as it is."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path).decode("utf-8", "backslashreplace")
    return None


def _entry(path: str, target: os.stat_result) -> Entry:
    escaped = _printable(path)
    if escaped is not None:
        return Entry(escaped, target.st_size, target.st_mtime_ns, Problem.UNDECODABLE_NAME)
    if not stat.S_ISREG(target.st_mode):
        return Entry(path, None, None, Problem.SPECIAL_FILE)
    return Entry(path, target.st_size, target.st_mtime_ns)


def _leads_back(link: str, root: str) -> bool:
    """True where a link leads to a folder on its own way from ``root``, to ``root`` or above: a loop."""
    target = os.stat(link)
    way = os.path.dirname(link)
    while way.startswith(root):
        if os.path.samestat(os.stat(way), target):
            return True
        if way == os.path.dirname(way):
            break
        way = os.path.dirname(way)
    above, top = os.path.realpath(link), os.path.realpath(root)
    return os.path.commonpath([above, top]) == above
