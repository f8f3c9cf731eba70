"""Where values sit: functional groups, lifted sequences, private blocks, fallbacks."""

from __future__ import annotations

import struct

import pytest
from header_build import ATTRIBUTES, IMPLICIT, data_set, element, item, part10, read, reasons, sequence, tag

from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.dicom.header import HeaderReader, fingerprint
from eds_spark_imaging.dicom.reason import Reason
from eds_spark_imaging.storage.source import BytesSource

SHARED, PER_FRAME = tag("SharedFunctionalGroupsSequence"), tag("PerFrameFunctionalGroupsSequence")


def double(number: float) -> bytes:
    return struct.pack("<d", number)


def timing(repetition: float) -> bytes:
    return sequence(
        tag("MRTimingAndRelatedParametersSequence"),
        "SQ",
        item(element(tag("RepetitionTime"), "DS", b"%g" % repetition)),
    )


def echo(*times: float | None) -> bytes:
    items = [item(b"" if t is None else element(tag("EffectiveEchoTime"), "FD", double(t))) for t in times]
    return sequence(tag("MREchoSequence"), "SQ", *items)


def enhanced(shared: bytes, *frames: bytes, defined: bool = True) -> bytes:
    groups = sequence(SHARED, "SQ", item(shared, defined=defined), defined=defined)
    if frames:
        groups += sequence(PER_FRAME, "SQ", *(item(frame, defined=defined) for frame in frames), defined=defined)
    return part10(data_set(("Modality", "CS", b"MR"), ("RepetitionTime", "DS", b"1 ")) + groups)


@pytest.mark.parametrize("defined", [True, False])
def test_functional_groups(defined: bool) -> None:
    header = read(enhanced(timing(500), echo(30), echo(10), echo(None), echo(30), defined=defined))
    assert header.values["repetition_time"] == 500
    assert header.values["echo_time"] == [10, 30]
    assert header.frame_ranges == {}
    assert header.issues == []


def test_per_frame_wins_over_shared_and_shared_over_top_level() -> None:
    header = read(enhanced(timing(500) + echo(5), timing(20), timing(30), timing(10)))
    assert header.values["repetition_time"] == 20
    assert header.frame_ranges == {"repetition_time": (10, 30)}
    assert header.values["echo_time"] == [5]
    assert read(enhanced(b"")).values["repetition_time"] == 1


def test_values_of_the_frames_are_read_with_their_issues() -> None:
    bad = element(tag("RepetitionTime"), "DS", b"x ")
    frame = sequence(tag("MRTimingAndRelatedParametersSequence"), "SQ", item(bad))
    header = read(enhanced(b"", frame, timing(7)))
    assert header.values["repetition_time"] == 7
    (issue,) = header.issues
    assert (issue.tag, issue.raw) == ("(5200,9230)[0](0018,9112)[0](0018,0080)", "x")


def test_frames_that_do_not_match_their_number() -> None:
    data = enhanced(b"", timing(1), timing(1), timing(1))
    extra = element(tag("NumberOfFrames"), "IS", b"10")
    position = data.index(struct.pack("<HH", 0x5200, 0x9229))
    header = read(data[:position] + extra + data[position:])
    assert header.values["number_of_frames"] == 10
    assert reasons(header, "number_of_frames") == [Reason.FRAME_COUNT]


def test_a_copy_of_the_groups_in_a_private_sequence_does_not_count() -> None:
    copy = sequence(0x2005140F, "SQ", item(element(tag("RepetitionTime"), "DS", b"99")))
    assert read(enhanced(timing(500) + copy, echo(3) + copy)).values["repetition_time"] == 500


def test_many_keeps_the_first_frame_s_list() -> None:
    attributes = [attribute("@PlanePositionSequence.ImagePositionPatient", "double", "instance", many=True, column="p")]
    frames = [
        sequence(tag("PlanePositionSequence"), "SQ", item(element(tag("ImagePositionPatient"), "DS", raw)))
        for raw in (b"", b"1\\1\\2 ", b"4\\5\\6 ")
    ]
    assert HeaderReader(attributes).read(BytesSource(enhanced(b"", *frames))).values == {"p": [1, 1, 2]}


