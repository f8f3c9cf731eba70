"""Members of a tar archive, read from front to back by `tarfile`, gzipped or not."""

from __future__ import annotations

import re
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from eds_spark_imaging.archives.fault import ArchiveFault
from eds_spark_imaging.archives.member import ArchiveError, Member, Names, is_unsafe
from eds_spark_imaging.archives.source import STEP, ArchiveFile, Buffered, Section, Stream, TooMuchError

MAX_EXTENDED: Final = 512 * 1024  # what tarfile may read for one header: long names and pax records, which come first
PADDING: Final = tarfile.RECORDSIZE + 2 * tarfile.BLOCKSIZE  # two blocks of zeros, then to the end of a record
MAX_MEMBERS: Final = 1_000_000  # whose digests take 70 MB
_PAX: Final = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
_RECORD = re.compile(rb"(\d{1,6}) [^=\n]{1,512}=")
_NO_SIZE = re.compile(rb"(?m)^\d{1,6} (size|GNU\.sparse\.(real)?size)=(?!\d+\n)")
_LONG_NUMBER = re.compile(rb"\d{64}")


class _Header(tarfile.TarInfo):
    """A header whose size and pax records are checked before `tarfile` acts on them.

    Over false records it takes time and memory to their square (CVE-2024-6232); a negative size leads it backwards, or,
    since that was mended (CVE-2025-8194), is taken for the end of the archive.
    """

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:  # tarfile's place for subclasses to begin
        file = archive.fileobj
        if self.size < 0:
            raise ArchiveError(ArchiveFault.MALFORMED_ARCHIVE)
        if self.type in _PAX and isinstance(file, ArchiveFile):
            position = file.tell()
            if not _sound(file.read(self.size)[: self.size]):
                raise ArchiveError(ArchiveFault.MALFORMED_ARCHIVE)
            file.seek(position)
        return super()._proc_member(archive)  # type: ignore[misc, no-any-return]


def _sound(records: bytes) -> bool:
    """True for records ``length keyword=value\\n``, one after the other."""
    position = 0
    while match := _RECORD.match(records, position):
        end = position + int(match[1])
        if not match.end() < end or records[end - 1 : end] != b"\n":
            return False
        position = end
    return not any(records[position:]) and not _LONG_NUMBER.search(records) and not _NO_SIZE.search(records)


def is_tar(start: bytes) -> bool:
    """True where ``start``, the first block, is a header by its sum or its signature, or ends an empty archive."""
    if start[257:262] == b"ustar" or (len(start) == tarfile.BLOCKSIZE and not any(start)):
        return True
    try:
        tarfile.TarInfo.frombuf(start, "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


def tar_members(source: Buffered | Stream) -> Iterator[Member]:
    """The members in order. Raises ArchiveError, OSError."""
    names, offset = Names(), 0
    file = ArchiveFile(source, MAX_EXTENDED)
    with _understood(file, source):
        archive = tarfile.TarFile(fileobj=file, tarinfo=_Header, encoding="utf-8", errors="surrogateescape")
    while True:
        with _understood(file, source):
            info = archive.next()
        if info is None:
            break
        if info.size < 0 or archive.offset <= offset:  # it would go round for ever
            raise ArchiveError(ArchiveFault.MALFORMED_ARCHIVE)
        offset = archive.offset
        file.left = MAX_EXTENDED
        # tarfile would keep all members, and give to each the records that stand for all: comments, mostly.
        archive.members.clear()  # type: ignore[attr-defined]
        archive.pax_headers = {}
        if info.isdir():
            continue
        if names.count == MAX_MEMBERS:
            raise ArchiveError(ArchiveFault.ARCHIVE_TOO_LARGE)
        reason = _reason(info)
        content = None if reason else Section(source, info.offset_data, info.size)
        yield Member(names.unique(info.name), info.size, content, reason)
    _check_end(source, offset)  # not archive.offset: tarfile may have gone over what it did not understand


def _check_end(source: Buffered | Stream, offset: int) -> None:
    """Raise ArchiveError unless there are zeros from ``offset`` on, as far as archives are padded; a block at least.

    tarfile takes a damaged header for the end, and does not see an archive that was joined to the first. What is
    gzipped is read to its end, where its sum is.
    """
    last = sys.maxsize if isinstance(source, Stream) else offset + PADDING
    length = 0
    while data := source.read_at(offset + length, min(STEP, last - offset - length)):
        length += len(data)
        if data.strip(b"\0"):
            raise ArchiveError(_why(source, cut=length < tarfile.BLOCKSIZE))
    if length < tarfile.BLOCKSIZE or source.fault is not None:
        raise ArchiveError(_why(source, cut=True))


@contextmanager
def _understood(file: ArchiveFile, source: Buffered | Stream) -> Iterator[None]:
    """Whatever tarfile may raise on hostile bytes as an ArchiveError."""
    try:
        yield
    except ArchiveError:
        raise
    except TooMuchError:
        raise ArchiveError(ArchiveFault.MALFORMED_ARCHIVE) from None
    except Exception:
        raise ArchiveError(_why(source, cut=file.short)) from None


def _why(source: Buffered | Stream, *, cut: bool) -> ArchiveFault:
    return source.fault or (ArchiveFault.TRUNCATED_ARCHIVE if cut else ArchiveFault.MALFORMED_ARCHIVE)


def _reason(info: tarfile.TarInfo) -> ArchiveFault | None:
    if info.issym() or info.islnk():
        return ArchiveFault.LINK_MEMBER
    if info.isdev():
        return ArchiveFault.SPECIAL_MEMBER
    if is_unsafe(info.name):
        return ArchiveFault.UNSAFE_NAME
    return ArchiveFault.UNSUPPORTED_MEMBER if info.issparse() else None
