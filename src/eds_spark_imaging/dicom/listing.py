"""What a listing is made of: every entry of a folder is accounted for, none is opened. No Spark here."""

from __future__ import annotations

from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from eds_spark_imaging.dicom.stores import Store


class Problem(StrEnum):
    """Why an entry can't be parsed, known without opening it."""

    UNREADABLE_FOLDER = "unreadable_folder"  # a folder that cannot be listed; what is known below it stays
    UNREADABLE_ENTRY = "unreadable_entry"  # an entry whose size and time cannot be asked for
    BROKEN_LINK = "broken_link"  # a symbolic link that leads nowhere
    SPECIAL_FILE = "special_file"  # not DICOM: a device, a pipe or a socket
    UNDECODABLE_NAME = "undecodable_name"  # a name that is no UTF-8
    LOOKS_LIKE_MEMBER = "looks_like_member"  # a name, as a.zip!b, that would pass for a member of an archive


class Entry(NamedTuple):
    """One entry of a listing that is no folder.

    ``path`` is as on disk, or the URI of an object with its key as it is, never quoted. ``modified`` is in
    nanoseconds since 1970; ``problem`` is a :class:`Problem` or None.
    """

    path: str
    size: int | None
    modified: int | None
    problem: str | None = None


class Folder(NamedTuple):
    """A folder met in a listing, in the form that its store lists: an object store's end with the slash."""

    path: str


def top_of(store: Store, root: str, wanted: int, limit: int) -> tuple[list[Entry], list[Folder]]:
    """Cut a tree into about ``wanted`` subtrees: the entries above them, and their roots.

    Looks at ``limit`` entries and folders at the most; a folder that holds more is left whole. A root that is not
    there, or cannot be read, is an entry with its problem.
    """
    try:
        found = store.locate(root)
    except OSError:
        return [Entry(root.rstrip("/") or root, None, None, Problem.UNREADABLE_FOLDER)], []
    if isinstance(found, Entry):
        return [found], []
    entries: list[Entry] = []
    level = [found]
    while level and len(level) < wanted:
        deeper: list[Folder] = []
        for position, folder in enumerate(level):
            listed = list(islice(store.list_folder(folder.path, found.path), limit + 1))
            if len(listed) > limit:
                return entries, deeper + level[position:]
            limit -= len(listed)
            entries += [e for e in listed if isinstance(e, Entry)]
            deeper += [f for f in listed if isinstance(f, Folder)]
        level = deeper
    return entries, level
