"""Hostile and huge files: bounded in memory and in bytes looked at, and so in time; the sources files come from."""

from __future__ import annotations

import gc
import os
import resource
import struct
import zlib
from pathlib import Path

import pytest
from header_build import (
    DEFLATED,
    EXPECTED,
    PIXELS,
    PLAIN,
    READER,
    UNDEFINED,
    assert_plain,
    data_set,
    element,
    item,
    part10,
    read,
    reasons,
    sequence,
    tag,
)

from eds_spark_imaging.dicom.reason import Reason, Rejection
from eds_spark_imaging.dicom.result import HeaderStatus
from eds_spark_imaging.storage.source import BytesSource, LocalFile


def test_large_elements_are_skipped_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large"
    head = data_set(*PLAIN[:4]) + element(0x00420011, "OB", b"", 50_000_000)
    with path.open("wb") as file:
        file.write(part10(head))
        file.seek(50_000_000, os.SEEK_CUR)
        file.write(element(0x00490010, "LO", b"X ") + element(0x7FE00010, "OW", bytes(100)))
    header = READER.read(LocalFile(path))
    assert header.status is HeaderStatus.PARSED
    assert header.has_pixel_data
    assert header.header_bytes > 50_000_000
    assert header.bytes_read < 40_000


def test_files_above_two_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    data = part10(data_set(*PLAIN) + element(0x7FE00010, "OW", b"", 0xFFFFFFFE))
    with path.open("wb") as file:
        file.write(data)
        file.truncate(3 * 1024**3)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    header = READER.read(LocalFile(path))
    assert_plain(header)
    assert header.bytes_read == 16 * 1024
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000  # KiB


