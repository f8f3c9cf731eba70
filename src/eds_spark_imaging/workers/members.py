"""The headers of all members of an archive, in one pass over it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from eds_spark_imaging.archives.fault import ArchiveFault
from eds_spark_imaging.archives.member import (
    SEPARATOR,
    TAR_SUFFIXES,
    ArchiveError,
    Member,
    has_archive_name,
    single_member,
)
from eds_spark_imaging.archives.source import STEP, ArchiveFile, Budget, Buffered, Stream
from eds_spark_imaging.archives.tar import is_tar, tar_members
from eds_spark_imaging.archives.zip import SIGNATURES, end_record, zip_members
from eds_spark_imaging.dicom.parser.syntax import has_magic
from eds_spark_imaging.dicom.reason import Rejection
from eds_spark_imaging.dicom.result import Header, HeaderStatus
from eds_spark_imaging.storage.source import ByteSource

if TYPE_CHECKING:
    from eds_spark_imaging.dicom.header import HeaderReader

_GZIP: Final = b"\x1f\x8b"
_GZIP_BLOCK: Final = 1024 * 1024  # the whole of it will be read
_START: Final = 512  # bytes that tell what a file is
_NOTHING_TO_READ: Final = (ArchiveFault.ARCHIVE, ArchiveFault.LINK_MEMBER, ArchiveFault.SPECIAL_MEMBER)
_MAX_SIZE: Final = 2**63 - 1  # of the column; a hostile archive tells more


class Container(Enum):
    """What begins a file."""

    ZIP = auto()
    TAR = auto()
    GZIP = auto()


class ArchiveRow(NamedTuple):
    """A member, or the archive itself, by the path that names it. ``archive``: of a member, the archive's path."""

    path: str
    size: int | None
    header: Header
    archive: str | None


def read_archive(
    reader: HeaderReader, source: ByteSource, path: str, *, part: int = 0, parts: int = 1
) -> Iterator[ArchiveRow]:
    """Every member of the archive, then the archive itself; then the source is closed. Never raises on content.

    The archive's own row is ``not_dicom``, ``archive`` where it was read to its end. A zip can be read in ``parts``:
    each gives its share of the members, under the same names, and a row for the archive. Of any other archive the
    first part gives all. A file that only has an archive's name is read as any other file, by the first part.
    ``bytes_read`` of all rows sums to what was read from the source.
    """
    counted = 0
    try:
        file = Buffered(source)
        for found in _found(reader, file, path, part, parts):
            found.header.bytes_read, counted = file.bytes_read - counted, file.bytes_read
            yield found
    except OSError:  # there is not even a size
        yield ArchiveRow(path, None, _rejected(Rejection.IO_ERROR), None)
    finally:
        with suppress(OSError):
            source.close()


def _found(reader: HeaderReader, file: Buffered, path: str, part: int, parts: int) -> Iterator[ArchiveRow]:
    reason: ArchiveFault | Rejection = ArchiveFault.ARCHIVE
    try:
        kind = _kind_of_file(file)
        if part and kind is not Container.ZIP:
            return  # only a zip tells where its members are
        if kind is None:
            yield ArchiveRow(path, file.size, reader.read(file), None)
            return
        for member in _members(kind, file, path, part, parts):
            size = None if member.size is None or member.size > _MAX_SIZE else member.size
            yield ArchiveRow(f"{path}{SEPARATOR}{member.name}", size, _header(reader, member), path)
            if file.failed:
                break
    except ArchiveError as error:
        reason = error.reason
    except Exception:  # the others of the task are read
        reason = Rejection.INTERNAL_ERROR
    yield ArchiveRow(path, file.size, _rejected(Rejection.IO_ERROR if file.failed else reason), None)


def _kind_of_file(file: Buffered) -> Container | None:
    start = file.read_at(0, _START)
    kind = _kind(start)
    if kind is None and not has_magic(start) and end_record(file) is not None:  # with something else before the archive
        return Container.ZIP
    return kind


def _kind(start: bytes) -> Container | None:
    """What a file that has an archive's name is by its first bytes."""
    if has_magic(start):
        return None
    if start.startswith(SIGNATURES):
        return Container.ZIP
    if start.startswith(_GZIP):
        return Container.GZIP
    return Container.TAR if is_tar(start) else None


def _members(kind: Container, file: Buffered, path: str, part: int, parts: int) -> Iterator[Member]:
    if kind is Container.ZIP:
        return zip_members(file, part, parts)
    if kind is Container.TAR:
        return tar_members(file)
    file.block = max(file.block, _GZIP_BLOCK)
    inflating = gzip.GzipFile(fileobj=ArchiveFile(file))
    content = Stream(inflating, None, (Budget(file.size or 0),), least=STEP)
    if path.lower().endswith(TAR_SUFFIXES) or is_tar(content.read_at(0, _START)):
        return tar_members(content)
    return iter([single_member(path, content)])


def _header(reader: HeaderReader, member: Member) -> Header:
    content = member.content
    if content is None:
        return _rejected(member.reason)
    try:
        if has_archive_name(member.name) and _kind(content.read_at(0, _START)):
            return _rejected(ArchiveFault.NESTED_ARCHIVE)
    except OSError:
        return _rejected(Rejection.IO_ERROR)
    header = reader.read(content)
    # What ended early may end between two elements; but after Pixel Data nothing is missed.
    if content.fault is not None and not header.has_pixel_data:
        header.status, header.reason = HeaderStatus.QUARANTINED, content.fault
    return header


def _rejected(reason: ArchiveFault | Rejection | None) -> Header:
    return Header(HeaderStatus.NOT_DICOM if reason in _NOTHING_TO_READ else HeaderStatus.QUARANTINED, reason)
