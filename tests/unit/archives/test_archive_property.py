"""Whatever an archive holds, or what became of its bytes: a row for each member, then one for the archive."""

from __future__ import annotations

import pytest
from archive_build import CT, KINDS, MR, PLAN, READER, TEXT, Counting, archive_of, found, plain, without_cost
from hypothesis import given, settings
from hypothesis import strategies as st

from eds_spark_imaging.archives.fault import ArchiveFault
from eds_spark_imaging.dicom.reason import Rejection
from eds_spark_imaging.dicom.result import HeaderStatus
from eds_spark_imaging.workers.members import read_archive

CONTENTS = st.sampled_from([MR, PLAN, PLAN[:900], TEXT, b"", bytes(512), b"PK\3\4", b"\x1f\x8b"]) | st.binary(
    max_size=600
)
ALPHABET = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
NAMES = st.text(st.sampled_from("ab.!#/\\:é") | ALPHABET, min_size=1, max_size=12).filter(lambda name: name[-1] != "/")
BASES = {
    kind: archive_of(kind, [("a", PLAN), ("b/c.dcm", MR), ("d.txt", TEXT), ("e.zip", b"PK\3\4")]) for kind in KINDS
}
LARGE = {kind: archive_of(kind, [(f"{number}", CT if number % 2 else MR) for number in range(14)]) for kind in KINDS}


@settings(max_examples=150)
@given(st.sampled_from(KINDS), st.lists(st.tuples(NAMES, CONTENTS), max_size=6))
def test_a_row_for_each_member(kind: str, members: list[tuple[str, bytes]]) -> None:
    source = Counting(archive_of(kind, members))
    rows = list(read_archive(READER, source, kind))
    assert [(row.size, row.archive) for row in rows[:-1]] == [(len(content), kind) for _, content in members]
    assert (rows[-1].path, rows[-1].header.status, rows[-1].header.reason) == (kind, "not_dicom", "archive")
    assert len({row.path for row in rows}) == len(rows)
    for row, (_, content) in zip(rows, members, strict=False):
        if row.header.reason not in (ArchiveFault.UNSAFE_NAME, ArchiveFault.NESTED_ARCHIVE):
            assert without_cost(row.header) == without_cost(plain(content))
    assert sum(row.header.bytes_read for row in rows) == source.bytes
    assert source.closed == 1


@settings(max_examples=400)
@given(st.sampled_from(KINDS), st.data())
def test_damage_never_raises(kind: str, data: st.DataObject) -> None:
    damaged = bytearray(BASES[kind])
    places = st.integers(0, len(damaged) - 1) | st.integers(max(0, len(damaged) - 600), len(damaged) - 1)
    for place, value in data.draw(st.lists(st.tuples(places | st.integers(0, 600), st.integers(1, 255)), max_size=4)):
        damaged[place] ^= value
    cut = data.draw(st.just(len(damaged)) | st.integers(0, len(damaged)))
    part = data.draw(st.sampled_from([0, 0, 0, 1]))
    source = Counting(bytes(damaged[:cut]))
    rows = list(read_archive(READER, source, kind, part=part, parts=part + 1))
    assert source.closed == 1
    if not rows:
        assert part
        return
    assert rows[-1].path == kind
    assert rows[-1].header.reason != Rejection.INTERNAL_ERROR
    assert len({row.path for row in rows}) == len(rows)
    assert {row.header.status for row in rows} <= set(HeaderStatus)
    assert sum(row.header.bytes_read for row in rows) == source.bytes
    for row in rows:
        row.path.encode()


@settings(max_examples=150)
@given(
    st.sampled_from([".zip", ".tar", ".tgz"]),
    st.sampled_from([b"", b"PK\3\4", b"PK\5\6", b"\x1f\x8b\x08", CT[:200]]),
    st.binary(),
)
def test_anything_under_the_name_of_an_archive(suffix: str, start: bytes, rest: bytes) -> None:
    rows = found(start + rest, f"a{suffix}")
    assert rows[-1].path == f"a{suffix}"


@settings(max_examples=150)
@given(st.sampled_from(KINDS), st.data())
def test_no_more_than_twice_the_archive_is_read(kind: str, data: st.DataObject) -> None:
    damaged = bytearray(LARGE[kind])
    places = st.integers(0, len(damaged) - 1) | st.integers(len(damaged) - 1500, len(damaged) - 1)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(1, 255)), max_size=20)):
        damaged[place] ^= value
    source = Counting(bytes(damaged))
    rows = list(read_archive(READER, source, kind))
    assert source.bytes <= 2 * len(damaged)
    assert sum(row.header.bytes_read for row in rows) == source.bytes


def test_the_end_of_a_zip_is_read_once_however_often_it_is_looked_into() -> None:
    """The first member is damaged, and the end record tells of a comment that is not there."""
    damaged = bytearray(LARGE["deflated.zip"])
    damaged[0] ^= 1
    damaged[-2] ^= 1
    source = Counting(bytes(damaged))
    reasons = {row.header.reason for row in read_archive(READER, source, "deflated.zip")}
    assert ArchiveFault.MALFORMED_MEMBER in reasons
    assert source.bytes <= 2 * len(damaged)


@pytest.mark.parametrize("kind", KINDS)
def test_cuts_everywhere(kind: str) -> None:
    whole = BASES[kind]
    sound = {row.path: row for row in found(whole, kind)}
    blocks = [block + shift for block in range(0, len(whole), 512) for shift in (-1, 0, 1)]
    for cut in {*blocks, *range(len(whole) - 400, len(whole)), *range(300)}:
        rows = found(whole[: max(0, cut)], kind)
        assert rows[-1].path == kind
        complete = rows[-1].header.reason == "archive"
        assert not complete or len(rows) == len(sound)
        for row in rows[:-1]:  # what has a row either says that it is damaged or is as it was
            header = without_cost(row.header)
            assert header.reason in ("truncated_archive", "truncated") or header == without_cost(sound[row.path].header)
