"""Archives read in place: what the standard library's writers make, and what they would never make."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eds_spark_imaging.dicom.archive import ArchiveFault, Found, Share, escaped, read_archive, stream
from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.storage import BytesSource

SHIPPED = Path(pydicom.__file__).parent / "data" / "test_files"
CT, MR, TEXT = (SHIPPED / "CT_small.dcm").read_bytes(), (SHIPPED / "MR_small.dcm").read_bytes(), b"no DICOM\n" * 99
DEFLATED = (SHIPPED / "image_dfl.dcm").read_bytes()
READER = HeaderReader(declaration())
MEMBERS = {"a/CT.dcm": CT, "b é/MR.dcm": MR, "notes.txt": TEXT, "deflated.dcm": DEFLATED}
STATUSES = {"a/CT.dcm": "parsed", "b é/MR.dcm": "parsed", "notes.txt": "not_dicom", "deflated.dcm": "parsed"}


class Counted(BytesSource):
    """Bytes that count how many of them were given."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.given = 0
        self.closed = False

    def read_at(self, offset: int, length: int) -> bytes:
        data = super().read_at(offset, length)
        self.given += len(data)
        return data

    def close(self) -> None:
        self.closed = True


def read(data: bytes, name: str, share: Share = Share()) -> dict[str, Found]:
    source = Counted(data)
    found = list(read_archive(READER, source, name, share))
    assert source.closed
    assert len({one.path for one in found}) == len(found)
    if len(found) > 1:
        assert sum(one.header.bytes_read for one in found) == source.given
    return {one.path.removeprefix(f"{name}!"): one for one in found}


def statuses(data: bytes, name: str) -> dict[str, str]:
    """Status, and reason where there is one; an archive that was read whole is ``archive``."""
    found = read(data, name)
    return {
        path: "archive" if one.is_archive else f"{one.header.status} {one.header.reason or ''}".strip()
        for path, one in found.items()
    }


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target.getvalue()


def tarred(members: dict[str, bytes], kind: int = tarfile.PAX_FORMAT) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=kind) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def gzipped(members: dict[str, bytes]) -> bytes:
    return gzip.compress(tarred(members), 1)


WRITERS: dict[str, tuple[str, Callable[[dict[str, bytes]], bytes]]] = {
    "deflated": ("x.zip", zipped),
    "stored": ("x.ZIP", lambda members: zipped(members, zipfile.ZIP_STORED)),
    "pax": ("x.tar", tarred),
    "ustar": ("x.tar", lambda members: tarred(members, tarfile.USTAR_FORMAT)),
    "gnu": ("x.tar", lambda members: tarred(members, tarfile.GNU_FORMAT)),
    "gzip": ("x.tar.gz", gzipped),
    "tgz": ("x.tgz", gzipped),
    "gzip in two streams": ("x.tgz", lambda m: gzip.compress(tarred(m)[:5000]) + gzip.compress(tarred(m)[5000:])),
}
writers = pytest.mark.parametrize(("name", "write"), WRITERS.values(), ids=WRITERS)


def known(found: dict[str, Found]) -> dict[str, str]:
    return {path: str(one.header.reason or one.header.status) for path, one in found.items() if not one.is_archive}


@writers
def test_members_are_read_as_files_are(name: str, write: Callable[[dict[str, bytes]], bytes]) -> None:
    found = read(write(MEMBERS), name)
    assert {path: one.header.status for path, one in found.items()} == {**STATUSES, name: "parsed"}
    assert [path for path, one in found.items() if one.is_archive] == [name]
    for path, data in MEMBERS.items():
        alone, inside = READER.read(BytesSource(data)), found[path]
        assert (inside.size, inside.header.digest) == (len(data), alone.digest)
        assert (inside.header.values, inside.header.issues) == (alone.values, alone.issues)


@writers
def test_every_cut_gives_the_members_before_it(name: str, write: Callable[[dict[str, bytes]], bytes]) -> None:
    data = write(dict(list(MEMBERS.items())[:2]))
    for length in [*range(0, len(data), 977), len(data) - 30]:
        found = read(data[:length], name)
        own = found.pop(name)
        if length >= 512 and not own.header.values:
            assert not own.is_archive or length > len(data) - 1024
        for path, one in found.items():
            whole = one.header.status == "parsed"
            assert not whole or one.header.values == READER.read(BytesSource(MEMBERS[path])).values
    assert read(data, name)[name].is_archive


