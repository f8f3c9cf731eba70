"""Members of a tar archive, read from front to back by `tarfile`."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Iterator
from typing import IO, Final, cast

from eds_spark_imaging.dicom.archive.member import ArchiveError, Member, Names, is_unsafe
from eds_spark_imaging.dicom.archive.source import Budget, Buffered, Part, Stream
from eds_spark_imaging.dicom.reason import Rejection

MOST: Final = 1024 * 1024  # of one long name or set of pax records
GZIP: Final = b"\x1f\x8b"


def is_tar(start: bytes) -> bool:
    """True where ``start``, the first block, is a header with its checksum, or the end of an empty archive."""
    if len(start) == tarfile.BLOCKSIZE and not any(start):
        return True
    try:
        tarfile.TarInfo.frombuf(start, "utf-8", "replace")
    except tarfile.HeaderError:
        return False
    return True


def inflated(file: Buffered, budget: Budget) -> Buffered:
    """What a gzipped file inflates to."""
    return Buffered(Stream(gzip.GzipFile(fileobj=cast("IO[bytes]", file)), (budget,), None), MOST)


def tar_members(file: Buffered) -> Iterator[Member]:
    """The members in order. Raises ArchiveError, OSError."""
    names = Names()
    archive = _opened(file)
    while (info := _next(archive)) is not None:
        archive.members.clear()  # type: ignore[attr-defined]  # or it would keep them all
        if info.isdir():
            continue
        reason = _reason(info)
        content = None if reason else Part(file, info.offset_data, info.size)
        yield Member(names.unique(info.name), info.size, content, reason)
    # `tarfile` takes any damage after the first member for the end: there must be a block of zeros.
    end = file.read_at(archive.offset, tarfile.BLOCKSIZE)
    if len(end) < tarfile.BLOCKSIZE:
        raise ArchiveError(Rejection.TRUNCATED_ARCHIVE)
    if any(end):
        raise ArchiveError(Rejection.MALFORMED_ARCHIVE)


def _opened(file: Buffered) -> tarfile.TarFile:
    try:
        # The format of an archive decides by itself how its names are read; bytes that are no UTF-8 are kept.
        return tarfile.open(fileobj=cast("IO[bytes]", file), mode="r:", encoding="utf-8", errors="surrogateescape")
    except tarfile.TarError:
        raise ArchiveError(Rejection.MALFORMED_ARCHIVE) from None


def _next(archive: tarfile.TarFile) -> tarfile.TarInfo | None:
    try:
        return archive.next()
    except tarfile.ReadError:
        raise ArchiveError(Rejection.TRUNCATED_ARCHIVE) from None
    except tarfile.TarError:
        raise ArchiveError(Rejection.MALFORMED_ARCHIVE) from None


def _reason(info: tarfile.TarInfo) -> Rejection | None:
    if info.issym() or info.islnk():
        return Rejection.LINK_MEMBER
    if not info.isfile():
        return Rejection.SPECIAL_MEMBER
    if is_unsafe(info.name):
        return Rejection.UNSAFE_NAME
    return Rejection.UNSUPPORTED_MEMBER if info.issparse() else None
