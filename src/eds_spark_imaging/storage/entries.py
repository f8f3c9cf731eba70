"""What a listing is made of: every entry of a folder is accounted for, none is opened. No Spark here."""

from __future__ import annotations

from typing import NamedTuple

from eds_spark_imaging.vocabulary import Word


class Problem(Word):
    """Why an entry can't be parsed, known without opening it."""

    UNREADABLE_FOLDER = "unreadable_folder", "a folder that cannot be listed; what is known below it stays"
    UNREADABLE_ENTRY = "unreadable_entry", "an entry whose size and time cannot be asked for"
    BROKEN_LINK = "broken_link", "a symbolic link that leads nowhere"
    LINK_NOT_FOLLOWED = "link_not_followed", "a symbolic link to a folder, behind two others out of the source"
    SPECIAL_FILE = "special_file", "not DICOM: a device, a pipe or a socket"
    UNDECODABLE_NAME = "undecodable_name", "a name that is no UTF-8"
    LOOKS_LIKE_MEMBER = "looks_like_member", "a name, as a.zip!b, that would pass for a member of an archive"


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