def test_values_of_all_frames_repeated_ones_once() -> None:
    place = "@PlanePositionSequence.ImagePositionPatient"
    attributes = [attribute(place, "double", "instance", many=True, column="p", frames=3)]
    raws = (b"1\\1\\2 ", b"", b"4\\5\\6 ", b"1\\1\\2.0", b"7\\8 ", b"4\\5\\7 ")
    frames = [
        sequence(tag("PlanePositionSequence"), "SQ", item(element(tag("ImagePositionPatient"), "DS", raw)))
        for raw in raws
    ]
    reader = HeaderReader(attributes)
    assert reader.read(BytesSource(enhanced(b"", *frames))).values == {"p": [1, 1, 2, 4, 5, 6, 4, 5, 7]}
    assert reader.read(BytesSource(enhanced(frames[0]))).values == {"p": [1, 1, 2]}


def test_lifted_sequences() -> None:
    views = sequence(
        tag("ViewCodeSequence"),
        "SQ",
        item(data_set(("CodeMeaning", "LO", b"cranio-caudal "))),
        item(data_set(("CodeMeaning", "LO", b"other "))),
    )
    detectors = sequence(
        tag("DetectorInformationSequence"),
        "SQ",
        item(data_set(("DetectorID", "SH", b"A1"))),
        item(b""),
        item(data_set(("DetectorID", "SH", b"A1"))),
    )
    header = read(part10(data_set(("Modality", "CS", b"NM")) + detectors + views))
    assert header.values["view"] == "cranio-caudal"
    assert header.values["detector_ids"] == ["A1", None, "A1"]
    assert reasons(header, "view") == [Reason.MULTIPLE_ITEMS]


def test_fallback_sources_in_their_order() -> None:
    assert read(part10(data_set(("Exposure", "IS", b"14"), ("ExposureInuAs", "IS", b"99")))).values["exposure"] == 14
    bad_first = read(part10(data_set(("Exposure", "IS", b"x "), ("ExposureInuAs", "IS", b"93000 "))))
    assert bad_first.values["exposure"] == 93
    assert reasons(bad_first, "exposure") == [Reason.BAD_NUMBER]


def test_explain_tells_the_source() -> None:
    reader = HeaderReader(ATTRIBUTES, explain=True)
    header = reader.read(BytesSource(enhanced(timing(500), echo(3))))
    assert header.sources["repetition_time"] == "@MRTimingAndRelatedParametersSequence.RepetitionTime"
    assert header.sources["modality"] == "Modality"
    assert set(header.sources) == set(header.values)


# Private elements


def block(group: int, number: int, creator: bytes, low: int, vr: str | None, raw: bytes) -> bytes:
    owner = element(group << 16 | number, None if vr is None else "LO", creator)
    return owner + element(group << 16 | number << 8 | low, vr, raw)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (block(0x0043, 0x10, b"GEMS_PARM_01", 0x39, "IS", b"1000\\8\\0\\0 "), [1000]),
        (block(0x0043, 0x10, b"GEMS_PARM_01", 0x39, "UN", b"1000\\8\\0\\0 "), [1000]),
        (block(0x0043, 0x10, b"GEMS_PARM_01", 0x39, "IS", b"1000000050\\8\\0\\0"), [50]),
        (block(0x0043, 0x10, b"OTHER VENDOR", 0x39, "UN", b"1000\\8\\0\\0 "), None),
        (element(0x00431039, "UN", b"1000\\8\\0\\0 "), None),
        (block(0x0019, 0x10, b"SIEMENS MR HEADER ", 0x0C, "IS", b"800 "), [800]),
        (block(0x0019, 0x11, b"SIEMENS MR HEADER ", 0x0C, "IS", b"800 "), [800]),
        (block(0x0019, 0xFF, b"SIEMENS MR HEADER\0", 0x0C, "UN", b"800 "), [800]),
        (block(0x2001, 0x10, b"Philips Imaging DD 001", 0x03, "FL", struct.pack("<f", 600)), [600]),
        (block(0x2001, 0x10, b"Philips Imaging DD 001", 0x03, "UN", struct.pack("<f", 600)), [600]),
        # twice the same creator: the block that has the element
        (
            element(0x00190010, "LO", b"SIEMENS MR HEADER ")
            + block(0x0019, 0x11, b"SIEMENS MR HEADER ", 0x0C, "IS", b"800 "),
            [800],
        ),
        (block(0x0019, 0x10, b"SIEMENS MR HEADER\\X", 0x0C, "IS", b"800 "), None),
        (element(0x00190010, "US", b"\1\2") + element(0x0019100C, "IS", b"800 "), None),
        (element(0x00190010, "LO", b"") + element(0x0019100C, "IS", b"800 "), None),
    ],
)
def test_private_elements_by_creator(data: bytes, value: list[float] | None) -> None:
    header = read(part10(data_set(("Modality", "CS", b"MR")) + data))
    assert header.values.get("b_value") == value
    assert header.issues == []


