"""Files whose structure is broken, rare or hostile: read as far as it can be proven, in bounded time and memory."""

from __future__ import annotations

import os
import resource
import struct
import time
import zlib
from pathlib import Path

import pytest
from header_build import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    READER,
    UNDEFINED,
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
from eds_spark_imaging.dicom.result import Header, Status
from eds_spark_imaging.dicom.storage import BytesSource, LocalFile

PLAIN = (
    ("SOPInstanceUID", "UI", b"1.2.3.4\0"),
    ("StudyDate", "DA", b"20240131"),
    ("Modality", "CS", b"CT"),
    ("PatientID", "LO", b"8001234567"),
    ("StudyInstanceUID", "UI", b"1.2.3\0"),
    ("Rows", "US", b"\0\2"),
)
IMPLICIT_PLAIN = tuple((keyword, None, raw) for keyword, _, raw in PLAIN)
PIXELS = element(0x7FE00010, "OW", bytes(64))
EXPECTED = {"sop_instance_uid": "1.2.3.4", "modality": "CT", "patient_id": "8001234567", "study_instance_uid": "1.2.3"}


def assert_plain(header: Header, *, pixels: bool = True) -> None:
    assert (header.status, header.reason) == (Status.PARSED, None)
    assert {column: header.values.get(column) for column in EXPECTED} == EXPECTED
    assert header.values["rows"] == 512
    assert header.has_pixel_data is pixels


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


def test_private_transfer_syntax_of_ge_is_implicit_little_endian() -> None:
    header = read(part10(data_set(*IMPLICIT_PLAIN) + element(0x7FE00010, None, bytes(8)), "1.2.840.113619.5.2"))
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
    assert (header.status, header.reason) == (Status.NOT_DICOM, reason)
    assert header.values == {}


def test_garbage_behind_the_magic_is_quarantined() -> None:
    header = read(bytes(128) + b"DICM" + b"\xa7\x13\xff\xee" * 50)
    assert header.status is Status.QUARANTINED
    assert header.values == {}


def test_directories_are_told_apart_whatever_their_name() -> None:
    class_uid = element(0x00020002, "UI", b"1.2.840.10008.1.3.10")
    record = sequence(0x00041220, "SQ", item(data_set(*PLAIN)))
    by_class = bytes(128) + b"DICM" + class_uid + record
    for data in (by_class, part10(record), part10(element(0x00041130, "CS", b"SET ") + record)):
        header = read(data)
        assert (header.status, header.values.get("patient_id")) == (Status.DICOMDIR, None)


# How a file ends


def test_objects_without_pixel_data() -> None:
    assert_plain(read(part10(data_set(*PLAIN))), pixels=False)


def test_what_follows_pixel_data_does_not_count() -> None:
    tail = element(0x7FE10010, "LO", b"X ") + os.urandom(1024)
    assert_plain(read(part10(data_set(*PLAIN) + PIXELS + tail)))


@pytest.mark.parametrize("padding", [3, 8, 500])
def test_zeros_behind_a_data_set(padding: int) -> None:
    assert_plain(read(part10(data_set(*PLAIN) + bytes(padding))), pixels=False)


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
            assert header.status is Status.PARSED
        else:
            assert (header.status, header.reason) == (Status.QUARANTINED, Rejection.TRUNCATED), cut
        assert header.values.items() <= complete.items()
        assert len(header.values) == 1 + sum(end <= cut for end in ends[1:])


@pytest.mark.parametrize("vr", ["UN", "OB", "LO"])
def test_length_beyond_the_end(vr: str) -> None:
    """GDCM#214: neither memory for it nor the short value."""
    length = 0x7FFFFFF0 if vr != "LO" else 0xFFF0
    data = part10(data_set(*PLAIN[:4]) + element(tag("BodyPartExamined"), vr, b"ab", length))
    header = read(data)
    assert (header.status, header.reason) == (Status.QUARANTINED, Rejection.TRUNCATED)
    assert header.values["patient_id"] == "8001234567"
    assert "body_part_examined" not in header.values
    assert header.bytes_read <= len(data)


def test_large_elements_are_skipped_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large"
    head = data_set(*PLAIN[:4]) + element(0x00420011, "OB", b"", 50_000_000)
    with path.open("wb") as file:
        file.write(part10(head))
        file.seek(50_000_000, os.SEEK_CUR)
        file.write(element(0x00490010, "LO", b"X ") + element(0x7FE00010, "OW", bytes(100)))
    header = READER.read(LocalFile(path))
    assert header.status is Status.PARSED
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


# Sequences


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
    assert header.values["detector_ids"] == ["B2"]
    assert reasons(header, None) == [Reason.BAD_SEQUENCE]


