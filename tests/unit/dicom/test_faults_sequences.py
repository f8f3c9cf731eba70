"""Sequences and elements in every form, whole and broken: never a wrong value, and the rest is read."""

from __future__ import annotations

import struct
from io import BytesIO

import pydicom
import pytest
from header_build import (
    EXPLICIT,
    IMPLICIT,
    IMPLICIT_PLAIN,
    PIXELS,
    PLAIN,
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


@pytest.mark.parametrize("defined_items", [True, False])
@pytest.mark.parametrize("defined", [True, False])
@pytest.mark.parametrize("form", ["SQ", None, "UN explicit", "UN implicit"])
def test_sequences_in_every_form(form: str | None, defined: bool, defined_items: bool) -> None:
    """pydicom#1312, dcm4che#159: UN too, with items in either form."""
    explicit_items = form in ("SQ", "UN explicit")
    items = [
        item(element(tag("DetectorID"), "SH" if explicit_items else None, name), defined=defined_items)
        for name in (b"A1", b"B2")
    ]
    vr = None if form is None else form[:2]
    lifted = sequence(tag("DetectorInformationSequence"), vr, *items, defined=defined)
    unknown = sequence(0x200510FF, vr, *items, defined=defined)
    before, after = ((p[:5], p[5:]) for p in (PLAIN if vr else IMPLICIT_PLAIN,)).__next__()
    rest = unknown + data_set(*after) + lifted
    header = read(
        part10(data_set(*before) + rest + element(0x7FE00010, "OW" if vr else None, b""), EXPLICIT if vr else IMPLICIT)
    )
    assert_plain(header)
    assert header.values["detector_ids"] == ["A1", "B2"]


def test_only_top_level_pixel_data_ends_the_header() -> None:
    """bioformats#4168: an icon has pixels and rows too."""
    fragments = item(b"") + item(b"\xff\xd8\xff\xd9")
    for pixels in (
        element(0x7FE00010, "OB", bytes(16)),
        element(0x7FE00010, "OB", fragments, UNDEFINED) + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0),
    ):
        icon = item(data_set(("Rows", "US", b"\x40\0")) + pixels, defined=False)
        first = sequence(tag("IconImageSequence"), "SQ", icon, defined=False)
        header = read(part10(data_set(*PLAIN[:5]) + data_set(PLAIN[5]) + first + PIXELS))
        assert_plain(header)
        assert header.values["icon_rows"] == 64


def test_identifiers_come_from_the_top_level_only() -> None:
    other = item(data_set(("SOPInstanceUID", "UI", b"9.9\0"), ("PatientID", "LO", b"OTHER ")))
    header = read(part10(data_set(*PLAIN[:3]) + sequence(0x00081115, "SQ", other) + data_set(*PLAIN[3:]) + PIXELS))
    assert_plain(header)


def test_broken_sequence_of_known_length_is_passed_over() -> None:
    broken = element(tag("DetectorInformationSequence"), "SQ", b"\1\2\3\4\5\6\7\10rubbish!")
    header = read(part10(data_set(*PLAIN) + broken + PIXELS))
    assert_plain(header)
    assert "detector_ids" not in header.values
    assert reasons(header, None) == [Reason.BAD_SEQUENCE]


def test_item_longer_than_its_sequence() -> None:
    liar = struct.pack("<HHL", 0xFFFE, 0xE000, 0x7FFFFFFF) + element(tag("DetectorID"), "SH", b"A1")
    header = read(part10(data_set(*PLAIN) + element(tag("DetectorInformationSequence"), "SQ", liar) + PIXELS))
    assert_plain(header)
    assert reasons(header, None) == [Reason.BAD_SEQUENCE]


def test_element_longer_than_its_item() -> None:
    liar = item(element(tag("DetectorID"), "SH", b"A1", 500))
    header = read(part10(data_set(*PLAIN) + sequence(tag("DetectorInformationSequence"), "SQ", liar) + PIXELS))
    assert_plain(header)
    assert "detector_ids" not in header.values
    assert reasons(header, None) == [Reason.BAD_SEQUENCE]


def test_broken_sequence_inside_an_item_of_known_length() -> None:
    broken = element(0x00091010, "SQ", b"rubbish rubbish ", UNDEFINED)
    detector = item(element(0x00080100, "SH", b"A ") + broken + element(tag("DetectorID"), "SH", b"A1"))
    good = item(element(tag("DetectorID"), "SH", b"B2"))
    header = read(
        part10(data_set(*PLAIN) + sequence(tag("DetectorInformationSequence"), "SQ", detector, good) + PIXELS)
    )
    assert_plain(header)
    assert header.values["detector_ids"] == [None, "B2"]
    assert reasons(header, None) == [Reason.BAD_SEQUENCE]


