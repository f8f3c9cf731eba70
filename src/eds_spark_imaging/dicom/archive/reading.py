"""The headers of all members of an archive, in one pass over it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from eds_spark_imaging.dicom.archive.member import SEPARATOR, ArchiveError, Member, has_archive_name
from eds_spark_imaging.dicom.archive.source import Budget, Buffered
from eds_spark_imaging.dicom.archive.tar import GZIP, inflated, is_tar, tar_members
from eds_spark_imaging.dicom.archive.zip import SIGNATURES, zip_members
from eds_spark_imaging.dicom.reason import Rejection
from eds_spark_imaging.dicom.result import Header, Status
from eds_spark_imaging.dicom.storage import ByteSource

if TYPE_CHECKING:
    from eds_spark_imaging.dicom.header import HeaderReader

MOST: Final = 64 * 1024 * 1024  # read in one piece: a larger directory of a zip (a million members) is refused
_NOTHING_TO_READ: Final = (Rejection.LINK_MEMBER, Rejection.SPECIAL_MEMBER)


class Found(NamedTuple):
    """A member, or the archive itself, by the path that names it. ``archive``: of a member, the archive's path."""

    path: str
    size: int | None
    header: Header
    archive: str | None


def read_archive(
    reader: HeaderReader, source: ByteSource, path: str, *, part: int = 0, parts: int = 1
) -> Iterator[Found]:
    """Every member of the archive, then the archive itself; then the source is closed. Never raises on content.

    The archive's own row is ``not_dicom``, ``archive`` where it was read to its end. ``parts`` is for zips alone: each
    part reads its share of the members and gives a row for the archive. A file that only has an archive's name is read
    as any other file, by the first part. ``bytes_read`` of all rows sums to what was read from the source.
    """
    counted = 0
    try:
        file = Buffered(source, MOST)
        for found in _read(reader, file, path, part, parts):
            found.header.bytes_read, counted = file.bytes_read - counted, file.bytes_read
            yield found
    except OSError:  # of the store, before the archive was opened
        yield Found(path, None, Header(Status.QUARANTINED, Rejection.IO_ERROR), None)
    finally:
        source.close()


def _read(reader: HeaderReader, file: Buffered, path: str, part: int, parts: int) -> Iterator[Found]:
    size = file.size
    start = file.read_at(0, 512)
    is_zip = start.startswith(SIGNATURES)
    if not is_zip and part:
        return  # only a zip tells where its members are
    budget = Budget(size or 0)
    if is_zip:
        members = zip_members(file, budget, part, parts)
    elif start.startswith(GZIP):
        members = tar_members(inflated(file, budget))
    elif is_tar(start):
        members = tar_members(file)
    else:
        yield Found(path, size, reader.read(file), None)
        return
    status, reason = Status.NOT_DICOM, Rejection.ARCHIVE
    try:
        for member in members:
            yield Found(f"{path}{SEPARATOR}{member.name}", member.size, _header(reader, member), path)
    except ArchiveError as error:
        status, reason = Status.QUARANTINED, error.reason
    except OSError:
        status, reason = Status.QUARANTINED, Rejection.IO_ERROR
    except Exception:  # whatever a hostile archive may provoke, the others of the task are read
        status, reason = Status.QUARANTINED, Rejection.MALFORMED_ARCHIVE
    yield Found(path, size, Header(status, reason), None)


def _header(reader: HeaderReader, member: Member) -> Header:
    if member.content is None:
        status = Status.NOT_DICOM if member.reason in _NOTHING_TO_READ else Status.QUARANTINED
        return Header(status, member.reason)
    content = _Noting(member.content)
    if has_archive_name(member.name):
        content = _Noting(Buffered(member.content, MOST, chunk=512))
        start = content.read_at(0, 512)
        if start.startswith((*SIGNATURES, GZIP)) or is_tar(start):
            return Header(Status.QUARANTINED, Rejection.NESTED_ARCHIVE)
    header = reader.read(content)
    return header if content.reason is None else Header(Status.QUARANTINED, content.reason)


class _Noting:
    """A member's content that notes why it could not be read, which the header reader does not tell."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self.size = source.size
        self.reason: Rejection | None = None

    def read_at(self, offset: int, length: int) -> bytes:
        """The ``length`` bytes from ``offset``, fewer only at the end. Raises OSError."""
        try:
            return self._source.read_at(offset, length)
        except ArchiveError as error:
            self.reason = error.reason
            raise

    def close(self) -> None:
        """Close the content."""
        self._source.close()
