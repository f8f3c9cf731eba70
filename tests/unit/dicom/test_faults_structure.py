"""How files begin and end: with or without preamble and meta information, mislabelled, cut, padded."""

from __future__ import annotations

import os
import struct

import pytest
from header_build import (
    ATTRIBUTES,
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    IMPLICIT_PLAIN,
    PIXELS,
    PLAIN,
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

from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.reason import Reason, Rejection
from eds_spark_imaging.dicom.result import HeaderStatus
from eds_spark_imaging.storage.source import BytesSource

# How a file begins


@pytest.mark.parametrize("change", [-10, 0, 40, 10_000, None])
def test_group_length_of_the_meta_information_is_not_relied_on(change: int | None) -> None:
    """pydicom#140."""
    data = part10(data_set(*PLAIN) + PIXELS)
    group_length = element(0x00020000, "UL", b"\0\0\0\0")
    if change is None:
        data = data[:132] + data[132 + len(group_length) :]
    else:
        right = struct.unpack_from("<L", data, 140)[0]
        data = data[:140] + struct.pack("<L", max(0, right + change)) + data[144:]
    header = read(data)
    assert_plain(header)
    assert header.values["transfer_syntax_uid"] == EXPLICIT


def test_meta_information_in_implicit_form() -> None:
    meta = element(0x00020002, None, b"1.2.840.10008.5.1.4.1.1.2\0") + element(0x00020010, None, EXPLICIT.encode())
    header = read(bytes(128) + b"DICM" + meta + data_set(*PLAIN) + PIXELS)
    assert_plain(header)
    assert header.values["transfer_syntax_uid"] == EXPLICIT


@pytest.mark.parametrize("explicit", [True, False])
def test_meta_information_missing_or_without_transfer_syntax(explicit: bool) -> None:
    body = data_set(*(PLAIN if explicit else IMPLICIT_PLAIN)) + (PIXELS if explicit else element(0x7FE00010, None, b""))
    for data in (bytes(128) + b"DICM" + body, part10(body, None), body):
        header = read(data)
        assert_plain(header)
        assert "transfer_syntax_uid" not in header.values
        assert header.has_preamble is (data is not body)
        assert header.issues == []


def test_a_stray_pad_byte_before_the_data_set() -> None:
    assert_plain(read(b" " + data_set(*PLAIN) + PIXELS))


def test_acr_nema_begins_with_a_group_length() -> None:
    group = element(0x00080000, None, struct.pack("<L", 100)) + element(0x00080010, None, b"ACR-NEMA 2.0")
    assert_plain(read(group + data_set(*IMPLICIT_PLAIN)[0:] + element(0x7FE00010, None, bytes(8))))


@pytest.mark.parametrize(
    ("written", "claimed"), [("explicit", IMPLICIT), ("implicit", EXPLICIT), ("big", EXPLICIT), ("little", BIG_ENDIAN)]
)
def test_transfer_syntax_that_is_not_the_real_one(written: str, claimed: str) -> None:
    if written == "big":
        body = b"".join(
            element(tag(keyword), vr, b"\2\0" if vr == "US" else raw, order=">") for keyword, vr, raw in PLAIN
        ) + element(0x7FE00010, "OW", bytes(8), order=">")
    else:
        body = data_set(*(IMPLICIT_PLAIN if written == "implicit" else PLAIN))
        body += element(0x7FE00010, None if written == "implicit" else "OW", bytes(8))
    header = read(part10(body, claimed))
    assert_plain(header)
    assert reasons(header, None) == [Reason.WRONG_TRANSFER_SYNTAX]


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("first", ["SpecificCharacterSet", "ImageType"])
def test_a_first_element_that_reaches_far_in_another_encoding(first: str, order: str, *, bare: bool) -> None:
    """``CS`` and a short length are 676,675 bytes in implicit form; in the other byte order, 64 bytes are 16,384."""
    value = b"ISO_IR 100" if first == "SpecificCharacterSet" else b"ORIGINAL\\PRIMARY\\".ljust(64, b"A")
    parts = sorted(((first, "CS", value), *PLAIN), key=lambda part: tag(part[0]))
    rows = struct.pack(order + "H", 512)
    body = b"".join(element(tag(k), vr, rows if vr == "US" else raw, order=order) for k, vr, raw in parts)
    body += element(0x7FE00010, "OW", b"\x55" * 1_000_000, order=order)
    header = read(body if bare else part10(body, IMPLICIT if order == "<" else EXPLICIT))
    assert_plain(header)
    assert reasons(header, None) == ([] if bare else [Reason.WRONG_TRANSFER_SYNTAX])


@pytest.mark.parametrize("syntax", ["1.2.840.113619.5.2", "1.2.840.10008.1.20"])
def test_transfer_syntaxes_of_ge_and_papyrus_are_implicit_little_endian(syntax: str) -> None:
    """The one private, the other retired (PS3.6 table A-1)."""
    header = read(part10(data_set(*IMPLICIT_PLAIN) + element(0x7FE00010, None, bytes(8)), syntax))
    assert_plain(header)
    assert header.issues == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Rejection.EMPTY),
        (bytes(128) + b"DICM", Rejection.PREAMBLE_ONLY),
        (bytes(4096), Rejection.NO_DICOM_STRUCTURE),
        (b"Compte rendu d'imagerie\n" * 40, Rejection.NO_DICOM_STRUCTURE),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(200), Rejection.NO_DICOM_STRUCTURE),
        (b"\0\0\0\1Bud1\0\0\x10\0" + bytes(200), Rejection.NO_DICOM_STRUCTURE),
        (b"\x08\x00", Rejection.NO_DICOM_STRUCTURE),
        (b"PK\x03\x04" + bytes(60), Rejection.NO_DICOM_STRUCTURE),
    ],
)
def test_what_is_not_dicom(data: bytes, reason: Rejection) -> None:
    header = read(data)
    assert (header.status, header.reason) == (HeaderStatus.NOT_DICOM, reason)
    assert header.values == {}