def test_private_elements_in_implicit_form() -> None:
    for data, value in (
        (block(0x0043, 0x10, b"GEMS_PARM_01", 0x39, None, b"1000\\8\\0\\0 "), 1000),
        (block(0x0019, 0x10, b"SIEMENS MR HEADER ", 0x0C, None, b"800 "), 800),
        (block(0x2001, 0x10, b"Philips Imaging DD 001", 0x03, None, struct.pack("<f", 600)), 600),
    ):
        assert read(part10(element(tag("Modality"), None, b"MR") + data, IMPLICIT)).values["b_value"] == [value]


def test_public_b_value_comes_first() -> None:
    data = data_set(("DiffusionBValue", "FD", double(700)))
    assert read(part10(data + block(0x0019, 0x10, b"SIEMENS MR HEADER ", 0x0C, "IS", b"1 "))).values["b_value"] == [700]


def test_private_creators_hold_for_their_own_item_only() -> None:
    attributes = [attribute("DetectorInformationSequence.(0019,xx0C)[ACME]", "bigint", "series", many=True, column="x")]
    with_creator = item(block(0x0019, 0x10, b"ACME", 0x0C, "US", b"\7\0"))
    without = item(element(0x0019100C, "US", b"\x08\0"))
    data = sequence(tag("DetectorInformationSequence"), "SQ", with_creator, without)
    for outside in (b"", block(0x0019, 0x10, b"ACME", 0x0C, "US", b"\x09\0")):
        header = HeaderReader(attributes).read(BytesSource(part10(outside + data)))
        assert header.values == {"x": [7, None]}


def test_values_of_a_private_sequence() -> None:
    attributes = [attribute("(0021,xx01)[ACME].Rows", "bigint", "instance", column="x")]
    owner = element(0x00210012, "LO", b"ACME")
    for vr in ("SQ", "UN"):
        data = owner + sequence(0x00211201, vr, item(element(tag("Rows"), "US", b"\7\0")))
        assert HeaderReader(attributes).read(BytesSource(part10(data))).values == {"x": 7}


# The fingerprint of a declaration


def test_fingerprint_changes_with_what_decides_values_only() -> None:
    base = attribute("KVP", "double", "acquisition", comment="a")
    other = attribute("SliceThickness", "double", "acquisition")
    assert fingerprint([base, other]) == fingerprint([other, attribute("KVP", "double", "acquisition", comment="b")])
    changed = (
        attribute(("KVP", "@CTXRayDetailsSequence.KVP"), "double", "acquisition"),
        attribute("KVP", "string", "acquisition"),
        attribute("KVP", "double", "acquisition", many=True),
        attribute("KVP", "double", "acquisition", column="tube"),
        attribute("KVP*2", "double", "acquisition", column="kvp"),
    )
    assert len({fingerprint([a]) for a in (base, *changed)}) == 1 + len(changed)