@pytest.mark.parametrize("size", [5_000, 100_000, 3_000_000])
def test_bytes_read_are_bounded_by_the_header(size: int) -> None:
    """At most one and a half times the header, and a block."""
    private = b"".join(element(0x00091001 + n % 200, "LO", b"x" * 90) for n in range(size // 98))
    data = part10(data_set(*PLAIN[:3]) + private + data_set(*PLAIN[3:]) + element(0x7FE00010, "OW", bytes(9_000_000)))
    header = read(data)
    assert_plain(header)
    assert header.bytes_read <= 1.5 * header.header_bytes + 16 * 1024


@pytest.mark.parametrize("depth", [20, 100, 100_000])
def test_nesting_is_bounded(depth: int) -> None:
    opened = element(0x00091010, "SQ", b"", UNDEFINED) + struct.pack("<HHL", 0xFFFE, 0xE000, UNDEFINED)
    closed = struct.pack("<HHLHHL", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    header = read(part10(data_set(*PLAIN[:3]) + opened * depth + closed * depth + data_set(*PLAIN[3:]) + PIXELS))
    assert header.bytes_read <= 16 * 1024
    if depth < 64:
        assert_plain(header)
    else:
        assert (header.status, header.reason) == (HeaderStatus.QUARANTINED, Rejection.MALFORMED)
        assert header.values["modality"] == "CT"


@pytest.mark.parametrize("shape", ["flat", "items", "one item"])
def test_memory_for_values_is_bounded(shape: str) -> None:
    """80 MB of nothing but declared elements."""
    leaf = element(tag("DetectorID"), "SH", b"A1")
    if shape == "flat":
        rest = element(tag("Modality"), "CS", b"CT") * 8_000_000
    elif shape == "items":
        rest = sequence(tag("DetectorInformationSequence"), "SQ", *[item(leaf)] * 4_000_000)
    else:
        rest = sequence(tag("DetectorInformationSequence"), "SQ", item(leaf * 8_000_000, defined=False))
    data = part10(rest)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    header = read(data)
    assert header.bytes_read < 8 * 1024 * 1024  # given up at half a million values, not at the end
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 350_000  # KiB
    assert (header.status, header.reason) == (HeaderStatus.QUARANTINED, Rejection.HEADER_TOO_LARGE)


def test_many_private_elements() -> None:
    private = b"".join(element(0x00090000 | 0x1000 + n, "LO", b"private ") for n in range(5_000))
    header = read(part10(data_set(*PLAIN[:3]) + private + data_set(*PLAIN[3:]) + PIXELS))
    assert_plain(header)
    assert set(header.values) == {*EXPECTED, "rows", "transfer_syntax_uid", "study_date"}


def _deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def test_deflated_data_sets() -> None:
    packed = _deflate(data_set(*PLAIN))
    assert_plain(read(part10(packed, DEFLATED)), pixels=False)
    assert_plain(read(part10(packed + b"\0", DEFLATED)), pixels=False)
    assert_plain(read(part10(_deflate(data_set(*PLAIN) + PIXELS), DEFLATED)))


def test_deflated_by_its_label_only() -> None:
    header = read(part10(data_set(*PLAIN) + PIXELS, DEFLATED))
    assert_plain(header)
    assert reasons(header, None) == [Reason.WRONG_TRANSFER_SYNTAX]


def test_deflated_stream_that_is_cut_or_broken() -> None:
    packed = _deflate(data_set(*PLAIN))
    assert read(part10(packed[:-6], DEFLATED)).reason == Rejection.TRUNCATED
    assert read(part10(b"\xff" * 60, DEFLATED)).reason == Rejection.DEFLATE_ERROR
    whole = _deflate(data_set(*PLAIN) + PIXELS + os.urandom(4000))
    assert_plain(read(part10(whole[:-3000], DEFLATED)))


@pytest.mark.parametrize("filler", [bytes(8), element(0x00091001, "LO", b"aaaaaaaa"), b"A"])
def test_deflate_bombs(filler: bytes) -> None:
    """A megabyte that inflates to a gigabyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = filler * (1024 * 1024 // len(filler))
    packed = packer.compress(data_set(*PLAIN)) + b"".join(packer.compress(block) for _ in range(256)) + packer.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    header = read(part10(packed, DEFLATED))
    assert header.header_bytes < 128 * 1024 * 1024  # given up at what is inflated, not at the end
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000  # KiB
    assert header.status is HeaderStatus.QUARANTINED or header.values["patient_id"] == "8001234567"


def test_deflate_bomb_in_one_skipped_element() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    head = data_set(*PLAIN) + element(0x00420011, "OB", b"", 900_000_000)
    packed = packer.compress(head) + b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(300)) + packer.flush()
    header = read(part10(packed, DEFLATED))
    assert (header.status, header.reason) == (HeaderStatus.QUARANTINED, Rejection.HEADER_TOO_LARGE)


def test_local_files_are_closed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(part10(data_set(*PLAIN) + PIXELS))
    descriptors = len(os.listdir("/proc/self/fd"))
    source = LocalFile(path)
    assert source.size == path.stat().st_size
    assert_plain(READER.read(source))
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_sources_that_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "absent", tmp_path, tmp_path / "pipe"):
        header = READER.read(LocalFile(path))
        assert (header.status, header.reason, header.values) == (HeaderStatus.QUARANTINED, Rejection.IO_ERROR, {})


def test_error_while_reading() -> None:
    class Failing(BytesSource):
        def read_at(self, offset: int, length: int) -> bytes:
            if offset:
                raise OSError("gone")
            return super().read_at(offset, length)

    header = READER.read(Failing(part10(data_set(*PLAIN) + element(0x00091001, "UN", bytes(40_000)) + PIXELS)))
    assert (header.status, header.reason, header.values) == (HeaderStatus.QUARANTINED, Rejection.IO_ERROR, {})


def test_digest_is_of_the_header_alone() -> None:
    body = data_set(*PLAIN)
    same = {read(part10(body + element(0x7FE00010, "OW", pixels))).digest for pixels in (bytes(8), b"x" * 90_000)}
    assert len(same) == 1
    assert read(part10(body.replace(b"8001234567", b"8001234568") + PIXELS)).digest not in same


def test_a_file_leaves_nothing_for_the_garbage_collector() -> None:
    data = part10(data_set(*PLAIN) + sequence(tag("DetectorInformationSequence"), "SQ", item(b"")) + PIXELS)
    read(data)
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            read(data)
        assert gc.collect() == 0
    finally:
        gc.enable()