def test_sequence_without_its_delimiter_is_truncated() -> None:
    open_ended = element(tag("DetectorInformationSequence"), "SQ", item(b""), UNDEFINED)
    header = read(part10(data_set(*PLAIN) + open_ended))
    assert (header.status, header.reason) == (HeaderStatus.QUARANTINED, Rejection.TRUNCATED)
    assert header.values["patient_id"] == "8001234567"


@pytest.mark.parametrize("size", [10, 100_000])
@pytest.mark.parametrize("length", [8, 20, 60])
def test_items_that_go_beyond_the_end_of_their_sequence(length: int, size: int) -> None:
    """The items' own delimiters are taken, or the file is given up: never is a byte read twice."""
    filler = element(0x00091001, "UT", b"x" * size) * 3
    inner = item(element(tag("DetectorID"), "SH", b"A1") + filler, defined=False)
    liar = element(tag("DetectorInformationSequence"), "SQ", inner + inner, length)
    header = read(part10(data_set(*PLAIN) + liar + PIXELS))
    if header.status is HeaderStatus.PARSED:
        assert_plain(header)
        assert header.values["detector_ids"] == ["A1"]
    else:
        assert header.reason == Rejection.MALFORMED
    assert header.values["patient_id"] == "8001234567"


def test_elements_with_a_made_up_vr() -> None:
    """Short form, long form, and implicit form among explicit elements."""
    odd = element(0x00091001, "??", b"ab") + element(0x00091002, None, b"abcd")
    odd += struct.pack("<HH2sHL", 0x0009, 0x1003, b"ZZ", 0, 4) + b"abcd"
    header = read(part10(data_set(*PLAIN[:3]) + odd + data_set(*PLAIN[3:]) + PIXELS))
    assert_plain(header)


def test_tags_that_do_not_ascend_are_a_sign_of_damage() -> None:
    header = read(part10(data_set(*PLAIN[3:]) + data_set(*PLAIN[:3]) + PIXELS))
    assert_plain(header)
    assert reasons(header, None) == [Reason.TAG_ORDER]


@pytest.mark.parametrize("keyword", ["Modality", "Exposure"])
def test_of_a_repeated_element_the_last_counts(keyword: str) -> None:
    """As pydicom has it."""
    elements = element(tag(keyword), "IS", b"1 ") + element(tag(keyword), "IS", b"2 ")
    header = read(part10(elements + PIXELS))
    assert header.values[keyword.lower()] == (2.0 if keyword == "Exposure" else "2")
    assert reasons(header, None) == [Reason.TAG_ORDER]


@pytest.mark.parametrize("explicit", [True, False])
@pytest.mark.parametrize("length", [1, 8, 0x20202020, UNDEFINED])
@pytest.mark.parametrize("place", ["undeclared", "nested", "declared"])
def test_delimiters_whose_length_is_not_zero(place: str, length: int, explicit: bool) -> None:
    """PS3.5 section 7.5.1 says zero; pydicom skips the field, whatever it holds."""
    item_end = struct.pack("<HHL", 0xFFFE, 0xE00D, length)
    sequence_end = struct.pack("<HHL", 0xFFFE, 0xE0DD, length)
    vr = "SQ" if explicit else None

    def undefined(tag_: int, content: bytes) -> bytes:
        one = item(content, defined=False)[:-8] + item_end
        return element(tag_, vr, one + one + sequence_end, UNDEFINED)

    content = element(tag("DetectorID"), "SH" if explicit else None, b"A1")
    if place == "declared":
        odd, at = undefined(tag("DetectorInformationSequence"), content), 4
    else:
        odd, at = undefined(0x00091010, undefined(0x00091011, content) if place == "nested" else content), 3
    parts = [(k, v if explicit else None, raw) for k, v, raw in PLAIN]
    body = data_set(*parts[:at]) + odd + data_set(*parts[at:])
    data = part10(body + element(0x7FE00010, "OW" if explicit else None, bytes(8)), EXPLICIT if explicit else IMPLICIT)
    assert pydicom.dcmread(BytesIO(data)).StudyInstanceUID == "1.2.3"
    assert_plain(read(data))
