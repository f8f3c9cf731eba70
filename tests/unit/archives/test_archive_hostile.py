"""Damaged and hostile archives: the row of the archive tells, what can be read is read, in bounded memory and time."""

from __future__ import annotations

import gzip
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from archive_build import (
    CT,
    KINDS,
    MEGABYTE,
    MR,
    PARSED,
    PLAN,
    READ,
    READER,
    Counting,
    Entry,
    archive_of,
    bomb,
    deflated,
    end_of_zip,
    found,
    outcomes,
    pax,
    plain,
    raw_zip,
    record,
    tar_header,
    tarred,
    without_cost,
    zipped,
)

from eds_spark_imaging.archives.zip import MAX_DIRECTORY
from eds_spark_imaging.dicom.result import HeaderStatus
from eds_spark_imaging.workers.members import read_archive

BOMB = ("quarantined", "archive_bomb")
MALFORMED = ("quarantined", "malformed_archive")
TRUNCATED = ("quarantined", "truncated_archive")
DAMAGED = ("quarantined", "malformed_member")
GZIP = 31  # zlib's number for a gzip file

# A header whose second element is 3 GB of zeros.
ENDLESS = CT[: CT.index(b"\x08\x00\x16\x00")] + struct.pack("<2H2s2xL", 0x0009, 0x1010, b"OB", 3_000_000_000)


@contextmanager
def little_memory(most: int = 100 * MEGABYTE) -> Iterator[None]:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < most


# Cut and damaged