@writers
def test_archives_in_archives(name: str, write: Callable[[dict[str, bytes]], bytes]) -> None:
    inner = {"in.zip": zipped({"CT": CT}), "in.tar": tarred({"d/MR": MR}), "in.tgz": gzipped({"CT": CT})}
    deep = {"1.zip": zipped({"2.tgz": gzipped({"3.zip": zipped({"CT": CT})}), "MR": MR})}
    assert statuses(write({**inner, **deep, "not.zip": TEXT, "image.tar": CT}), name) == {
        "in.zip!CT": "parsed",
        "in.zip": "archive",
        "in.tar!d/MR": "parsed",
        "in.tar": "archive",
        "in.tgz!CT": "parsed",
        "in.tgz": "archive",
        "1.zip!2.tgz!3.zip": "quarantined nested_too_deep",
        "1.zip!2.tgz": "archive",
        "1.zip!MR": "parsed",
        "1.zip": "archive",
        "not.zip": "not_dicom no_dicom_structure",
        "image.tar": "parsed",
        name: "archive",
    }


@writers
def test_unsafe_and_repeated_names(name: str, write: Callable[[dict[str, bytes]], bytes]) -> None:
    odd = ["/etc/x", "../up", "a/../../b", "C:\\x", "..\\y", "ok..dcm", "#part1", "a.zip!b", "a!b"]
    found = statuses(write(dict.fromkeys(odd, CT)), name)
    unsafe = dict.fromkeys(odd[:5], "quarantined unsafe_name")
    assert found == {
        **unsafe,
        "ok..dcm": "parsed",
        "\\x23part1": "parsed",
        "a.zip\\x21b": "parsed",
        "a!b": "parsed",
        name: "archive",
    }


def test_a_name_that_comes_twice() -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for data in (CT, MR, TEXT):
            info = tarfile.TarInfo("a")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    found = read(target.getvalue(), "x.tar")
    assert {path: one.header.values.get("modality") for path, one in found.items()} == {
        "a": "CT",
        "a#2": "MR",
        "a#3": None,
        "x.tar": None,
    }


def test_members_that_are_no_files_in_tar() -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        kinds = {"dir": tarfile.DIRTYPE, "link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "pipe": tarfile.FIFOTYPE}
        for name, kind in kinds.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("n" * 300)  # a long name needs records of its own
        info.size = len(CT)
        archive.addfile(info, io.BytesIO(CT))
    assert statuses(target.getvalue(), "x.tar") == {
        "link": "not_dicom link_member",
        "hard": "not_dicom link_member",
        "pipe": "not_dicom special_member",
        "n" * 300: "parsed",
        "x.tar": "archive",
    }


def test_members_of_zip_that_cannot_be_read() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.mkdir("dir")
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("lzma", CT, zipfile.ZIP_LZMA)
        archive.writestr("secret", CT)
        archive.writestr("good", CT)
    data = bytearray(target.getvalue())
    for signature, flags in ((b"PK\1\2", 8), (b"PK\3\4", 6)):  # mark one as encrypted
        start = data.index(signature, data.index(b"secret") - (30 if flags == 6 else 0))
        while data[start + (46 if flags == 8 else 30) :][:6] != b"secret":
            start = data.index(signature, start + 1)
        data[start + flags] |= 1
    assert statuses(bytes(data), "x.zip") == {
        "link": "not_dicom link_member",
        "lzma": "quarantined unsupported_member",
        "secret": "quarantined encrypted_member",
        "good": "parsed",
        "x.zip": "archive",
    }


def test_zip64_and_bytes_before_the_archive() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive, archive.open("big", "w", force_zip64=True) as member:
        member.write(CT)
    small = zipfile.ZipFile(target).infolist()[0]
    # The directory of a zip64 archive by hand: sizes and offset in the extra field, the end record in its long form.
    local = target.getvalue()[: zipfile.ZipFile(target).start_dir]
    extra = struct.pack("<2H3Q", 1, 24, len(CT), len(CT), 0)
    top = 0xFFFF_FFFF
    entry = struct.pack(
        "<4s6H3I5H2I", b"PK\1\2", 45, 45, 0, 0, 0, 0, small.CRC, top, top, 3, len(extra), 0, 0, 0, 0, top
    )
    directory = entry + b"big" + extra
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(directory), len(local))
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(local) + len(directory), 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, top, top, 0)
    data = local + directory + end64 + locator + end
    assert zipfile.ZipFile(io.BytesIO(data)).read("big") == CT
    assert statuses(data, "x.zip") == {"big": "parsed", "x.zip": "archive"}
    assert statuses(b"PK\3\4 junk" + zipped(MEMBERS), "x.zip") == {
        **{
            k: known(read(zipped(MEMBERS), "x.zip"))[k] if STATUSES[k] == "parsed" else "not_dicom no_dicom_structure"
            for k in MEMBERS
        },
        "x.zip": "archive",
    }


