"""Members of archives: the same headers as from plain files, one row each, whatever the archive holds or lacks."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eds_spark_imaging.dicom.archive import Found, has_archive_name, read_archive
from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.storage import BytesSource

SHIPPED = Path(pydicom.__file__).parent / "data" / "test_files"
CT, MR = (SHIPPED / "CT_small.dcm").read_bytes(), (SHIPPED / "MR_small.dcm").read_bytes()
READER = HeaderReader(declaration())
MIB = 1024 * 1024


class Counting:
    """Bytes whose reads are counted; fails from the ``fails_from``-th on."""

    def __init__(self, data: bytes, fails_from: int | None = None) -> None:
        self._data = data
        self.size: int | None = len(data)
        self.reads: list[tuple[int, int]] = []
        self._fails_from = fails_from
        self.closed = False

    @property
    def total(self) -> int:
        return sum(len(self._data[offset : offset + length]) for offset, length in self.reads)

    def read_at(self, offset: int, length: int) -> bytes:
        self.reads.append((offset, length))
        if self._fails_from is not None and len(self.reads) >= self._fails_from:
            raise TimeoutError
        return self._data[offset : offset + length]

    def close(self) -> None:
        self.closed = True


def read(data: bytes, name: str = "a.zip", part: int = 0, parts: int = 1) -> list[Found]:
    source = Counting(data)
    found = list(read_archive(READER, source, name, part=part, parts=parts))
    assert source.closed
    if found:
        assert sum(one.header.bytes_read for one in found) == source.total
    return found


def outcomes(found: list[Found]) -> dict[str, tuple[str, str | None]]:
    """By name within the archive (the archive's own under its path), status and reason."""
    assert len({one.path for one in found}) == len(found)
    assert all(one.archive is None or one.path.startswith(f"{one.archive}!") for one in found)
    return {
        one.path if one.archive is None else one.path.removeprefix(f"{one.archive}!"): (
            one.header.status.value,
            one.header.reason,
        )
        for one in found
    }


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED, zip64: bool = False) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in members.items():
            with archive.open(name, "w", force_zip64=zip64) as member:
                member.write(content)
    return packed.getvalue()


def tarred(members: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


MEMBERS = {"a/ct.dcm": CT, f"{'long/' * 30}é.dcm": MR, "notes.txt": b"nothing of interest " * 20}
FORMS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "stored.zip": lambda members: zipped(members, zipfile.ZIP_STORED),
    "deflated.ZIP": zipped,
    "zip64.zip": lambda members: zipped(members, zip64=True),
    "pax.tar": tarred,
    "gnu.tar": lambda members: tarred(members, tarfile.GNU_FORMAT),
    "gzip.tar.gz": lambda members: gzip.compress(tarred(members), 1),
    "two.tgz": lambda members: (
        gzip.compress(tarred(members)[:20_000], 1) + gzip.compress(tarred(members)[20_000:], 1) + b"\0" * 512
    ),
    "misnamed.tar": lambda members: gzip.compress(tarred(members), 1),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_member_reads_like_the_plain_file(name: str) -> None:
    *members, archive = read(FORMS[name](MEMBERS), name)
    assert (archive.path, archive.header.status, archive.header.reason) == (name, "not_dicom", "archive")
    assert [one.path for one in members] == [f"{name}!{member}" for member in MEMBERS]
    assert [one.size for one in members] == [len(content) for content in MEMBERS.values()]
    for one, content in zip(members, MEMBERS.values(), strict=True):
        plain = READER.read(BytesSource(content))
        assert one.archive == name
        assert (one.header.status, one.header.reason) == (plain.status, plain.reason)
        assert (one.header.values, one.header.issues) == (plain.values, plain.issues)
        assert (one.header.digest, one.header.header_bytes) == (plain.digest, plain.header_bytes)


def test_names() -> None:
    assert [has_archive_name(n) for n in ("a.ZIP", "b.tar", "c.tar.gz", "d.TGZ", "e.gz", "zip", "f.dcm")] == [
        *[True] * 4,
        *[False] * 3,
    ]
    packed = io.BytesIO()
    archive = zipfile.ZipFile(packed, "w")
    for name in ("same", "folder/", "same", "same#2", "odd.zip!x", "é", "日本"):
        with warnings.catch_warnings(action="ignore"):  # that a name is there twice
            archive.writestr(name, b"" if name.endswith("/") else b"text")
    archive.close()
    found = outcomes(read(packed.getvalue()))
    assert list(found) == ["same", "same#2", "same#2#3", "odd.zip\\x21x", "é", "日本", "a.zip"]
    # UTF-8 without the flag that says so, and bytes of a DOS code page.
    raw = zipped({"xx": b"text", "yy": b"text"}, zipfile.ZIP_STORED)
    raw = raw.replace(b"xx", "é".encode()).replace(b"yy", b"\x82\x8a")  # é and è in code page 437
    assert list(outcomes(read(raw))) == ["é", "éè", "a.zip"]


def test_names_of_a_tar_that_are_no_text() -> None:
    data = tarred({"a\udce9.dcm": CT}, tarfile.GNU_FORMAT)
    assert list(outcomes(read(data, "a.tar"))) == ["a\\xe9.dcm", "a.tar"]


@pytest.mark.parametrize("name", ["/etc/x.dcm", "../x.dcm", "a/../../x.dcm", "C:/x.dcm", "\\x.dcm", "..\\x.dcm"])
def test_unsafe_names_are_not_read(name: str) -> None:
    expected = {name: ("quarantined", "unsafe_name"), "b.dcm": ("parsed", None)}
    for archive, data in (("a.zip", zipped({name: CT, "b.dcm": CT})), ("a.tar", tarred({name: CT, "b.dcm": CT}))):
        assert outcomes(read(data, archive)) == {**expected, archive: ("not_dicom", "archive")}


def test_members_that_are_not_read() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "ct.dcm")
        archive.writestr("bz.dcm", CT, zipfile.ZIP_BZIP2)
        archive.writestr("inner.zip", zipped({"x": CT}))
        archive.writestr("inner.tgz", gzip.compress(tarred({"x": CT}), 1), zipfile.ZIP_DEFLATED)
        archive.writestr("really-dicom.zip", CT, zipfile.ZIP_DEFLATED)
    secret = bytearray(zipped({"secret": CT}))
    for signature, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        secret[secret.index(signature) + place] |= 1
    assert outcomes(read(packed.getvalue())) == {
        "link": ("not_dicom", "link_member"),
        "bz.dcm": ("quarantined", "unsupported_member"),
        "inner.zip": ("quarantined", "nested_archive"),
        "inner.tgz": ("quarantined", "nested_archive"),
        "really-dicom.zip": ("parsed", None),
        "a.zip": ("not_dicom", "archive"),
    }
    assert outcomes(read(bytes(secret)))["secret"] == ("quarantined", "encrypted_member")