@pytest.mark.parametrize("kind", ["a.tar", "a.tar.gz"])
def test_members_before_the_cut_of_a_tar_are_found(kind: str) -> None:
    data = archive_of(kind, [(f"{number}", CT) for number in range(9)])
    rows = found(data[: len(data) // 2], kind)
    assert 5 <= len(rows) <= 6
    for row in rows[:4]:
        assert without_cost(row.header) == without_cost(plain(CT))
    assert (rows[-1].path, str(rows[-1].header.status), rows[-1].header.reason) == (kind, *TRUNCATED)


def test_a_member_that_is_cut_behind_its_header_is_whole() -> None:
    data = tarred([("a", CT)])[: 512 + plain(CT).header_bytes + 1000]
    assert outcomes(data, "a.tar") == {"a": PARSED, "": TRUNCATED}


def test_a_member_that_is_cut_between_two_elements_is_not_whole() -> None:
    element = PLAN.index(b"\x0a\x30\x70\x00")  # the fraction groups, somewhere before the end
    assert plain(PLAN[:element]).status is HeaderStatus.PARSED
    assert outcomes(tarred([("a", PLAN)])[: 512 + element], "a.tar") == {"a": TRUNCATED, "": TRUNCATED}
    false = Entry(b"a", deflated(PLAN[:element]), len(PLAN), crc=zipfile.crc32(PLAN[:element]))
    assert outcomes(raw_zip(false), "a.zip") == {"a": DAMAGED, "": READ}


def test_a_tar_without_its_end_is_cut() -> None:
    data = tarred([("a", PLAN)])
    assert outcomes(data[: 512 + 3072], "a.tar") == {"a": PARSED, "": TRUNCATED}
    assert outcomes(data[: 512 + 3072 + 512], "a.tar") == {"a": PARSED, "": READ}


def test_a_damaged_header_in_a_tar_is_not_its_end() -> None:
    data = bytearray(tarred([("a", PLAN), ("b", PLAN)]))
    data[512 + 3072 + 150] ^= 1  # the sum of the second header
    assert outcomes(bytes(data), "a.tar") == {"a": PARSED, "": MALFORMED}
    data = bytearray(tarred([("a", PLAN)]))
    data[150] ^= 1
    assert outcomes(bytes(data), "a.tar") == {"": MALFORMED}


@pytest.mark.parametrize("cut", [4, 600, 30_000, -1, -500])
def test_a_zip_without_directory_is_cut(cut: int) -> None:
    data = zipped([("a", CT), ("b", CT)])
    assert outcomes(data[:cut], "a.zip") == {"": TRUNCATED}


def test_a_damaged_directory() -> None:
    data = bytearray(zipped([("a", CT), ("b", CT)]))
    data[data.index(b"PK\1\2")] ^= 1
    assert outcomes(bytes(data), "a.zip") == {"": MALFORMED}


@pytest.mark.parametrize("form", ["tar", "tgz", "zip"])
def test_what_stands_behind_the_end_is_not_lost_in_silence(form: str) -> None:
    make: Callable[[list[tuple[str, bytes]]], bytes]
    make = {"tar": tarred, "tgz": lambda members: tarred(members, "w:gz"), "zip": zipped}[form]
    first, second = make([("a", PLAN)]), make([("b", CT)])
    read = "b" if form == "zip" else "a"  # the directory at the end counts
    assert outcomes(first + second, f"x.{form}") == {read: PARSED, "": MALFORMED}
    assert outcomes(first, f"x.{form}") == {"a": PARSED, "": READ}


def test_padding_of_a_tar() -> None:
    data = tarred([("a", PLAN)])
    assert outcomes(data + bytes(MEGABYTE), "a.tar") == {"a": PARSED, "": READ}
    assert outcomes(gzip.compress(data + bytes(MEGABYTE)) + bytes(100), "a.tgz") == {"a": PARSED, "": READ}
    assert outcomes(data + b"no tar at all", "a.tar") == {"a": PARSED, "": MALFORMED}
    assert outcomes(gzip.compress(data) + b"no gzip at all", "a.tgz") == {"a": PARSED, "": MALFORMED}


def test_the_sum_of_a_gzip_is_looked_at() -> None:
    data = gzip.compress(tarred([("a", PLAN)]))
    assert outcomes(data[:-8] + b"\1\2\3\4" + data[-4:], "a.tgz") == {"a": PARSED, "": MALFORMED}
    for cut in (8, 3):
        assert outcomes(data[:-cut], "a.tgz") == {"a": PARSED, "": TRUNCATED}


@pytest.mark.parametrize("false", ["offset 0", "offset + 7", "offset 4 GB", "length 0", "length - 47", "fewer entries"])
def test_an_end_record_that_is_false(false: str) -> None:
    data = zipped([("a", CT), ("b", MR), ("c", PLAN)])
    end = data.rindex(b"PK\5\6")
    count, length, offset = struct.unpack_from("<H2L", data, end + 10)
    length, offset = {
        "offset 0": (length, 0),
        "offset + 7": (length, offset + 7),
        "offset 4 GB": (length, 0xFFFFFFF0),
        "length 0": (0, offset),
        "length - 47": (length - 47, offset),  # that of one entry: 46 and the name
        "fewer entries": (length - 47, offset + 47),
    }[false]
    rows = outcomes(data[:end] + end_of_zip(count, length, offset), "a.zip")
    assert rows.pop("") == MALFORMED
    read = {name for name, outcome in rows.items() if outcome == PARSED}
    assert read == ({"b", "c"} if false == "fewer entries" else set())


def test_a_stored_member_of_two_sizes_is_damaged() -> None:
    for size in (100, 4_000_000_000):
        false = Entry(b"a", PLAN, size, method=zipfile.ZIP_STORED)
        good = Entry(b"b", PLAN, len(PLAN), method=zipfile.ZIP_STORED)
        assert outcomes(raw_zip(false, good), "a.zip") == {"a": DAMAGED, "b": PARSED, "": READ}


def test_a_damaged_member_of_a_zip_leaves_the_others() -> None:
    packed = deflated(PLAN)
    good = Entry(b"good", packed, len(PLAN), crc=zipfile.crc32(PLAN))
    bad_sum = Entry(b"bad sum", packed, len(PLAN), crc=1)
    bad_data = Entry(b"bad data", b"\xff" * 500, len(PLAN))
    cut = Entry(b"cut", packed[:200], len(PLAN))
    data = bytearray(raw_zip(bad_sum, bad_data, cut, Entry(b"lost", packed, len(PLAN)), good))
    data[data.index(b"lost")] ^= 1  # the name in the local header
    assert outcomes(bytes(data), "a.zip") == {
        "bad sum": DAMAGED,
        "bad data": DAMAGED,
        "cut": DAMAGED,
        "lost": DAMAGED,
        "good": PARSED,
        "": READ,
    }


def test_sizes_that_no_file_has() -> None:
    extra = struct.pack("<2HQ", 1, 8, 2**64 - 1)
    entry = Entry(b"a", deflated(CT), 0xFFFFFFFF, crc=zipfile.crc32(CT), extra=extra)
    row, _ = found(raw_zip(entry), "a.zip")
    assert row.size is None
    assert row.header.status is HeaderStatus.PARSED
    info = tarfile.TarInfo("a")
    info.size = 2**80
    rows = found(info.tobuf(tarfile.GNU_FORMAT) + CT, "a.tar")
    assert [(row.path, row.size) for row in rows] == [("a.tar!a", None), ("a.tar", 512 + len(CT))]
    assert (str(rows[1].header.status), rows[1].header.reason) == TRUNCATED


# The store fails


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_that_fails(kind: str) -> None:
    data = archive_of(kind, [(f"{number}", CT + bytes(100_000)) for number in range(20)])
    whole = Counting(data)
    sound = list(read_archive(READER, whole, kind))
    for number in range(whole.reads):
        source = Counting(data, fail_at=number)
        rows = list(read_archive(READER, source, kind))
        assert (rows[-1].path, rows[-1].header.status, rows[-1].header.reason) == (kind, "quarantined", "io_error")
        assert sum(row.header.bytes_read for row in rows) == source.bytes
        assert source.closed == 1
        for row, expected in zip(rows[:-2], sound, strict=False):
            assert without_cost(row.header) == without_cost(expected.header)
        for row in rows[-2:-1]:
            assert row.header.reason in (None, "io_error", "truncated_archive")


@pytest.mark.parametrize("part", [0, 1])
def test_every_part_tells_that_the_store_fails(part: int) -> None:
    source = Counting(zipped([("a", CT)]), fail_at=0)
    (row,) = read_archive(READER, source, "a.zip", part=part, parts=2)
    assert (row.path, row.header.reason, row.archive) == ("a.zip", "io_error", None)


def test_a_source_that_cannot_be_opened() -> None:
    class Absent(Counting):
        @property  # type: ignore[override]
        def size(self) -> int:
            raise FileNotFoundError

        @size.setter
        def size(self, value: int | None) -> None:
            pass

    (row,) = read_archive(READER, Absent(b""), "a.zip")
    assert (row.path, row.size, row.header.reason, row.archive) == ("a.zip", None, "io_error", None)


def test_the_source_is_closed_when_reading_is_given_up() -> None:
    source = Counting(zipped([("a", CT), ("b", CT)]))
    rows = read_archive(READER, source, "a.zip")
    next(rows)
    rows.close()  # type: ignore[attr-defined]
    assert source.closed == 1


# Bombs


def test_a_member_that_inflates_without_end() -> None:
    large = Entry(b"large", bomb(ENDLESS, 3000), 3_000_001_000)
    good = Entry(b"good", deflated(PLAN), len(PLAN), crc=zipfile.crc32(PLAN))
    data = raw_zip(large, good)
    with little_memory(20 * MEGABYTE):
        assert outcomes(data, "a.zip") == {"large": BOMB, "good": PARSED, "": READ}


def test_many_members_that_inflate_without_end() -> None:
    large = bomb(ENDLESS, 80)
    entries = [Entry(b"%d" % number, large, 80_000_000) for number in range(30)]
    stored = Entry(b"stored", PLAN, len(PLAN), method=zipfile.ZIP_STORED)
    data = raw_zip(*entries, stored)
    with little_memory(20 * MEGABYTE):
        expected = {f"{number}": BOMB for number in range(30)}
        assert outcomes(data, "a.zip") == {**expected, "stored": PARSED, "": BOMB}


def test_members_that_overlap() -> None:
    packed = deflated(CT)
    entries = [Entry(b"a", packed, len(CT), offset=0) for _ in range(5_000)]
    data = raw_zip(Entry(b"a", packed, len(CT), crc=zipfile.crc32(CT)), *entries)
    source = Counting(data)
    with little_memory():
        rows = list(read_archive(READER, source, "a.zip"))
    assert len(rows) == 5_002
    assert sum(row.header.reason == "archive_bomb" for row in rows) == 5_000
    assert source.bytes <= len(data) + 100_000


def test_a_member_that_reaches_into_the_directory() -> None:
    """Only later Pythons see it."""
    data = zipped([("a", PLAN), ("b", PLAN)], zipfile.ZIP_STORED)
    at = data.rindex(b"PK\1\2")
    longer = struct.pack("<2L", len(PLAN) + 20, len(PLAN) + 20)
    data = data[: at + 20] + longer + data[at + 28 :]
    assert outcomes(data, "a.zip") == {"a": PARSED, "b": BOMB, "": READ}


@pytest.mark.parametrize("before", [b"", b"#!/bin/sh\n" * 10])
@pytest.mark.parametrize(("size", "off", "read"), [(44, 0, True), (44, 8, False), (44, -8, False), (52, 0, False)])
def test_a_64_bit_end_record(before: bytes, size: int, off: int, *, read: bool) -> None:
    """Of false ones Pythons make this or that: it must be where its locator says (APPNOTE 4.3.14, 4.3.15)."""
    data = zipped([("a", PLAN)], zipfile.ZIP_STORED)
    end = data.rindex(b"PK\5\6")
    length, offset = struct.unpack_from("<2L", data, end + 12)
    record = b"PK\6\6" + struct.pack("<Q2H2L4Q", size, 45, 45, 0, 0, 1, 1, length, offset)
    record += b"PK\6\7" + struct.pack("<LQL", 0, end + off, 1) + end_of_zip(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    expected = {"a": PARSED, "": READ} if read else {"": MALFORMED}
    assert outcomes(before + data[:end] + record, "a.zip") == expected


def test_a_directory_that_is_too_large() -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    count = MAX_DIRECTORY // len(entry) + 1
    data = b"PK\3\4" + bytes(60) + count * entry
    data += end_of_zip(count, count * len(entry), 64)
    source = Counting(data)
    with little_memory(MEGABYTE):
        (row,) = read_archive(READER, source, "a.zip")
    assert (str(row.header.status), row.header.reason) == ("quarantined", "archive_too_large")
    assert source.bytes < 100_000


@pytest.mark.parametrize("wide", [False, True])
def test_a_directory_that_claims_gigabytes(wide: bool) -> None:
    data = zipped([("a", CT)], zipfile.ZIP_STORED)
    end = data.rindex(b"PK\5\6")
    record32 = end_of_zip(1, 4_000_000_000, end - 47)
    record64 = b"PK\6\6" + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, 1, 1, 2**50, end - 47)
    record64 += b"PK\6\7" + struct.pack("<LQL", 0, end, 1) + end_of_zip(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    source = Counting(data[:end] + (record64 if wide else record32))
    with little_memory(MEGABYTE):
        (row,) = read_archive(READER, source, "a.zip")
    assert (str(row.header.status), row.header.reason) == MALFORMED
    assert source.bytes <= 2 * (source.size or 0)


def test_more_members_of_a_tar_than_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eds_spark_imaging.archives.tar.MAX_MEMBERS", 3)
    assert outcomes(tarred([(n, b"") for n in "abc"]), "a.tar")[""] == READ
    assert outcomes(tarred([(n, PLAN) for n in "abcd"]), "a.tar") == {
        **dict.fromkeys("abc", PARSED),
        "": ("quarantined", "archive_too_large"),
    }


def test_a_tar_that_inflates_without_end() -> None:
    first = tarred([("a", CT)])[: 512 + -(-len(CT) // 512) * 512]
    data = bomb(first + tar_header("large", 3_000_000_000), 3000, GZIP)
    with little_memory(20 * MEGABYTE):
        rows = outcomes(data, "a.tgz")
    assert rows == {"a": PARSED, "large": ("not_dicom", "no_dicom_structure"), "": BOMB}


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_header_that_is_extended_without_end(kind: bytes) -> None:
    data = bomb(tar_header("long", 1_000_000_000, kind), 1000, GZIP)
    with little_memory(20 * MEGABYTE):
        assert outcomes(data, "a.tgz") == {"": MALFORMED}


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_header_that_claims_gigabytes(kind: bytes) -> None:
    source = Counting(tar_header("long", 4_000_000_000, kind) + record("path", "b") + bytes(MEGABYTE))
    with little_memory(2 * MEGABYTE):
        (row,) = read_archive(READER, source, "a.tar")
    assert (str(row.header.status), row.header.reason) == MALFORMED
    assert source.bytes <= (source.size or 0)


@pytest.mark.parametrize(
    "header",
    [
        pax(record("comment", "x")),
        pax(record("comment", "x"), tarfile.XGLTYPE),
        tar_header("l", 512, b"L") + bytes(512),
    ],
)
def test_headers_that_are_extended_again_and_again(header: bytes) -> None:
    data = header * 20_000 + tarred([("a", CT)])
    with little_memory(20 * MEGABYTE):
        assert outcomes(data, "a.tar") == {"": MALFORMED}


def test_maps_of_sparse_members_without_end() -> None:
    header = bytearray(tar_header("sparse", 0, tarfile.GNUTYPE_SPARSE))
    header[482] = 1
    header[483:495] = b"00000000000\x00"
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    block = (b"00000000001\x00" * 42).ljust(504, b"\0") + b"\1" + bytes(7)
    data = bytes(header) + block * 20_000
    with little_memory(20 * MEGABYTE):
        assert outcomes(data, "a.tar") == {"": MALFORMED}


@pytest.mark.parametrize(
    "records",
    [
        b"1" * 200_000,  # quadratic in a search for digits that a word follows
        record("comment", "1" * 200_000),
        b"9 aaaaaa" * 25_000 + b"=",  # every record claims to begin within the one before
        b"0 path=a\n",
        b"-1 path=a\n",
        b"999999 path=a\n",
        record("GNU.sparse.major", "1") + record("GNU.sparse.minor", "0"),
        record("GNU.sparse.map", "x"),
        record("size", "-512"),
        record("size", "-2048"),
    ],
)
def test_false_records_of_pax(records: bytes) -> None:
    before = tarred([("a", PLAN)])[: 512 + 3072]
    data = before + pax(records) + tar_header("b", 512) + b"no number\n".ljust(512, b"x") + bytes(1024)
    with little_memory(20 * MEGABYTE):
        assert outcomes(data, "a.tar") == {"a": PARSED, "": MALFORMED}


def test_records_for_all_members_do_not_add_up() -> None:
    data = b"".join(
        pax(record(f"key{number}", "x" * 100_000), tarfile.XGLTYPE) + tar_header(f"{number}") for number in range(300)
    )
    data += bytes(1024)
    with little_memory(20 * MEGABYTE):
        assert len(outcomes(data, "a.tar")) == 301


@pytest.fixture(params=[False, True], ids=["as it is", "as since CVE-2025-8194"])
def tarfile_of_any_patch_level(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A negative size leads `tarfile` backwards, or, since that was mended, to what it takes for the end."""
    block = tarfile.TarInfo._block  # type: ignore[attr-defined]

    def mended(self: tarfile.TarInfo, count: int) -> int:
        if count < 0:
            raise tarfile.InvalidHeaderError("invalid offset")  # type: ignore[attr-defined]
        blocks: int = block(self, count)
        return blocks

    if request.param:
        monkeypatch.setattr(tarfile.TarInfo, "_block", mended)


@pytest.mark.usefixtures("tarfile_of_any_patch_level")
@pytest.mark.parametrize("keyword", ["size", "GNU.sparse.size", "GNU.sparse.realsize"])
@pytest.mark.parametrize("size", ["-512", "-2048", "-0", "x", ""])
def test_members_behind_a_false_size_are_not_lost_in_silence(size: str, keyword: str) -> None:
    before = tarred([("a", PLAN)])[: 512 + 3072]
    data = before + pax(record(keyword, size)) + tarred([("b", CT)])
    assert outcomes(data, "a.tar") == {"a": PARSED, "": MALFORMED}


@pytest.mark.usefixtures("tarfile_of_any_patch_level")
@pytest.mark.parametrize("size", [-1, -512, -5000])
def test_sizes_that_lead_backwards(size: int) -> None:
    negative = (2**96 + size).to_bytes(12, "big")
    header = bytearray(tar_header("b"))
    header[124:136] = b"\xff" + negative[1:]
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    rows = outcomes(tarred([("a", MR)])[: 512 + 10_240] + bytes(header) + bytes(1024), "a.tar")
    assert rows == {"a": PARSED, "": MALFORMED}
    assert outcomes(bytes(header) + bytes(1024), "a.tar") == {"": MALFORMED}