def test_parts_of_a_zip_share_its_members() -> None:
    members = {f"{number}.txt": b"x" for number in range(1200)}
    data = zipped(members)
    parts = [read(data, "x.zip", Share(part, 3)) for part in range(3)]
    assert [len(part) for part in parts] == [501, 500, 200]
    assert {name for part in parts for name in part} == {*members, "x.zip"}
    assert "x.zip" in parts[0]
    broken = data[:-200]
    assert "x.zip" in read(broken, "x.zip", Share(0, 2))
    assert "#part1" in read(broken, "x.zip", Share(1, 2))


def test_only_headers_are_read_of_zips_and_plain_tars() -> None:
    large = CT + bytes(8 << 20)
    for name, data in (
        ("x.zip", zipped({"1": large, "2": large}, zipfile.ZIP_STORED)),
        ("x.tar", tarred({"1": large, "2": large})),
    ):
        source = Counted(data)
        assert len(list(read_archive(READER, source, name))) == 3
        assert source.given < 300_000


BOMBS = {
    "tgz": ("x.tgz", gzip.compress(tarred({"a": bytes(1 << 24), "CT": CT}))),
    "name": ("x.tgz", gzip.compress(tarred({"n" * (1 << 24): CT}))),
    "zip of one tar": ("x.zip", zipped({"in.tar": tarred({"a": bytes(1 << 24), "CT": CT})})),
    "zip in a zip": ("x.zip", zipped({"in.zip": zipped({"a": bytes(1 << 24)}, zipfile.ZIP_STORED)})),
}


@pytest.mark.parametrize(("name", "data"), BOMBS.values(), ids=BOMBS)
def test_bombs_are_left_early(monkeypatch: pytest.MonkeyPatch, name: str, data: bytes) -> None:
    monkeypatch.setattr(stream, "INFLATED_FLOOR", 1 << 20)
    tracemalloc.start()
    try:
        found = statuses(data, name)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found[name] in ("quarantined archive_bomb", "quarantined malformed_archive")
    assert "parsed" not in found.values()
    assert peak < 12 << 20


def test_members_that_overlap_are_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "INFLATED_FLOOR", 1 << 20)
    data = zipped({"a": CT + bytes(1 << 16)}, zipfile.ZIP_STORED)
    start = data.index(b"PK\1\2")
    end = data.index(b"PK\5\6")
    entry = data[start:end]
    many = [entry[:46] + name.encode() + entry[47:] for name in map(chr, range(33, 127)) for _ in range(20)]
    directory = b"".join(many)
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(many), len(many), len(directory), start, 0)
    assert statuses(data[:start] + directory + tail, "x.zip")["x.zip"] == "quarantined archive_bomb"


def test_damage_within_a_stream_is_told() -> None:
    data = bytearray(gzipped({"CT": CT, "MR": MR}))
    data[len(data) // 2] ^= 0xFF
    found = statuses(bytes(data), "x.tgz")
    assert found["x.tgz"].startswith("quarantined")


def test_a_zip_too_large_to_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    from eds_spark_imaging.dicom.archive import reading

    monkeypatch.setattr(reading, "MAX_HELD", 1000)
    found = statuses(gzipped({"in.zip": zipped({"CT": CT}), "MR": MR}), "x.tgz")
    assert found == {"in.zip": "quarantined nested_too_large", "MR": "parsed", "x.tgz": "archive"}


SEEDS = [(name, bytearray(write({**MEMBERS, "in.zip": zipped({"CT": CT})}))) for name, write in WRITERS.values()]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=6))
def test_damage_never_raises(seed: tuple[str, bytearray], damage: list[tuple[float, bytes]]) -> None:
    name, data = seed[0], bytearray(seed[1])
    for place, put in damage:
        start = int(place * (len(data) - 1))
        data[start : start + len(put)] = put
    found = read(bytes(data), name)
    assert name in found
    assert all(one.header.reason != "internal_error" for one in found.values())


def test_faults_are_words_of_their_own() -> None:
    from eds_spark_imaging.dicom.reason import Reason, Rejection

    assert not set(ArchiveFault) & {*Rejection, *Reason}


def test_only_what_looks_like_a_member_is_escaped() -> None:
    assert escaped("/d/a.zip!x") == "/d/a.zip\\x21x"
    assert escaped("/d/A.TAR.GZ!x!y") == "/d/A.TAR.GZ\\x21x!y"
    assert escaped("/d/a!x.zip") == "/d/a!x.zip"