def test_garbage_behind_the_magic_is_quarantined() -> None:
    header = read(bytes(128) + b"DICM" + b"\xa7\x13\xff\xee" * 50)
    assert header.status is HeaderStatus.QUARANTINED
    assert header.values == {}


def test_directories_are_told_apart_whatever_their_name() -> None:
    class_uid = element(0x00020002, "UI", b"1.2.840.10008.1.3.10")
    record = sequence(0x00041220, "SQ", item(data_set(*PLAIN)))
    by_class = bytes(128) + b"DICM" + class_uid + record
    for data in (by_class, part10(record), part10(element(0x00041130, "CS", b"SET ") + record)):
        header = read(data)
        assert (header.status, header.values.get("patient_id")) == (HeaderStatus.DICOMDIR, None)


# How a file ends


def test_objects_without_pixel_data() -> None:
    assert_plain(read(part10(data_set(*PLAIN))), pixels=False)


def test_what_follows_pixel_data_does_not_count() -> None:
    tail = element(0x7FE10010, "LO", b"X ") + os.urandom(1024)
    assert_plain(read(part10(data_set(*PLAIN) + PIXELS + tail)))


PADDINGS = [
    *(bytes(size) for size in (1, 3, 8, 500, 4096)),
    *(unit * size for unit in (b" ", b"\n", b"\r\n") for size in (1, 2, 3, 4, 5, 64, 500)),
]


@pytest.mark.parametrize("explicit", [True, False])
@pytest.mark.parametrize("size", [400, 16 * 1024, 40_000])
@pytest.mark.parametrize("padding", PADDINGS)
def test_padding_behind_a_data_set(padding: bytes, size: int, explicit: bool) -> None:
    """Wherever the data set ends in what is read at once; pydicom reads it too."""
    parts = [*(PLAIN if explicit else IMPLICIT_PLAIN), ("TextComments", "LT" if explicit else None, b"")]
    syntax = EXPLICIT if explicit else IMPLICIT
    filler = size - len(part10(data_set(*parts), syntax))
    body = data_set(*parts[:-1], (*parts[-1][:2], b"x" * filler))
    data = part10(body + padding, syntax)
    assert len(data) == size + len(padding)
    header = read(data)
    assert_plain(header, pixels=False)
    assert (reasons(header, None), header.header_bytes) == ([Reason.TRAILING_BYTES], size)


def test_a_blank_that_may_begin_a_tag_is_a_cut() -> None:
    """Of group 0020; what comes behind that group is none."""
    for parts, status in ((PLAIN[:4], HeaderStatus.QUARANTINED), (PLAIN, HeaderStatus.PARSED)):
        assert read(part10(data_set(*parts) + b" ")).status is status


