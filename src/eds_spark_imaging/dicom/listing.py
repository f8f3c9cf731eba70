"""Listing of a local or mounted folder: every entry is accounted for, none is opened. No Spark here."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class Problem(StrEnum):
    """Why an entry can't be parsed, known without opening it."""

    UNREADABLE_FOLDER = "unreadable_folder"
    UNREADABLE_ENTRY = "unreadable_entry"
    BROKEN_LINK = "broken_link"
    SPECIAL_FILE = "special_file"
    UNDECODABLE_NAME = "undecodable_name"


class Entry(NamedTuple):
    """One entry of a listing. ``modified`` is in nanoseconds; ``problem`` is a :class:`Problem` or None."""

    path: str
    size: int | None
    modified: int | None
    problem: str | None = None


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


def list_folder(folder: str) -> tuple[list[Entry], list[str]]:
    """The entries of one folder that are not folders, and the folders in it (links to folders included).

    A folder that can't be listed is itself an entry with its problem.
    """
    entries: list[Entry] = []
    folders: list[str] = []
    try:
        with os.scandir(folder) as listing:
            for item in listing:
                try:
                    if item.is_dir():
                        folders.append(item.path)
                    else:
                        entries.append(_entry(item.path, item.stat()))
                except OSError:
                    problem = Problem.BROKEN_LINK if item.is_symlink() else Problem.UNREADABLE_ENTRY
                    entries.append(Entry(_printable(item.path) or item.path, None, None, problem))
    except OSError:
        entries.append(Entry(_printable(folder) or folder, None, None, Problem.UNREADABLE_FOLDER))
    return entries, folders


def _identity(folder: str) -> tuple[int, int]:
    try:
        status = os.stat(folder)
    except OSError:
        return (0, 0)
    return status.st_dev, status.st_ino


def walk(root: str) -> Iterator[Entry]:
    """Every entry below ``root``. A link to a folder is followed unless it leads back to one on its own way."""
    pending: list[tuple[str, frozenset[tuple[int, int]]]] = [(root, frozenset())]
    while pending:
        folder, above = pending.pop()
        entries, folders = list_folder(folder)
        yield from entries
        if not folders:
            continue
        way = above | {_identity(folder)}
        for below in folders:
            if os.path.islink(below) and (_identity(below) in way or _is_above(below, root)):
                continue
            pending.append((below, way))


def _is_above(link: str, root: str) -> bool:
    """True where a link leads to ``root`` or a folder above it, which would list everything again."""
    target = os.path.realpath(link)
    return os.path.commonpath([target, os.path.realpath(root)]) == target


def spread(root: str, wanted: int, limit: int = 20_000) -> tuple[list[Entry], list[str]]:
    """Cut a tree into about ``wanted`` subtrees, from the top: entries met on the way, and the roots of the subtrees.

    Lists at most ``limit`` entries in the calling process, the rest is for :func:`walk` elsewhere.
    """
    entries: list[Entry] = []
    folders = [root]
    while folders and len(folders) < wanted and len(entries) < limit:
        level, folders = folders, []
        for position, folder in enumerate(level):
            found, below = list_folder(folder)
            entries += found
            folders += [b for b in below if not (os.path.islink(b) and _is_above(b, root))]
            if len(entries) >= limit:
                return entries, folders + level[position + 1 :]
    return entries, folders