def test_members_of_a_tar_that_are_no_files() -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, kind in (("s", tarfile.SYMTYPE), ("h", tarfile.LNKTYPE), ("p", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "ct.dcm"
            archive.addfile(info)
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    assert outcomes(read(packed.getvalue(), "a.tar")) == {
        "s": ("not_dicom", "link_member"),
        "h": ("not_dicom", "link_member"),
        "p": ("not_dicom", "special_member"),
        "a.tar": ("not_dicom", "archive"),
    }


@pytest.mark.parametrize("name", ["ct.zip", "ct.tar", "ct.tar.gz"])
@pytest.mark.parametrize("content", [CT, b"", b"text " * 200])
def test_a_file_that_only_has_the_name_is_read_as_any_other(name: str, content: bytes) -> None:
    [one] = read(content, name)
    plain = READER.read(BytesSource(content))
    assert (one.path, one.archive, one.size) == (name, None, len(content))
    assert (one.header.status, one.header.reason, one.header.values) == (plain.status, plain.reason, plain.values)
    assert read(content, name, part=1, parts=2) == []


def test_empty_archives() -> None:
    assert outcomes(read(zipped({}))) == {"a.zip": ("not_dicom", "archive")}
    assert outcomes(read(tarred({}), "a.tar")) == {"a.tar": ("not_dicom", "archive")}


def test_the_parts_of_a_zip_are_the_whole() -> None:
    data = zipped({f"{number % 1700}.txt": b"text" for number in range(1700)} | {"ct.dcm": CT})
    whole = outcomes(read(data))
    parts = [outcomes(read(data, part=part, parts=3)) for part in range(3)]
    assert all(part.pop("a.zip") == ("not_dicom", "archive") for part in parts)
    assert sum(map(len, parts)) == len(whole) - 1
    assert {name: outcome for part in parts for name, outcome in part.items()} | {"a.zip": whole["a.zip"]} == whole


def test_a_tar_is_one_part() -> None:
    assert read(tarred(MEMBERS), "a.tar", part=1, parts=2) == []


@pytest.mark.parametrize("name", FORMS)
def test_cut_archives_say_so(name: str) -> None:
    data = FORMS[name]({f"{number}.dcm": CT for number in range(4)})
    for length in (600, len(data) // 3, len(data) * 2 // 3):
        found = outcomes(read(data[:length], name))
        assert found[name] == ("quarantined", "truncated_archive")
        cut = [outcome for member, outcome in found.items() if member != name and outcome != ("parsed", None)]
        assert cut in ([], [("quarantined", "truncated_archive")])


def test_damage_in_the_middle_of_a_tar_is_not_taken_for_its_end() -> None:
    data = bytearray(tarred({"a.dcm": CT, "b.dcm": CT, "c.dcm": CT}, tarfile.USTAR_FORMAT))
    second = data.index(b"b.dcm")
    data[second : second + 5] = b"x.dcm"  # the checksum is wrong now
    found = outcomes(read(bytes(data), "a.tar"))
    assert found == {"a.dcm": ("parsed", None), "a.tar": ("quarantined", "malformed_archive")}


def test_a_damaged_member_leaves_the_others() -> None:
    data = bytearray(zipped({"a.dcm": MR, "b.dcm": CT}, zipfile.ZIP_DEFLATED))
    start = data.index(b"a.dcm") + 5
    data[start : start + 40] = b"\xff" * 40
    found = outcomes(read(bytes(data)))
    assert found["a.dcm"][0] == "quarantined"
    assert (found["b.dcm"], found["a.zip"]) == (("parsed", None), ("not_dicom", "archive"))


@pytest.mark.parametrize("name", ["stored.zip", "pax.tar", "gzip.tar.gz"])
@pytest.mark.parametrize("fails_from", [1, 2, 3])
def test_a_store_that_fails(name: str, fails_from: int) -> None:
    data = FORMS[name]({f"{number}.dcm": CT for number in range(9)})
    found = outcomes(list(read_archive(READER, Counting(data, fails_from), name)))
    assert set(found.values()) <= {("parsed", None), ("quarantined", "io_error"), ("not_dicom", "archive")}
    assert ("quarantined", "io_error") in found.values()
    if fails_from == 1:
        assert found == {name: ("quarantined", "io_error")}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(FORMS)),
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(lambda n: n[-1] != "/"),
        st.sampled_from([CT[:9000], MR, b"text"]),
        max_size=4,
    ),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=3),
    st.floats(0, 1),
)
def test_whatever_the_bytes_there_is_one_row_for_the_archive_and_one_for_each_member(
    name: str, members: dict[str, bytes], flips: list[tuple[float, int]], kept: float
) -> None:
    whole = FORMS[name](members)
    assert len(outcomes(read(whole, name))) == len(members) + 1
    data = bytearray(whole[: int(len(whole) * kept)] if kept < 0.5 else whole)
    for place, value in flips:
        if data:
            data[int(place * (len(data) - 1))] = value
    found = read(bytes(data), name)
    assert name in outcomes(found)
    assert found[-1].path == name