@pytest.mark.parametrize("explicit", [True, False])
@pytest.mark.parametrize("at", [1, 4, 6])
@pytest.mark.parametrize("zeros", [8, 100, 4096, 16_000, 16_384, 300_000])
def test_a_hole_of_zeros_is_no_padding(zeros: int, at: int, explicit: bool) -> None:
    """A page that was lost: what comes behind it is not there, though it is in the file."""
    parts = PLAIN if explicit else IMPLICIT_PLAIN
    behind = data_set(*parts[at:]) + element(0x7FE00010, "OW" if explicit else None, b"\x55" * 300_000)
    header = read(part10(data_set(*parts[:at]) + bytes(zeros) + behind, EXPLICIT if explicit else IMPLICIT))
    assert header.status is HeaderStatus.QUARANTINED
    assert header.reason in (Rejection.TRUNCATED, Rejection.MALFORMED)


@pytest.mark.parametrize("zeros", [4097, 16_384, 300_000])
def test_zeros_to_the_end_are_a_copy_that_was_interrupted(zeros: int) -> None:
    whole = part10(data_set(*PLAIN) + element(0x7FE00010, "OW", b"\x55" * zeros))
    for size in (1, 4, 6):
        kept = part10(data_set(*PLAIN[:size]))
        header = read(kept + bytes(len(whole) - len(kept)))
        assert (header.status, header.reason) == (HeaderStatus.QUARANTINED, Rejection.TRUNCATED)
        assert len(header.values) == 1 + size
    for begun in (part10(b""), bytes(128) + b"DICM"):
        header = read(begun + bytes(zeros))
        assert (header.status, header.reason) == (HeaderStatus.QUARANTINED, Rejection.TRUNCATED)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, DEFLATED])
def test_a_file_cut_in_its_meta_information_or_right_behind(syntax: str) -> None:
    """Between two elements too: there is no data set."""
    whole = part10(b"", syntax)
    for cut in range(133, len(whole) + 1):
        header = read(whole[:cut])
        assert (header.status, header.reason) == (HeaderStatus.QUARANTINED, Rejection.TRUNCATED), cut


@pytest.mark.parametrize("padding", [b"\0", b"\0" * 100, b" ", b" " * 100, b"\n" * 4])
def test_padding_without_a_data_set_is_quarantined(padding: bytes) -> None:
    for begun in (part10(b""), bytes(128) + b"DICM"):
        assert read(begun + padding).status is HeaderStatus.QUARANTINED


def test_files_that_are_alike_are_padded_too() -> None:
    reader = HeaderReader(ATTRIBUTES)
    filler = ("TextComments", "LT", b"x" * 600)
    for number in range(40):
        parts = (("SOPInstanceUID", "UI", b"1.2.3.%02d" % number), *PLAIN[1:], filler)
        for padding, status in ((bytes(100), "parsed"), (bytes(5000), "quarantined")):
            header = reader.read(BytesSource(part10(data_set(*parts) + padding)))
            assert header.status == status
            assert header.values["rows"] == 512


def test_file_cut_in_its_pixels_has_a_whole_header() -> None:
    assert_plain(read(part10(data_set(*PLAIN) + PIXELS)[:-40]))


@pytest.mark.parametrize("explicit", [True, False])
def test_every_cut_of_a_header_is_seen(explicit: bool) -> None:
    """No value may come from an element that is not all there; a cut between two elements cannot be seen."""
    parts = PLAIN if explicit else IMPLICIT_PLAIN
    whole = part10(data_set(*parts), EXPLICIT if explicit else IMPLICIT)
    complete = read(whole).values
    start = len(part10(b"", EXPLICIT if explicit else IMPLICIT))
    ends = [start]
    for keyword, vr, raw in sorted(parts, key=lambda part: tag(part[0])):
        ends.append(ends[-1] + len(element(tag(keyword), vr, raw)))
    for cut in range(start + 1, len(whole)):
        header = read(whole[:cut])
        if cut in ends:
            assert header.status is HeaderStatus.PARSED
        else:
            assert (header.status, header.reason) == (HeaderStatus.QUARANTINED, Rejection.TRUNCATED), cut
        assert header.values.items() <= complete.items()
        assert len(header.values) == 1 + sum(end <= cut for end in ends[1:])


@pytest.mark.parametrize("vr", ["UN", "OB", "LO"])
def test_length_beyond_the_end(vr: str) -> None:
    """GDCM#214: neither memory for it nor the short value."""
    length = 0x7FFFFFF0 if vr != "LO" else 0xFFF0
    data = part10(data_set(*PLAIN[:4]) + element(tag("BodyPartExamined"), vr, b"ab", length))
    header = read(data)
    assert (header.status, header.reason) == (HeaderStatus.QUARANTINED, Rejection.TRUNCATED)
    assert header.values["patient_id"] == "8001234567"
    assert "body_part_examined" not in header.values
    assert header.bytes_read <= len(data)
