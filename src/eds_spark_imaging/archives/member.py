"""Members of archives: what one is, and how it is named in ``path``."""

from __future__ import annotations

import hashlib
import re
from typing import Final, NamedTuple

from eds_spark_imaging.archives.fault import ArchiveFault
from eds_spark_imaging.archives.source import Section, Stream

TAR_SUFFIXES: Final = (".tar", ".tar.gz", ".tgz")
GZIP: Final = ".gz"  # of one file, unless there is a tar in it
SUFFIXES: Final = (".zip", *TAR_SUFFIXES, GZIP)
SEPARATOR: Final = "!"
MAX_NAME: Final = 4096  # the longest path of common systems; a longer name is cut
LOOKS_LIKE_MEMBER: Final = rf"(?i)({'|'.join(map(re.escape, SUFFIXES))}){SEPARATOR}"  # for Java too
_UNSAFE = re.compile(r"\0|^([\\/]|[A-Za-z]:)|(^|[\\/])\.\.([\\/]|$)")


class ArchiveError(Exception):
    """The rest of an archive cannot be read: ``reason`` says why."""

    def __init__(self, reason: ArchiveFault) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Member(NamedTuple):
    """A member that is no folder. ``content`` is to be read before the next member; None where ``reason`` says why."""

    name: str
    size: int | None
    content: Section | Stream | None
    reason: ArchiveFault | None = None


def has_archive_name(path: str) -> bool:
    """True where the end of the name is that of an archive that can be read in place."""
    return path.lower().endswith(SUFFIXES)


def single_member(path: str, content: Stream) -> Member:
    """The one file that was packed by gzip alone: its name is the archive's without the suffix."""
    name = path.rpartition("/")[2]
    return Member(Names().unique(name[: -len(GZIP)]), None, content)


def is_unsafe(name: str) -> bool:
    """True for names that no system takes, that are absolute or that lead upwards, in the manner of any system."""
    return len(name) > MAX_NAME or _UNSAFE.search(name) is not None


class Names:
    """Names of one archive's members, made unique: where ``a`` has been before, the 17th member is ``a#17``.

    Bytes that no text holds are escaped, and so is each ``!`` that would pass for the end of an archive's name: a
    ``!`` after such a name always leads into an archive.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()  # digests: an archive may have a million long names
        self.count = 0

    def unique(self, name: str) -> str:
        """The name of the next member."""
        self.count += 1
        name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")[:MAX_NAME]
        name = re.sub(LOOKS_LIKE_MEMBER, r"\1\\x21", name) or f"#{self.count}"
        while (digest := _digest(name)) in self._seen:
            name = f"{name}#{self.count}"
        self._seen.add(digest)
        return name


def _digest(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=7).digest())
