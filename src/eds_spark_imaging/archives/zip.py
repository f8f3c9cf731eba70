"""Members of a zip archive, found by its directory, which `zipfile` reads."""

from __future__ import annotations

import stat
import struct
import sys
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedIOBase
from operator import attrgetter
from typing import Final, cast

from eds_spark_imaging.archives.fault import ArchiveFault
from eds_spark_imaging.archives.member import ArchiveError, Member, Names, is_unsafe
from eds_spark_imaging.archives.source import (
    MEMBER_FLOOR,
    ArchiveFile,
    Budget,
    Buffered,
    Section,
    Stream,
    TooMuchError,
)

SIGNATURES: Final = (b"PK\3\4", b"PK\5\6", b"PK\7\x08")
MAX_DIRECTORY: Final = 32 * 1024 * 1024  # some 400,000 members, for which zipfile takes 300 MB of memory
RUN: Final = 500  # neighbours that stay together when an archive is split
_LOCAL_HEADER: Final = struct.Struct("<26x2H")  # lengths of name and extra field, which follow (APPNOTE 4.3.7)
_DIRECTORY_ENTRY: Final = struct.Struct("<8xH18x3H12x")  # flags, and lengths of what follows (APPNOTE 4.3.12)
_END: Final = struct.Struct("<4s4H2LH")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR: Final = struct.Struct("<8xQ4x")  # where the 64-bit record is, which stands before it (APPNOTE 4.3.15)
_MAX_COMMENT: Final = 0xFFFF
_FIELD: Final = struct.Struct("<2sH")  # kind and length, of an extra field
_UNICODE_PATH, _SET_ASIDE = b"up", b"\xff\xff"
_ENCRYPTED, _UTF8 = 0x1, 0x800  # bits of the general purpose flag (APPNOTE 4.4.4)
_UNIX: Final = 3


def zip_members(source: Buffered, part: int, parts: int) -> Iterator[Member]:
    """The members of this part, in the order of their places in the file. Raises ArchiveError."""
    begins_with_member = source.read_at(0, 4) == SIGNATURES[0]
    file, archive = _opened(source)
    file.left = sys.maxsize
    names, budget = Names(), Budget(source.size or 0)
    entries = sorted(archive.infolist(), key=attrgetter("header_offset"))
    following = [*(entry.header_offset for entry in entries[1:]), archive.start_dir]
    for entry, end in zip(entries, following, strict=False):
        name = _name(entry)
        if name.endswith("/"):
            continue
        unique = names.unique(name)
        if (names.count - 1) // RUN % parts != part:
            continue
        reason = _reason(source, entry, name, end)
        content = None if reason else _content(archive, file, source, entry, budget)
        if content is None and reason is None:
            reason = ArchiveFault.IO_ERROR if source.failed else ArchiveFault.MALFORMED_MEMBER
        yield Member(unique, entry.file_size, content, reason)
    if budget.left < 0:
        raise ArchiveError(ArchiveFault.ARCHIVE_BOMB)
    if begins_with_member and (not entries or entries[0].header_offset):  # joined archives, or a false end record
        raise ArchiveError(ArchiveFault.MALFORMED_ARCHIVE)


class _Untold(ArchiveFile):
    """A zip that does not tell in which character set its names are, so that one which is not in the one it is said to
    be does not keep zipfile from the others.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes; see :class:`ArchiveFile`."""
        data = super().read(size)
        if data.startswith(b"PK\1\2"):
            changed, position = bytearray(data), 0
            while position + _DIRECTORY_ENTRY.size <= len(data):
                flags, name, extra, comment = _DIRECTORY_ENTRY.unpack_from(data, position)
                struct.pack_into("<H", changed, position + 8, flags & ~_UTF8)
                position += _DIRECTORY_ENTRY.size + name
                for kind, start, _ in _fields(data[position : position + extra]):
                    if kind == _UNICODE_PATH:
                        changed[position + start : position + start + len(kind)] = _SET_ASIDE
                position += extra + comment
            return bytes(changed)
        if len(data) == _LOCAL_HEADER.size and data.startswith(SIGNATURES[0]):
            return data[:7] + bytes([data[7] & ~(_UTF8 >> 8)]) + data[8:]
        return data


