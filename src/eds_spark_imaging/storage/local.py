"""Local and mounted file systems, with the fewest system calls."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from typing import Final

from eds_spark_imaging.storage.entries import Entry, Folder, Problem
from eds_spark_imaging.storage.retry import Retrying
from eds_spark_imaging.storage.source import ByteSource, LocalFile
from eds_spark_imaging.storage.store import Store

MAX_LINKS: Final = 2  # out of the source, one behind the other: folders that link to each other are not listed for ever
_ESCAPED_NAME: Final = re.compile(rb"(?<=/\./)[^/]+")
_ESCAPED_BYTE: Final = re.compile(rb"\\x([0-9a-f]{2})")


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
                        elif not item.is_symlink():
                            yield Folder(item.path)
                        elif (before := _links_before(item.path, root)) is not None:
                            yield Folder(item.path) if before < MAX_LINKS else _not_followed(item.path)
                    except OSError:
                        problem = Problem.BROKEN_LINK if item.is_symlink() else Problem.UNREADABLE_ENTRY
                        yield Entry(_printable(item.path) or item.path, None, None, problem)
        except OSError:
            yield Entry(_printable(folder) or folder, None, None, Problem.UNREADABLE_FOLDER)

    def open(self, path: str, size: int | None = None) -> ByteSource:
        """The file, opened at its first read; it tells its size itself."""
        return Retrying(LocalFile(_on_disk(path)), self.retry)


def _printable(path: str) -> str | None:
    """The path with names that are no UTF-8 escaped, or None where it is printable as it is."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return "/".join(map(_escaped, path.split("/")))
    return None


def _escaped(name: str) -> str:
    """A name that is no UTF-8 stands behind ``./``, which no listing gives, so that no other name looks like it."""
    raw = os.fsencode(name)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "./" + raw.replace(b"\\", rb"\x5c").decode("utf-8", "backslashreplace")


def _on_disk(path: str) -> str:
    """The path that was made printable."""
    return os.fsdecode(_ESCAPED_NAME.sub(lambda name: _ESCAPED_BYTE.sub(_byte, name[0]), os.fsencode(path)))


def _byte(escaped: re.Match[bytes]) -> bytes:
    return bytes.fromhex(escaped[1].decode())


def _entry(path: str, target: os.stat_result) -> Entry:
    escaped = _printable(path)
    if escaped is not None:
        return Entry(escaped, target.st_size, target.st_mtime_ns, Problem.UNDECODABLE_NAME)
    if not stat.S_ISREG(target.st_mode):
        return Entry(path, None, None, Problem.SPECIAL_FILE)
    return Entry(path, target.st_size, target.st_mtime_ns)


def _not_followed(link: str) -> Entry:
    return Entry(_printable(link) or link, None, None, Problem.LINK_NOT_FOLLOWED)


def _links_before(link: str, root: str) -> int | None:
    """How many links to folders out of the source stand on the way to this one; None where it leads to what is listed
    anyway, or above it.

    Nothing else is asked for, since parts of one tree are listed by different tasks.
    """
    target, top = os.path.realpath(link), os.path.realpath(root)
    listed = [top]  # that lie on the way
    way = os.path.dirname(link)
    while len(way) > len(root):
        if os.path.islink(way):
            listed.append(os.path.realpath(way))
        way = os.path.dirname(way)
    if _is_in(top, target) or any(_is_in(target, place) for place in listed):
        return None
    return len(listed) - 1


def _is_in(path: str, folder: str) -> bool:
    return os.path.commonpath([path, folder]) == folder