def test_sequence_without_its_delimiter_is_truncated() -> None:
    open_ended = element(tag("DetectorInformationSequence"), "SQ", item(b""), UNDEFINED)
    header = read(part10(data_set(*PLAIN) + open_ended))
    assert (header.status, header.reason) == (Status.QUARANTINED, Rejection.TRUNCATED)
    assert header.values["patient_id"] == "8001234567"


@pytest.mark.parametrize("size", [10, 100_000])
@pytest.mark.parametrize("length", [8, 20, 60])
def test_items_that_go_beyond_the_end_of_their_sequence(length: int, size: int) -> None:
    """The items' own delimiters are taken, or the file is given up: never is a byte read twice."""
    filler = element(0x00091001, "UT", b"x" * size) * 3
    inner = item(element(tag("DetectorID"), "SH", b"A1") + filler, defined=False)
    liar = element(tag("DetectorInformationSequence"), "SQ", inner + inner, length)
    header = read(part10(data_set(*PLAIN) + liar + PIXELS))
    if header.status is Status.PARSED:
        assert_plain(header)
        assert header.values["detector_ids"] == ["A1"]
    else:
        assert header.reason == Rejection.MALFORMED
    assert header.values["patient_id"] == "8001234567"


@pytest.mark.parametrize("depth", [20, 100, 100_000])
def test_nesting_is_bounded(depth: int) -> None:
    opened = element(0x00091010, "SQ", b"", UNDEFINED) + struct.pack("<HHL", 0xFFFE, 0xE000, UNDEFINED)
    closed = struct.pack("<HHLHHL", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    started = time.process_time()
    header = read(part10(data_set(*PLAIN[:3]) + opened * depth + closed * depth + data_set(*PLAIN[3:]) + PIXELS))
    assert time.process_time() - started < 2
    if depth < 64:
        assert_plain(header)
    else:
        assert (header.status, header.reason) == (Status.QUARANTINED, Rejection.MALFORMED)
        assert header.values["modality"] == "CT"


def test_elements_with_a_made_up_vr() -> None:
    """Short form, long form, and implicit form among explicit elements."""
    odd = element(0x00091001, "??", b"ab") + element(0x00091002, None, b"abcd")
    odd += struct.pack("<HH2sHL", 0x0009, 0x1003, b"ZZ", 0, 4) + b"abcd"
    header = read(part10(data_set(*PLAIN[:3]) + odd + data_set(*PLAIN[3:]) + PIXELS))
    assert_plain(header)


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
    started = time.process_time()
    header = read(data)
    assert time.process_time() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 350_000  # KiB
    assert (header.status, header.reason) == (Status.QUARANTINED, Rejection.HEADER_TOO_LARGE)


def test_many_private_elements() -> None:
    private = b"".join(element(0x00090000 | 0x1000 + n, "LO", b"private ") for n in range(5_000))
    header = read(part10(data_set(*PLAIN[:3]) + private + data_set(*PLAIN[3:]) + PIXELS))
    assert_plain(header)
    assert set(header.values) == {*EXPECTED, "rows", "transfer_syntax_uid", "study_date"}


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


# Deflated data sets


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
    started = time.process_time()
    header = read(part10(packed, DEFLATED))
    assert time.process_time() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000  # KiB
    assert header.status is Status.QUARANTINED or header.values["patient_id"] == "8001234567"


def test_deflate_bomb_in_one_skipped_element() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    head = data_set(*PLAIN) + element(0x00420011, "OB", b"", 900_000_000)
    packed = packer.compress(head) + b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(300)) + packer.flush()
    header = read(part10(packed, DEFLATED))
    assert (header.status, header.reason) == (Status.QUARANTINED, Rejection.HEADER_TOO_LARGE)


# Sources


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
        assert (header.status, header.reason, header.values) == (Status.QUARANTINED, Rejection.IO_ERROR, {})


def test_error_while_reading() -> None:
    class Failing(BytesSource):
        def read_at(self, offset: int, length: int) -> bytes:
            if offset:
                raise OSError("gone")
            return super().read_at(offset, length)

    header = READER.read(Failing(part10(data_set(*PLAIN) + element(0x00091001, "UN", bytes(40_000)) + PIXELS)))
    assert (header.status, header.reason, header.values) == (Status.QUARANTINED, Rejection.IO_ERROR, {})


def test_digest_is_of_the_header_alone() -> None:
    body = data_set(*PLAIN)
    same = {read(part10(body + element(0x7FE00010, "OW", pixels))).digest for pixels in (bytes(8), b"x" * 90_000)}
    assert len(same) == 1
    assert read(part10(body.replace(b"8001234567", b"8001234568") + PIXELS)).digest not in same
