"""Members of a zip archive, found by its directory, which `zipfile` reads."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Iterator
from typing import IO, Final, cast

from eds_spark_imaging.dicom.archive.member import ArchiveError, Member, Names, is_unsafe
from eds_spark_imaging.dicom.archive.source import Budget, Buffered, Part, Stream
from eds_spark_imaging.dicom.reason import Rejection
from eds_spark_imaging.dicom.storage import ByteSource

SIGNATURES: Final = (b"PK\3\4", b"PK\5\6", b"PK\7\x08")
_END: Final = b"PK\5\6"
_LOCAL = struct.Struct("<4s22xHH")  # signature, lengths of name and extra field (APPNOTE 4.3.7)
_ENCRYPTED, _UTF8 = 0x1, 0x800
_UNIX: Final = 3
_RUN: Final = 500  # neighbours in the directory that stay together when an archive is split


def zip_members(file: Buffered, budget: Budget, part: int, parts: int) -> Iterator[Member]:
    """The members in the directory's order, those of this part. Raises ArchiveError, OSError."""
    archive, names = _opened(file), Names()
    for number, info in enumerate(archive.infolist()):
        if info.is_dir():
            continue
        name = _name(info)
        unique = names.unique(name)
        if number // _RUN % parts != part:
            continue
        reason = _reason(info, name)
        try:
            content = None if reason else _content(archive, file, info, budget)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, struct.error, ValueError):
            content, reason = None, Rejection.MALFORMED_MEMBER
        yield Member(unique, info.file_size, content, reason)


def _opened(file: Buffered) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(cast("IO[bytes]", file))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error):
        size = file.size or 0
        length = min(size, 22 + 0xFFFF)
        cut = _END not in file.read_at(size - length, length)
        raise ArchiveError(Rejection.TRUNCATED_ARCHIVE if cut else Rejection.MALFORMED_ARCHIVE) from None


def _name(info: zipfile.ZipInfo) -> str:
    """UTF-8 where it is valid, whatever the flag says: many writers leave it out."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename


def _reason(info: zipfile.ZipInfo, name: str) -> Rejection | None:
    if info.create_system == _UNIX and stat.S_ISLNK(info.external_attr >> 16):
        return Rejection.LINK_MEMBER
    if is_unsafe(name):
        return Rejection.UNSAFE_NAME
    if info.flag_bits & _ENCRYPTED:
        return Rejection.ENCRYPTED_MEMBER
    known = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    return None if known else Rejection.UNSUPPORTED_MEMBER


def _content(archive: zipfile.ZipFile, file: Buffered, info: zipfile.ZipInfo, budget: Budget) -> ByteSource:
    if info.compress_type != zipfile.ZIP_STORED:
        return Stream(archive.open(info), (budget, Budget(info.compress_size)), info.file_size)
    # Read by ranges: `zipfile` would read through what is skipped.
    header = file.read_at(info.header_offset, _LOCAL.size)
    signature, name, extra = _LOCAL.unpack(header)
    if signature != SIGNATURES[0]:
        raise zipfile.BadZipFile
    return Part(file, info.header_offset + _LOCAL.size + name + extra, info.file_size)
