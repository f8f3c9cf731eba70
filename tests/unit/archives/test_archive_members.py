"""Members of sound archives: every one has a row, under its name, with the header of the plain file."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tarfile
import zipfile

import pytest
from archive_build import (
    CT,
    KINDS,
    MR,
    PARSED,
    PLAN,
    READ,
    READER,
    SHIPPED,
    TEXT,
    Counting,
    Entry,
    archive_of,
    deflated,
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

from eds_spark_imaging.archives import has_archive_name
from eds_spark_imaging.storage.source import LocalFile
from eds_spark_imaging.workers.members import read_archive

FILES = [path for path in sorted(SHIPPED.rglob("*")) if path.is_file() and path.suffix != ".gz"]


@pytest.mark.parametrize("kind", KINDS)
def test_headers_are_those_of_the_plain_files(kind: str) -> None:
    names = {str(path.relative_to(SHIPPED)): path for path in FILES}
    data = archive_of(kind, ((name, path.read_bytes()) for name, path in names.items()))
    source = Counting(data)
    rows = list(read_archive(READER, source, f"/data/{kind}"))
    assert [row.path for row in rows] == [*(f"/data/{kind}!{name}" for name in names), f"/data/{kind}"]
    for row, path in zip(rows, names.values(), strict=False):
        assert row.size == path.stat().st_size
        assert row.archive == f"/data/{kind}"
        assert without_cost(row.header) == without_cost(READER.read(LocalFile(path)))
    assert (rows[-1].header.status, rows[-1].header.reason) == READ
    assert (rows[-1].size, rows[-1].archive) == (len(data), None)
    assert sum(row.header.bytes_read for row in rows) == source.bytes
    assert source.closed == 1


@pytest.mark.parametrize(
    ("path", "answer"),
    [("a.zip", 1), ("b/A.ZIP", 1), ("a.tar", 1), ("a.tar.gz", 1), ("a.TGZ", 1), ("a.dcm", 0), ("zip", 0), ("a.gz", 1)],
)
def test_archives_are_known_by_their_name(path: str, answer: int) -> None:
    assert has_archive_name(path) is bool(answer)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_formats_of_tar(form: int) -> None:
    long = "/".join(["directory"] * 9) + "/é" + "x" * 60
    assert outcomes(tarred([(long, CT), ("b", MR)], form=form), "a.tar") == {long: PARSED, "b": PARSED, "": READ}


def test_the_content_says_what_archive_it_is() -> None:
    members = [("a", PLAN)]
    for kind in KINDS:
        for path in ("x.zip", "x.tar", "x.tgz"):
            assert outcomes(archive_of(kind, members), path) == {"a": PARSED, "": READ}


def test_archives_without_members() -> None:
    for data in (zipped([]), tarred([]), bytes(512), tarred([], "w:gz"), zipped([("folder/", b"")])):
        assert outcomes(data, "a.zip") == {"": READ}


def test_a_gzip_of_several_pieces_and_a_zip_behind_something_else() -> None:
    data = tarred([("a", CT), ("b", MR)])
    pieces = b"".join(gzip.compress(data[i : i + 7000]) for i in range(0, len(data), 7000))
    assert outcomes(pieces, "a.tgz") == {"a": PARSED, "b": PARSED, "": READ}
    assert outcomes(b"#!/bin/sh\n" * 10 + zipped([("a", CT)]), "a.zip") == {"a": PARSED, "": READ}


def test_zip64() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("a", "b"):
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(CT)
    data = file.getvalue()
    end = data.rindex(b"PK\5\6")
    count, length, offset = struct.unpack_from("<H2L", data, end + 10)
    end64 = b"PK\6\6" + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, count, count, length, offset)
    locator = b"PK\6\7" + struct.pack("<LQL", 0, end, 1)
    unknown = b"PK\5\6" + struct.pack("<4H2LH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert outcomes(data[:end] + end64 + locator + unknown, "a.zip") == {"a": PARSED, "b": PARSED, "": READ}


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz"])
@pytest.mark.parametrize("content", [CT, PLAN, TEXT, b"", (SHIPPED / "no_meta.dcm").read_bytes()])
def test_a_file_with_no_more_than_the_name_of_an_archive(name: str, content: bytes) -> None:
    (row,) = found(content, name)
    assert (row.path, row.size, row.archive) == (name, len(content), None)
    assert without_cost(row.header) == without_cost(plain(content))
    assert found(content, name, part=1, parts=2) == []
    assert outcomes(zipped([(name, content)]), "a.zip")[name] == (
        str(plain(content).status),
        plain(content).reason,
    )


def test_archives_in_archives_are_not_opened() -> None:
    inner = {"b.zip": zipped([("a", CT)]), "c.tar": tarred([("a", CT)]), "d.TGZ": tarred([("a", CT)], "w:gz")}
    expected = {**dict.fromkeys(inner, ("quarantined", "nested_archive")), "e": PARSED, "": READ}
    for kind in KINDS:
        assert outcomes(archive_of(kind, [*inner.items(), ("e", CT)]), kind) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_names(kind: str) -> None:
    names = ["./a/é.dcm", "a b!c", "twice", "x.zip!y", "x.TAR.GZ!", "twice", "twice#3", "twice#7", "twice", "l\n"]
    if kind.endswith("zip"):
        names.append("back\\slash")
    rows = found(archive_of(kind, [(name, PLAN) for name in names]), kind)
    shown = ["./a/é.dcm", "a b!c", "twice", "x.zip\\x21y", "x.TAR.GZ\\x21", "twice#6", "twice#3", "twice#7", "twice#9"]
    shown += ["l\n", "back\\slash"]
    assert [row.path for row in rows] == [*(f"{kind}!{name}" for name in shown[: len(names)]), kind]
    assert {str(row.header.status) for row in rows[:-1]} == {"parsed"}


def test_names_that_are_no_text() -> None:
    data = tarred([("ab.dcm", PLAN)]).replace(b"ab.dcm", b"\xe9b.dcm")
    data = data[:148] + f"{sum(data[:148]) + 8 * 32 + sum(data[156:512]):06o}\0 ".encode() + data[156:]
    assert outcomes(data, "a.tar") == {"\\xe9b.dcm": PARSED, "": READ}
    entries = [Entry(name, deflated(PLAN), len(PLAN)) for name in (b"caf\x82", "café8".encode(), b"")]
    for entry in entries:
        entry.crc = zipfile.crc32(PLAN)
    assert outcomes(raw_zip(*entries), "a.zip") == {"café": PARSED, "café8": PARSED, "#3": PARSED, "": READ}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_name_of_a_zip_that_is_not_the_utf8_it_is_said_to_be(method: int) -> None:
    """Only that name is odd: as without the flag (APPNOTE appendix D) it is taken as code page 437."""
    names = (b"a.dcm", "é.dcm".encode(), b"caf\x82", b"plain\x82", b"\xff\xfe", b"z.dcm")
    packed = PLAN if method == zipfile.ZIP_STORED else deflated(PLAN)
    entries = [
        Entry(name, packed, len(PLAN), method, flags=0 if name.startswith(b"plain") else 0x800, crc=zipfile.crc32(PLAN))
        for name in names
    ]
    expected = ["a.dcm", "é.dcm", "café", "plainé", b"\xff\xfe".decode("cp437"), "z.dcm"]
    assert outcomes(raw_zip(*entries), "a.zip") == {**dict.fromkeys(expected, PARSED), "": READ}


def unicode_path(name: bytes, path: bytes, version: int = 1) -> bytes:
    """An extra field with the name of a member in UTF-8 (APPNOTE 4.6.9)."""
    value = struct.pack("<BL", version, zipfile.crc32(name)) + path
    return struct.pack("<HH", 0x7075, len(value)) + value


@pytest.mark.parametrize(
    ("extra", "name"),
    [
        (unicode_path(b"s\x82rie", "série".encode()), "série"),
        (unicode_path(b"s\x82rie", "Иван".encode()), "Иван"),
        (struct.pack("<HHL", 0x5455, 4, 0) + unicode_path(b"s\x82rie", "Иван".encode()), "Иван"),
        # It counts if it is of version 1 and of this name; else the name is of code page 437 (appendix D).
        (unicode_path(b"s\x82rie", "Иван".encode(), version=2), "série"),
        (unicode_path(b"another", "Иван".encode()), "série"),
        (unicode_path(b"s\x82rie", b"\xff\xfe"), "série"),
        (unicode_path(b"s\x82rie", b""), "série"),
        (struct.pack("<HHB", 0x7075, 1, 1), "série"),
    ],
)
def test_the_unicode_path_of_a_member(extra: bytes, name: str) -> None:
    """Pythons before 3.12 do not know it, later ones give up the archive where it is damaged."""
    odd = Entry(b"s\x82rie", PLAN, len(PLAN), zipfile.ZIP_STORED, crc=zipfile.crc32(PLAN), extra=extra)
    other = Entry(b"other", PLAN, len(PLAN), zipfile.ZIP_STORED, crc=zipfile.crc32(PLAN))
    assert outcomes(raw_zip(odd, other), "a.zip") == {name: PARSED, "other": PARSED, "": READ}


def test_a_nul_in_the_name_of_a_member_is_no_end() -> None:
    odd = Entry(b"a\0b", PLAN, len(PLAN), zipfile.ZIP_STORED, crc=zipfile.crc32(PLAN))
    assert outcomes(raw_zip(odd), "a.zip") == {"a\0b": ("quarantined", "unsafe_name"), "": READ}


UNSAFE = ["/etc/a", "../a", "a/../../b", "a/..", "C:\\a", "c:a", "\\\\host\\a", "a\\..\\b", "n" * 5000]


@pytest.mark.parametrize("kind", KINDS)
def test_unsafe_names_are_not_read(kind: str) -> None:
    safe = ["..a", "a..", "a/...", "a/b..c"]
    rows = found(archive_of(kind, [(name, CT) for name in UNSAFE + safe]), kind)
    for row, name in zip(rows, UNSAFE, strict=False):
        assert row.path.startswith(f"{kind}!{name[:4000]}")
        assert len(row.path) < 4200
        assert (row.header.status, row.header.reason, row.header.values) == ("quarantined", "unsafe_name", {})
    assert {str(row.header.status) for row in rows[len(UNSAFE) : -1]} == {"parsed"}


def test_a_name_with_a_zero_byte_is_unsafe() -> None:
    data = pax(record("path", "a\0b")) + tarred([("c", PLAN)])
    assert outcomes(data, "a.tar") == {"a\0b": ("quarantined", "unsafe_name"), "": READ}


def test_members_of_a_zip_that_are_not_read() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("bzip2", CT, zipfile.ZIP_BZIP2)
        archive.writestr("lzma", CT, zipfile.ZIP_LZMA)
        archive.writestr("folder/", b"")
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, b"folder/a.dcm")
        archive.writestr("read", CT)
    assert outcomes(file.getvalue(), "a.zip") == {
        "bzip2": ("quarantined", "unsupported_member"),
        "lzma": ("quarantined", "unsupported_member"),
        "link": ("not_dicom", "link_member"),
        "read": PARSED,
        "": READ,
    }
    locked = raw_zip(Entry(b"locked", deflated(CT), len(CT), flags=1), Entry(b"strong", b"", 0, flags=0x41))
    encrypted = ("quarantined", "encrypted_member")
    assert outcomes(locked, "a.zip") == {"locked": encrypted, "strong": encrypted, "": READ}


def test_members_of_a_tar_that_are_not_read() -> None:
    kinds = {
        "symbolic": (tarfile.SYMTYPE, "link_member"),
        "hard": (tarfile.LNKTYPE, "link_member"),
        "pipe": (tarfile.FIFOTYPE, "special_member"),
        "characters": (tarfile.CHRTYPE, "special_member"),
        "blocks": (tarfile.BLKTYPE, "special_member"),
        "folder": (tarfile.DIRTYPE, None),
    }
    heads = b"".join(tar_header(name, 0, kind) for name, (kind, _) in kinds.items())
    expected = {name: ("not_dicom", reason) for name, (_, reason) in kinds.items() if reason}
    assert outcomes(heads + tarred([("read", CT)]), "a.tar") == {**expected, "read": PARSED, "": READ}


def test_sparse_members_of_a_tar_are_not_read() -> None:
    old = bytearray(tar_header("old", 512, tarfile.GNUTYPE_SPARSE))
    old[386:410] = b"00000000000\x0000000001000\x00"
    old[483:495] = b"00000100000\x00"
    old[148:156] = b" " * 8
    old[148:156] = f"{sum(old):06o}\0 ".encode()
    new = pax(record("GNU.sparse.major", "1") + record("GNU.sparse.minor", "0") + record("GNU.sparse.name", "new"))
    new += tar_header("GNUSparseFile.0/new", 1024) + b"1\n0\n512\n".ljust(512, b"\0") + bytes(512)
    unsupported = ("quarantined", "unsupported_member")
    assert outcomes(bytes(old) + bytes(512) + new + tarred([("read", CT)]), "a.tar") == {
        "old": unsupported,
        "new": unsupported,
        "read": PARSED,
        "": READ,
    }


def test_parts_of_a_zip_are_its_members_once_each() -> None:
    members = [(f"{number % 997}", TEXT[: number % 90]) for number in range(2600)]
    data = zipped(members)
    whole = [(row.path, row.size, row.header.status) for row in found(data, "a.zip")]
    parts = [found(data, "a.zip", part, 3) for part in range(3)]
    assert [len(rows) for rows in parts] == [1001, 1001, 601]
    for rows in parts:
        assert rows[-1].path == "a.zip"
        assert (rows[-1].header.status, rows[-1].header.reason) == READ
    shares = [(row.path, row.size, row.header.status) for rows in parts for row in rows[:-1]]
    assert sorted(shares) == sorted(whole[:-1])


@pytest.mark.parametrize("kind", ["a.tar", "a.tar.gz"])
def test_other_archives_are_read_by_the_first_part(kind: str) -> None:
    data = archive_of(kind, [("a", CT)])
    assert [row.path for row in found(data, kind, 0, 2)] == [f"{kind}!a", kind]
    assert found(data, kind, 1, 2) == []


@pytest.mark.parametrize("kind", KINDS)
def test_little_more_than_the_headers_is_read(kind: str) -> None:
    count = 60
    source = Counting(archive_of(kind, [(f"{n}/image.dcm", CT) for n in range(count)]))
    rows = list(read_archive(READER, source, kind))
    assert len(rows) == count + 1
    assert sum(row.header.bytes_read for row in rows) == source.bytes
    if kind.endswith("gz"):
        assert source.bytes == source.size
        assert source.reads <= 3 + source.bytes // 1_000_000
        return
    assert source.reads <= count + 4
    assert source.bytes <= (count + 2) * (1.5 * plain(CT).header_bytes + 20 * 1024)
    assert source.bytes < 0.8 * len(CT) * count


@pytest.mark.parametrize("kind", KINDS)
def test_small_members_are_read_many_at_once(kind: str) -> None:
    source = Counting(archive_of(kind, [(f"{n}", PLAN + bytes(n % 7)) for n in range(300)]))
    assert len(list(read_archive(READER, source, kind))) == 301
    assert source.reads <= 4 + source.bytes // (20 * 1024)
    assert source.bytes <= (source.size or 0) + 64 * 1024


def test_a_directory_in_another_order_than_the_members() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(300):
            archive.writestr(f"{number}", PLAN)
        archive.filelist.reverse()
    source = Counting(file.getvalue())
    rows = list(read_archive(READER, source, "a.zip"))
    assert [row.path for row in rows] == [*(f"a.zip!{number}" for number in range(300)), "a.zip"]
    assert source.bytes <= (source.size or 0) + 64 * 1024


def test_a_large_element_of_a_stored_member_is_skipped_unread() -> None:
    end = CT.index(b"\xe0\x7f\x10\x00")
    private = struct.pack("<2H2s2xL", 0x7FDF, 0x1010, b"OB", 40_000_000)
    large = CT[:end] + private + bytes(40_000_000) + CT[end:]
    for data in (zipped([("a", large)], zipfile.ZIP_STORED), tarred([("a", large)])):
        source = Counting(data)
        row, _ = read_archive(READER, source, "a.zip")
        assert without_cost(row.header) == without_cost(plain(large))
        assert row.header.has_pixel_data
        assert source.bytes < 200_000


@pytest.mark.parametrize(("content", "outcome"), [(CT, PARSED), (TEXT, ("not_dicom", "no_dicom_structure"))])
def test_one_file_that_was_packed_by_gzip(content: bytes, outcome: tuple[str, str | None]) -> None:
    data = gzip.compress(content)
    rows = found(data, "a.dcm.gz")
    assert [row.path for row in rows] == ["a.dcm.gz!a.dcm", "a.dcm.gz"]
    assert outcomes(data, "a.dcm.gz") == {"a.dcm": outcome, "": READ}
    if outcome == PARSED:
        assert without_cost(rows[0].header) == without_cost(plain(CT))


def test_one_file_that_was_packed_by_gzip_and_cut() -> None:
    data = gzip.compress(PLAN)
    cut = ("quarantined", "truncated_archive")
    assert outcomes(data[: len(data) // 2], "a.gz")["a"] == cut


def test_a_tar_that_is_called_a_gzip_and_a_zip_in_one() -> None:
    assert outcomes(tarred([("b", CT)], "w:gz"), "a.gz") == {"b": PARSED, "": READ}
    nested = gzip.compress(zipped([("b", CT)]))
    assert outcomes(nested, "a.zip.gz") == {"a.zip": ("quarantined", "nested_archive"), "": READ}
    assert found(CT, "a.gz")[0].header.status == "parsed"  # a name alone makes no archive