def bounded(data: bytes, name: str, most: int = 120 * MIB) -> dict[str, tuple[str, str | None]]:
    """The outcomes, with Python's own memory held below ``most``."""
    tracemalloc.start()
    try:
        found = outcomes(list(read_archive(READER, BytesSource(data), name)))
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()
    return found


def private_element(length: int) -> bytes:
    """The start of a CT whose second element is private and claims ``length`` bytes."""
    return CT[:132] + struct.pack("<HH2sxxI", 0x0009, 0x1010, b"OB", length)


def test_a_member_that_inflates_without_end() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(private_element(0xFFFFFFF0))
    megabyte = b"\0" * MIB
    for _ in range(600):
        packed += packer.compress(megabyte)
    packed += packer.flush()
    name, size = b"bomb.dcm", 600 * MIB
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(packed), size, len(name), 0) + name + packed
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 0, 0, len(packed), size, len(name), 0, 0, 0, 0, 0, 0)
    entry += name
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(entry), len(local), 0)
    assert len(local) < MIB
    assert bounded(local + entry + end, "a.zip")["bomb.dcm"] == ("quarantined", "archive_bomb")


def test_a_tar_that_inflates_without_end() -> None:
    info = tarfile.TarInfo("bomb.dcm")
    info.size = 8 << 30
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as stream:
        stream.write(info.tobuf(tarfile.GNU_FORMAT) + private_element(0xFFFFFFF0))
        for _ in range(600):
            stream.write(b"\0" * MIB)
    found = bounded(packed.getvalue(), "a.tar.gz")
    assert found == {"bomb.dcm": ("quarantined", "archive_bomb"), "a.tar.gz": ("quarantined", "archive_bomb")}


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_tar_header_that_claims_gigabytes(kind: bytes) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, 4 << 30
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as stream:
        stream.write(info.tobuf(tarfile.GNU_FORMAT))
        for _ in range(300):
            stream.write(b"\0" * MIB)
    assert bounded(packed.getvalue(), "a.tgz") == {"a.tgz": ("quarantined", "malformed_archive")}


def test_a_zip_directory_that_claims_gigabytes() -> None:
    data = bytearray(zipped({"a.dcm": CT}))
    end = data.rindex(b"PK\5\6")
    struct.pack_into("<2I", data, end + 12, 0xFFFFFFF0, 0)
    assert bounded(bytes(data), "a.zip") == {"a.zip": ("quarantined", "malformed_archive")}


def test_few_reads_and_no_byte_twice() -> None:
    data = zipped({f"{number}.dcm": CT for number in range(200)}, zipfile.ZIP_STORED)
    source = Counting(data)
    assert len(list(read_archive(READER, source, "a.zip"))) == 201
    assert len(source.reads) <= 1.2 * 200
    assert source.total <= len(data) + 200_000


def test_what_the_reader_skips_in_a_stored_member_is_not_read() -> None:
    large = private_element(50 * MIB) + b"\0" * (50 * MIB) + CT[132:]
    source = Counting(zipped({"large.dcm": large}, zipfile.ZIP_STORED))
    [member, _] = list(read_archive(READER, source, "a.zip"))
    assert member.header.status == "parsed"
    assert source.total < MIB
