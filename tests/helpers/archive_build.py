"""Archives in memory, from files that pydicom ships, and byte by byte for what no sane writer writes."""

from __future__ import annotations

import io
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pydicom

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.result import Header
from eds_spark_imaging.storage.source import BytesSource
from eds_spark_imaging.workers.members import ArchiveRow, read_archive

SHIPPED = Path(pydicom.__file__).parent / "data" / "test_files"
READER = HeaderReader(declaration())
CT = (SHIPPED / "CT_small.dcm").read_bytes()  # 39 KB, with a header of 6 KB and Pixel Data
MR = (SHIPPED / "MR_small.dcm").read_bytes()
PLAN = (SHIPPED / "rtplan.dcm").read_bytes()  # 2.7 KB, without Pixel Data
TEXT = b"nothing of interest\n" * 40
KINDS = ("stored.zip", "deflated.zip", "a.tar", "a.tar.gz", "a.tgz")
MEGABYTE = 1024 * 1024

Contents = Iterable[tuple[str, bytes]]


class Counting(BytesSource):
    """A source that counts what is asked of it, and fails at one read if told so."""

    def __init__(self, data: bytes, fail_at: int | None = None) -> None:
        super().__init__(data)
        self.reads = 0
        self.bytes = 0
        self.closed = 0
        self._fail_at = fail_at

    def read_at(self, offset: int, length: int) -> bytes:
        assert not self.closed
        self.reads += 1
        if self.reads - 1 == self._fail_at:
            raise TimeoutError("the store does not answer")
        data = super().read_at(offset, length)
        self.bytes += len(data)
        return data

    def close(self) -> None:
        self.closed += 1


def zipped(members: Contents, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of repeated names
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def tarred(members: Contents, mode: str = "w", form: int = tarfile.DEFAULT_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, format=form, encoding="utf-8") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def archive_of(kind: str, members: Contents) -> bytes:
    """An archive of one of ``KINDS``."""
    if kind.endswith(".zip"):
        return zipped(members, zipfile.ZIP_STORED if kind.startswith("stored") else zipfile.ZIP_DEFLATED)
    return tarred(members, "w" if kind.endswith(".tar") else "w:gz")


@dataclass
class Entry:
    """What a zip says of a member; ``offset`` only where it is not the true one."""

    name: bytes
    packed: bytes
    size: int
    method: int = zipfile.ZIP_DEFLATED
    flags: int = 0
    crc: int = 0
    attributes: int = 0
    extra: bytes = b""
    offset: int | None = None


def raw_zip(*entries: Entry) -> bytes:
    """A zip with just these entries (APPNOTE 4.3)."""
    out, directory = b"", b""
    for e in entries:
        offset = len(out) if e.offset is None else e.offset
        common = struct.pack("<3H2H3L2H", 20, e.flags, e.method, 0, 0x21, e.crc, len(e.packed), 0, len(e.name), 0)
        sizes = struct.pack("<2L", len(e.packed), e.size)
        if e.offset is None:
            out += b"PK\3\4" + common[:14] + sizes + struct.pack("<2H", len(e.name), 0) + e.name + e.packed
        directory += b"PK\1\2" + struct.pack("<H", 3 << 8) + common[:14] + sizes
        directory += struct.pack("<3H2H2L", len(e.name), len(e.extra), 0, 0, 0, e.attributes, offset)
        directory += e.name + e.extra
    return out + directory + end_of_zip(len(entries), len(directory), len(out))


def end_of_zip(count: int, length: int, offset: int) -> bytes:
    return b"PK\5\6" + struct.pack("<4H2LH", 0, 0, min(count, 0xFFFF), min(count, 0xFFFF), length, offset, 0)


def deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


def bomb(start: bytes, megabytes: int, wbits: int = -15) -> bytes:
    """``start`` and zeros, deflated; made quickly, since each megabyte of zeros is packed alike."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    first = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    packer.compress(bytes(MEGABYTE))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + megabytes * block


def tar_header(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE) -> bytes:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


def pax(records: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    return tar_header("pax", len(records), kind) + records + bytes(-len(records) % 512)


def record(key: str, value: str) -> bytes:
    """A pax record, ``length key=value``."""
    rest = f" {key}={value}\n".encode()
    length = len(rest)
    while length != len(str(length)) + len(rest):
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


def found(data: bytes, path: str, part: int = 0, parts: int = 1) -> list[ArchiveRow]:
    return list(read_archive(READER, BytesSource(data), path, part=part, parts=parts))


def outcomes(data: bytes, path: str) -> dict[str, tuple[str, str | None]]:
    """Status and reason by path within the archive; the archive itself is ``""``."""
    rows = found(data, path)
    assert rows[-1].path == path
    assert len({row.path for row in rows}) == len(rows)
    assert all(row.archive == path for row in rows[:-1])
    return {row.path[len(path) + 1 :]: (str(row.header.status), row.header.reason) for row in rows}


def plain(content: bytes) -> Header:
    """The header of a plain file of that content."""
    return READER.read(BytesSource(content))


def without_cost(header: Header) -> Header:
    """``header`` without what reading it cost, its issues (which are in no order) in one order."""
    return replace(header, bytes_read=0, issues=sorted(header.issues, key=str))


READ = ("not_dicom", "archive")
PARSED = ("parsed", None)
