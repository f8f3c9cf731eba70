"""Members of archives: what one is, and how it is named in ``path``."""

from __future__ import annotations

import hashlib
import re
from typing import Final, NamedTuple

from eds_spark_imaging.dicom.reason import Rejection
from eds_spark_imaging.dicom.storage import ByteSource

SUFFIXES: Final = (".zip", ".tar", ".tar.gz", ".tgz")
SEPARATOR: Final = "!"
_LOOKS_LIKE_MEMBER = re.compile(rf"({'|'.join(map(re.escape, SUFFIXES))}){SEPARATOR}", re.IGNORECASE)
_UNSAFE = re.compile(r"^([\\/]|[A-Za-z]:)|(^|[\\/])\.\.([\\/]|$)")


class ArchiveError(OSError):
    """An archive, or the rest of a member, cannot be read: ``reason`` says why."""

    def __init__(self, reason: Rejection) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Member(NamedTuple):
    """A member that is no folder. ``content`` is to be read before the next member; None where ``reason`` says why."""

    name: str
    size: int
    content: ByteSource | None
    reason: Rejection | None = None


def has_archive_name(path: str) -> bool:
    """True where the end of the name is that of an archive that can be read in place."""
    return path.lower().endswith(SUFFIXES)


def is_unsafe(name: str) -> bool:
    """True for names that are absolute or lead upwards, in the manner of any system."""
    return _UNSAFE.search(name) is not None


class Names:
    """Names of one archive's members, made unique: where ``a`` has been before, the 17th member is ``a#17``.

    Signs that no text holds are escaped, and so is each ``!`` that would pass for the end of an archive's name. So a
    ``!`` after such a name always leads into an archive.
    """

    def __init__(self) -> None:
        self._seen: set[bytes] = set()  # digests: an archive may have a million long names
        self._count = 0

    def unique(self, name: str) -> str:
        """The name of the next member."""
        self._count += 1
        name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        name = _LOOKS_LIKE_MEMBER.sub(r"\1\\x21", name) or "\\x00"
        while (digest := hashlib.blake2b(name.encode(), digest_size=10).digest()) in self._seen:
            name = f"{name}#{self._count}"
        self._seen.add(digest)
        return name