def _fields(extra: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    """The fields of an extra field (APPNOTE 4.5): kind, where it begins, and value."""
    position = 0
    while position + _FIELD.size <= len(extra):
        kind, length = _FIELD.unpack_from(extra, position)
        value = position + _FIELD.size
        yield kind, position, extra[value : value + length]
        position = value + length


def _opened(source: Buffered) -> tuple[ArchiveFile, zipfile.ZipFile]:
    end = end_record(source)
    if end is None:
        raise ArchiveError(ArchiveFault.TRUNCATED_ARCHIVE)
    if not _has_directory(source, end):
        raise ArchiveError(ArchiveFault.MALFORMED_ARCHIVE)
    for kind in (ArchiveFile, _Untold):
        file = kind(source, MAX_DIRECTORY)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Unicode paths that are empty, which only some Pythons look at
                return file, zipfile.ZipFile(file)
        except TooMuchError:
            raise ArchiveError(ArchiveFault.ARCHIVE_TOO_LARGE) from None
        except Exception:  # noqa: S112 - whatever zipfile may raise on hostile bytes, or on a name
            continue
    raise ArchiveError(ArchiveFault.MALFORMED_ARCHIVE)


def end_record(source: Buffered) -> int | None:
    """Where the end record (APPNOTE 4.3.16) begins: a file ends with it, whatever it begins with. None without one."""
    size = source.size or 0
    for length in (_END.size, _END.size + _MAX_COMMENT):
        start = max(0, size - length)
        tail = source.read_at(start, size - start)
        found = tail.rfind(SIGNATURES[1], 0, max(0, len(tail) - _END.size + 4))
        if found >= 0 and (length > _END.size or tail[-2:] == b"\0\0"):
            return start + found
    return None


def _has_directory(source: Buffered, end: int) -> bool:
    """Whether the directory is where the end record, or its 64-bit form (APPNOTE 4.3.14), says that it is.

    Something may stand before the archive; then all offsets are too small by its length.
    """
    _, _, length, offset = _END.unpack(source.read_at(end, _END.size))[3:7]
    locator = source.read_at(end - _LOCATOR.size, _LOCATOR.size) if end >= _LOCATOR.size else b""
    told = None  # where the 64-bit form is
    if locator[:4] == b"PK\6\7":
        end -= _LOCATOR.size + _END64.size
        record = source.read_at(end, _END64.size) if end >= 0 else b""
        if record[:4] != b"PK\6\6" or _END64.unpack(record)[1] != _END64.size - 12:
            return False
        length, offset = _END64.unpack(record)[-2:]
        (told,) = _LOCATOR.unpack(locator)
    start: int = end - length
    if told not in (None, end, end - start + offset):
        return False
    return start >= offset and (not length or source.read_at(start, 4) == b"PK\1\2")


def _name(entry: zipfile.ZipInfo) -> str:
    """The name as its Unicode path (APPNOTE 4.6.9), or UTF-8 where it is valid, whatever the flag says: many writers
    leave it out. Not ``filename``, of which Pythons make this or that.
    """
    name, is_utf8 = entry.orig_filename, entry.flag_bits & _UTF8
    if _UNICODE_PATH in entry.extra or _SET_ASIDE in entry.extra:
        raw = name.encode("utf-8" if is_utf8 else "cp437")
        begin = struct.pack("<BL", 1, zlib.crc32(raw))  # of the name that the path was made for
        for kind, _, value in _fields(entry.extra):
            if kind in (_UNICODE_PATH, _SET_ASIDE) and value[:5] == begin and value[5:]:
                with suppress(UnicodeDecodeError):
                    return value[5:].decode()
    if is_utf8:
        return name
    try:
        return name.encode("cp437").decode()
    except UnicodeError:
        return name


def _reason(source: Buffered, entry: zipfile.ZipInfo, name: str, end: int) -> ArchiveFault | None:
    """Why the entry is not read; ``end`` is where the next one begins."""
    if entry.create_system == _UNIX and stat.S_ISLNK(entry.external_attr >> 16):
        return ArchiveFault.LINK_MEMBER
    if is_unsafe(name):
        return ArchiveFault.UNSAFE_NAME
    if entry.flag_bits & _ENCRYPTED:
        return ArchiveFault.ENCRYPTED_MEMBER
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return ArchiveFault.UNSUPPORTED_MEMBER
    local = source.read_at(entry.header_offset, _LOCAL_HEADER.size)
    before = _LOCAL_HEADER.size + sum(_LOCAL_HEADER.unpack(local)) if len(local) == _LOCAL_HEADER.size else 0
    if entry.header_offset + before + entry.compress_size > end:  # so that little tells much, many times
        return ArchiveFault.ARCHIVE_BOMB
    return None


def _content(
    archive: zipfile.ZipFile, file: ArchiveFile, source: Buffered, entry: zipfile.ZipInfo, budget: Budget
) -> Section | Stream | None:
    try:
        opened = archive.open(entry)
    except Exception:  # as above
        return None
    if entry.compress_type == zipfile.ZIP_DEFLATED:
        own = Budget(entry.compress_size, MEMBER_FLOOR)
        return Stream(cast("BufferedIOBase", opened), entry.file_size, (budget, own))
    if entry.compress_size != entry.file_size:
        return None
    # By ranges, for zipfile would read what is skipped: it has read the local header, up to the content.
    return Section(source, file.tell(), entry.compress_size)
