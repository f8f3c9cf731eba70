"""Beginnings of headers that were met before: what is taken from them is what reading the file gives."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from header_build import (
    ATTRIBUTES,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    PIXELS,
    READER,
    data_set,
    element,
    item,
    part10,
    sequence,
    tag,
    without_templates,
)
from header_oracle import packaged_files
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataelem import RawDataElement
from pydicom.filereader import data_element_generator

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.declaration.attribute import Attribute, attribute
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.parser.plan import FRAME_GROUPS
from eds_spark_imaging.dicom.parser.window import BLOCK
from eds_spark_imaging.dicom.reason import Reason, Rejection
from eds_spark_imaging.dicom.result import Header, HeaderStatus
from eds_spark_imaging.dicom.templates import known as templates
from eds_spark_imaging.dicom.templates.example import Example
from eds_spark_imaging.dicom.templates.leaves import Leaves
from eds_spark_imaging.storage.source import BytesSource
from eds_spark_imaging.tables import Catalogue
from eds_spark_imaging.workers.parsing import Assembler, FileReading

SIBLING = Path(__file__).parents[5] / "shared" / "dicom"
DECLARED = declaration()
CT = (Path(pydicom.__file__).parent / "data" / "test_files" / "CT_small.dcm").read_bytes()
CT_LENGTH = CT.index(b"\xe0\x7f\x10\x00OW")
NEARLY = HeaderReader(ATTRIBUTES)
OTHERS: dict[tuple[Attribute, ...], HeaderReader] = {}


def without_memory(data: bytes, reader: HeaderReader) -> Header:
    """What a reader that keeps no template in mind makes of a file."""
    if reader.attributes not in OTHERS:
        OTHERS[reader.attributes] = without_templates(reader.attributes)
    return OTHERS[reader.attributes].read(BytesSource(data))


def check_same(header: Header, fresh: Header) -> None:
    """All that counts is equal; issues may come in another order."""
    assert {**fresh.values} == header.values
    assert sorted(map(str, header.issues)) == sorted(map(str, fresh.issues))
    for name in ("status", "reason", "frame_ranges", "frame_conflicts", "offsets", "has_pixel_data", "header_bytes"):
        assert getattr(header, name) == getattr(fresh, name), name
    assert header.has_preamble == fresh.has_preamble
    assert (header.bytes_read, header.digest) == (fresh.bytes_read, fresh.digest)
    if header.common is not None:
        assert {**header.common, **header.own} == header.values
        assert not header.common.keys() & header.own.keys()


def read_in_turn(files: Iterable[bytes], reader: HeaderReader | None = None) -> list[bool]:
    """Checks each file against a reader that has met nothing; whether each was recognised."""
    reader = reader or HeaderReader(ATTRIBUTES)
    recognised = []
    for data in files:
        header = reader.read(BytesSource(data))
        check_same(header, without_memory(data, reader))
        recognised.append(header.common is not None)
    return recognised


def known(reader: HeaderReader) -> list[Example]:
    """The examples that a reader has in mind."""
    return [example for alike in reader._templates.known.values() for example in alike]


def number(value: int) -> tuple[str, str, bytes]:
    return ("InstanceNumber", "IS", f"{value:06d}".encode())


def filler(size: int = 600) -> bytes:
    """An element that is passed over, so that a header is worth keeping in mind."""
    return element(0x00071010, "LO", b"x" * size)


def a_file(*elements: tuple[str, str | None, bytes], behind: bytes = PIXELS) -> bytes:
    return part10(filler() + data_set(*elements) + behind)


def test_slices_are_recognised_after_a_few() -> None:
    slices = [CT.replace(b"-77.2040634155", f"-{n:02d}.2040634155".encode()) for n in range(20, 40)]
    assert slices[0] != slices[1]
    recognised = read_in_turn(slices, HeaderReader(DECLARED))
    assert recognised[:2] == [False, False]
    assert all(recognised[5:])


def test_another_series_and_another_patient() -> None:
    """The first file of another patient is read in the usual way; what varies is known by then."""
    files = [
        a_file(("PatientID", "LO", patient), ("SeriesDescription", "LO", b"chest " * 4), number(n))
        for patient in (b"synthetic one ", b"synthetic two ")
        for n in range(20)
    ]
    reader = HeaderReader(ATTRIBUTES)
    recognised = read_in_turn(files, reader)
    assert all(recognised[6:20])
    assert all(recognised[24:])


@given(
    position=st.integers(132, CT_LENGTH - 1),
    byte=st.integers(0, 255),
    kept=st.one_of(st.just(len(CT)), st.integers(132, len(CT))),
)
@settings(max_examples=300)
def test_a_file_that_is_nearly_one_that_was_met(position: int, byte: int, kept: int) -> None:
    """Another tag, VR, length or value somewhere, or an end too early: nothing is taken for what it was before."""
    for number in range(20, 24):
        NEARLY.read(BytesSource(CT.replace(b"-77.2040634155", f"-{number}.2040634155".encode())))
    assert known(NEARLY)
    changed = bytearray(CT[:kept])
    if position < kept:
        changed[position] = byte
    check_same(NEARLY.read(BytesSource(bytes(changed))), without_memory(bytes(changed), NEARLY))


@given(st.data())
@settings(max_examples=150)
def test_files_whose_values_and_structure_differ_at_random(data: st.DataObject) -> None:
    """Mostly values of the same length, sometimes any byte, cut or not, of files of several kinds in turn."""
    chance = random.Random(data.draw(st.integers(0, 2**32)))
    reader = HeaderReader(DECLARED)
    kinds = chance.sample(SEEDS, 2)
    places = {kind: [leaf[:2] for leaf in Leaves(kind, ()).leaves if leaf[0] < leaf[1]] for kind in kinds}
    some = {kind: chance.sample(leaves, min(len(leaves), 6)) for kind, leaves in places.items()}
    for _ in range(30):
        kind = chance.choice(kinds)
        changed = bytearray(kind)
        for start, stop in some[kind]:
            if chance.random() < 0.5:
                at = chance.randrange(start, stop)
                changed[at] = chance.choice((48 + chance.randrange(10), 32, 92, 0, 65, 233))
        if chance.random() < 0.2:
            changed[chance.randrange(min(len(changed), 8000))] = chance.randrange(256)
        if chance.random() < 0.05:
            del changed[chance.randrange(len(changed)) :]
        file = bytes(changed)
        check_same(reader.read(BytesSource(file)), without_memory(file, reader))


def _seeds() -> list[bytes]:
    paths = [*packaged_files(), *(sorted(SIBLING.rglob("*.dcm")) if SIBLING.is_dir() else ())]
    return [path.read_bytes()[: 96 * 1024] for path in paths]


SEEDS = [data for data in _seeds() if data[128:132] == b"DICM" and Leaves(data, ()).position > templates.LEAST]


def test_there_is_something_to_take_by_chance() -> None:
    assert len(SEEDS) > 20


@pytest.mark.parametrize("path", packaged_files(), ids=lambda path: path.name)
def test_the_same_file_again_and_again(path: Path) -> None:
    data = path.read_bytes()
    read_in_turn([data] * 6, HeaderReader(DECLARED))


def large(value: int = 1) -> bytes:
    """A private element that does not fit in a block."""
    return element(0x00291010, "OB", bytes([value]) * 40_000)


def test_behind_a_large_element_the_scanner_goes_on() -> None:
    files = [
        a_file(number(n), behind=large(n % 250) + element(0x00420010, "ST", f"{n:04d}".encode()) + PIXELS)
        for n in range(20)
    ]
    reader = HeaderReader(ATTRIBUTES)
    recognised = read_in_turn(files, reader)
    assert all(recognised[5:])


def test_a_file_that_is_cut_behind_what_is_recognised() -> None:
    files = [a_file(number(n), behind=large() + PIXELS) for n in range(10)]
    reader = HeaderReader(ATTRIBUTES)
    read_in_turn(files, reader)
    cut = files[3][: BLOCK + 5_000]
    header = reader.read(BytesSource(cut))
    assert (header.status, header.reason) == (HeaderStatus.QUARANTINED, Rejection.TRUNCATED)
    assert header.values["instance_number"] == 3
    check_same(header, without_memory(cut, reader))


TIMING = tag("MRTimingAndRelatedParametersSequence")


def frames(*repetitions: str) -> bytes:
    items = [
        item(sequence(TIMING, "SQ", item(element(tag("RepetitionTime"), "DS", text.encode())))) for text in repetitions
    ]
    return sequence(FRAME_GROUPS.tag, "SQ", *items)


def test_an_attribute_before_and_behind_what_is_recognised() -> None:
    """RepetitionTime of the frames wins over that of the top level, which is in the part that is recognised."""
    top = ("RepetitionTime", "DS", b"77")
    plain = [a_file(top, number(n), behind=frames() + PIXELS) for n in range(8)]
    framed = [a_file(top, number(n), behind=frames("500 ", "900 ") + PIXELS) for n in range(8)]
    reader = HeaderReader(ATTRIBUTES)
    assert any(read_in_turn(plain, reader))
    recognised = read_in_turn(framed, reader)
    assert any(recognised)
    header = reader.read(BytesSource(framed[5]))
    assert (header.values["repetition_time"], header.frame_ranges) == (500.0, {"repetition_time": (500.0, 900.0)})
    assert reader.read(BytesSource(plain[5])).values["repetition_time"] == 77.0


@pytest.mark.parametrize(("keyword", "last"), [("Modality", "modality"), ("PatientID", "patient_id")])
def test_a_repeated_element_behind_what_is_recognised(keyword: str, last: str) -> None:
    """Tags that do not ascend: the last of a repeated element counts, and there is an issue."""
    first = (("Modality", "CS", b"CT"),)
    again = data_set((keyword, "LO", b"MR"))
    files = [a_file(*first, number(n), behind=large() + PIXELS) for n in range(8)]
    odd = [a_file(*first, number(n), behind=large() + again + PIXELS) for n in range(8)]
    reader = HeaderReader(ATTRIBUTES)
    assert any(read_in_turn(files, reader))
    read_in_turn(odd, reader)
    header = reader.read(BytesSource(odd[3]))
    assert header.values[last] == "MR"
    assert Reason.TAG_ORDER in [issue.reason for issue in header.issues]


NAME = ("PatientName", "PN", b"SYNTH\xc9TIQUE^\xc9V\xc9")


@pytest.mark.parametrize(("term", "expected"), [(b"ISO_IR 100", "SYNTHÉTIQUE^ÉVÉ"), (b"ISO_IR 144", "SYNTHЩTIQUE^ЩVЩ")])
def test_a_character_set_is_no_value_that_may_vary(term: bytes, expected: str) -> None:
    terms = [b"ISO_IR 100", b"ISO_IR 144"] * 8
    files = [a_file(("SpecificCharacterSet", "CS", t), NAME, number(n)) for n, t in enumerate(terms)]
    reader = HeaderReader(ATTRIBUTES)
    assert any(read_in_turn(files, reader))
    header = reader.read(BytesSource(a_file(("SpecificCharacterSet", "CS", term), NAME, number(99))))
    assert header.values["patient_name"] == expected


def test_the_creator_of_a_block_is_no_value_that_may_vary() -> None:
    def of(creator: bytes, n: int) -> bytes:
        private = element(0x00190010, "LO", creator) + element(0x0019100C, "IS", b"0900")
        return part10(filler() + private + data_set(number(n)) + PIXELS)

    creators = [b"SIEMENS MR HEADER ", b"SOMEBODY MR HEADER"]
    reader = HeaderReader(ATTRIBUTES)
    assert any(read_in_turn([of(creators[n % 2], n) for n in range(20)], reader))
    values = [reader.read(BytesSource(of(creator, 77))).values.get("b_value") for creator in creators]
    assert values == [[900.0], None]


def test_a_transfer_syntax_is_no_value_that_may_vary() -> None:
    """JPEG 2000 and deflate have names of the same length."""
    content = filler() + data_set(number(1)) + PIXELS
    jpeg, deflated = "1.2.840.10008.1.2.4.90", DEFLATED
    assert len(jpeg) == len(deflated)
    reader = HeaderReader(ATTRIBUTES)
    assert any(read_in_turn([part10(content, (jpeg, deflated)[n % 2]) for n in range(20)], reader))
    assert any(read_in_turn([part10(content, (jpeg, EXPLICIT)[n % 2]) for n in range(20)], reader))


def test_a_value_that_is_odd_in_one_file_only() -> None:
    """Fields of one length: a number, blanks, no number, several; each is read for itself."""
    texts = [b"000001", b"      ", b"abcdef", b"1\\2   ", b"1.5   ", b"000002"] * 4
    reader = HeaderReader(ATTRIBUTES)
    assert any(read_in_turn([a_file(("InstanceNumber", "IS", text)) for text in texts], reader))
    header = reader.read(BytesSource(a_file(("InstanceNumber", "IS", b"fedcba"))))
    assert [issue.reason for issue in header.issues] == [Reason.BAD_NUMBER]
    assert "instance_number" not in header.values


def test_two_places_of_one_attribute_of_which_one_varies() -> None:
    """Exposure, and in its absence ExposureInuAs: the first counts where it has a number."""
    texts = [b"12", b"  ", b"13", b"xx"] * 5
    other = ("ExposureInuAs", "IS", b"90000 ")
    reader = HeaderReader(ATTRIBUTES)
    assert any(read_in_turn([a_file(("Exposure", "IS", text), other) for text in texts], reader))
    exposures = [reader.read(BytesSource(a_file(("Exposure", "IS", t), other))).values["exposure"] for t in texts[:2]]
    assert exposures == [12.0, 90.0]


def test_what_looks_like_pixel_data_earlier() -> None:
    files = [a_file(("SeriesDescription", "LO", b"\xe0\x7f\x10\x00"), number(n)) for n in range(10)]
    assert any(read_in_turn(files))


def varied(n: int, vr: bool, defined: bool, *, request: str = "R") -> bytes:
    """A file whose values have other lengths than those of others, at the top and in a sequence."""

    def form(text: str) -> str | None:
        return text if vr else None

    step = item(
        element(0x00400007, form("LO"), f"{'step ' * (n % 5)}".encode())
        + element(0x00401001, form("SH"), f"{request}{10 ** (n % 4)}".encode()),
        defined=defined,
    )
    rest = [(k, form(r), v) for k, r, v in (("PatientID", "LO", b"8" * (1 + n % 7)), ("StudyTime", "TM", b"1030"))]
    numbers = [("InstanceNumber", form("IS"), str(10 ** (n % 6)).encode())]
    data = element(0x00071010, form("LO"), b"x" * 600) + data_set(*rest, *numbers)
    data += sequence(0x00400275, form("SQ"), step, step, defined=defined)
    return part10(data + element(0x7FE00010, form("OW"), bytes(200)), EXPLICIT if vr else IMPLICIT)


@pytest.mark.parametrize("defined", [True, False])
@pytest.mark.parametrize("vr", [True, False])
def test_values_whose_lengths_vary(vr: bool, defined: bool) -> None:
    reader = HeaderReader(DECLARED)
    recognised = read_in_turn((varied(n, vr, defined) for n in range(60)), reader)
    assert sum(recognised[30:]) == 30
    header = reader.read(BytesSource(varied(3, vr, defined)))
    assert header.values["instance_number"] == 1000
    assert header.values["request_requested_procedure_id"] == ["R1000", "R1000"]
    other = reader.read(BytesSource(varied(3, vr, defined, request="another ")))
    assert other.values["request_requested_procedure_id"] == ["another 1000"] * 2


@pytest.mark.parametrize("vr", [True, False])
def test_lengths_that_do_not_add_up(vr: bool) -> None:
    """One byte of a length is another: whatever that makes of the file, it is what reading it makes."""
    reader = HeaderReader(DECLARED)
    read_in_turn((varied(n, vr, True) for n in range(30)), reader)
    data = varied(4, vr, True)
    for position in range(740, data.index(b"\xe0\x7f\x10\x00")):
        for byte in (0, 1, 85, 255):
            changed = data[:position] + bytes([byte]) + data[position + 1 :]
            check_same(reader.read(BytesSource(changed)), without_memory(changed, reader))


def test_the_end_of_the_file_right_behind() -> None:
    """Pixel Data's element header must be there: else the file ends too early."""
    reader = HeaderReader(ATTRIBUTES)
    whole = [a_file(number(n), behind=element(0x7FE00010, "OW", bytes(200))) for n in range(10)]
    assert any(read_in_turn(whole, reader))
    length = whole[0].index(b"\xe0\x7f\x10\x00")
    for cut in range(length - 2, length + 100):
        check_same(reader.read(BytesSource(whole[1][:cut])), without_memory(whole[1][:cut], reader))


def test_headers_near_the_end_of_a_block() -> None:
    for size in range(BLOCK - 480, BLOCK - 280, 6):
        behind = element(0x00420010, "ST", b"x" * size)
        read_in_turn(a_file(number(n), behind=behind + element(0x7FE00010, "OW", bytes(600))) for n in range(5))


def test_more_issues_than_a_file_may_have() -> None:
    """The attributes of some files have an issue each; which are listed does not depend on what was met before."""
    many = [attribute(f"(0011,xx{n:02X})[NOBODY]", "bigint", "instance", column=f"c{n}") for n in range(0x20, 0xC0)]
    reader = HeaderReader(many)
    creator = element(0x00110010, "LO", b"NOBODY")

    def of(odd: int) -> bytes:
        texts = [b"xx" if n < odd else b"12" for n in range(len(many))]
        private = [element(0x00111020 + n, "IS", text) for n, text in enumerate(texts)]
        return part10(filler() + creator + b"".join(private) + PIXELS)

    read_in_turn([of(odd) for odd in (0, 10, 20, 0, 10, 20, 30, 90, 100, 101, 120, 0, 5, 140) * 3], reader)


def test_what_is_kept_in_mind_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "CREDIT", 10**9)
    monkeypatch.setattr(templates, "MAX_TEMPLATES", 20)
    monkeypatch.setattr(templates, "MAX_KINDS", 40)
    reader = HeaderReader(ATTRIBUTES)
    for kind in range(120):
        sop_class = ("MediaStorageSOPClassUID", "UI", b"1.2.840.10008.5.1.4.%03d" % kind)
        for n in range(5):
            data = part10(filler(600) + data_set(number(n)) + PIXELS)
            data = data[:158] + element(tag(sop_class[0]), "UI", sop_class[2]) + data[158:]
            reader.read(BytesSource(data))
            assert len(known(reader)) <= 20
            assert len(reader._templates._met) <= 40
    assert known(reader)


def test_templates_of_files_that_begin_alike_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other elements in each."""
    monkeypatch.setattr(templates, "CREDIT", 10**9)
    reader = HeaderReader(ATTRIBUTES)
    reader._templates._credit = 10**9
    for size in range(2, 60, 2):
        for n in range(4):
            parts = filler() + element(0x00090010 + size, "LO", b"x" * 20)
            reader.read(BytesSource(part10(parts + data_set(number(n)) + PIXELS)))
            assert len(known(reader)) <= templates.MAX_ALIKE
    assert len(known(reader)) == templates.MAX_ALIKE


def test_files_that_are_all_different_cost_few_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = []
    take_in = templates.Templates._take_in
    monkeypatch.setattr(
        templates.Templates, "_take_in", lambda self, *given: (attempts.append(1), take_in(self, *given))[1]
    )
    chance = random.Random(7)
    reader = HeaderReader(ATTRIBUTES)
    for _ in range(2000):
        cut = chance.randrange(2, 120, 2)
        parts = element(0x00090010, "LO", b"x" * (600 + cut)) + element(0x00090011, "LO", b"x" * (200 - cut))
        parts += b"".join(element(0x00090020 + n, "LO", chance.randbytes(8)) for n in range(30))
        reader.read(BytesSource(part10(parts + PIXELS)))
    assert 0 < len(attempts) < 20


def test_many_threads_read_with_one_reader() -> None:
    """As on remote stores. Kinds of files in turn, so that examples are learnt, widened and reordered all the time."""
    files = [
        part10(filler(600 + size) + data_set(("PatientID", "LO", b"synthetic %d " % (n % 3)), number(n)) + behind)
        for n in range(400)
        for size, behind in ((0, PIXELS), (2, PIXELS), (0, large() + PIXELS))
    ]
    fresh = [without_memory(data, READER) for data in files]
    reader = HeaderReader(ATTRIBUTES)
    reader._templates._credit = 10**9
    with ThreadPoolExecutor(16) as threads:
        headers = list(threads.map(lambda data: reader.read(BytesSource(data)), files))
    for header, expected in zip(headers, fresh, strict=True):
        check_same(header, expected)
    assert any(header.common is not None for header in headers)  # how many depends on how the threads meet


def test_a_batch_with_values_in_common_is_the_same_as_without() -> None:
    """Two kinds of files, some recognised and some not, and a value that is common in one template alone."""
    catalogue = Catalogue()
    used = HeaderReader(catalogue.attributes)
    files = [CT.replace(b"-77.2040634155", f"-{n:02d}.2040634155".encode()) for n in range(20, 40)]
    mr = (Path(pydicom.__file__).parent / "data" / "test_files" / "MR_small.dcm").read_bytes()
    files += [mr] * 6
    files += [CT.replace(b"CompressedSamples^CT1", f"CompressedSamples^C{n:02d}".encode()) for n in range(20, 40)]
    batches = []
    for reader in (used, None):
        assembler = Assembler(catalogue.readings)
        for n, data in enumerate(files):
            header = (reader or HeaderReader(catalogue.attributes)).read(BytesSource(data))
            assembler.add(FileReading(f"/synthetic/{n}", "s", header, len(data)))
        batches.append(assembler.batch())
    assert batches[0].schema == batches[1].schema
    assert batches[0].to_pylist() == batches[1].to_pylist()


def flat(data: bytes) -> Iterator[bytes]:
    """The values that pydicom finds in a data set, and in the items of sequences of known length."""
    for each in data_element_generator(BytesIO(data), is_implicit_VR=False, is_little_endian=True):
        assert isinstance(each, RawDataElement)
        value, position = each.value or b"", 0
        if each.VR != "SQ":
            yield value
        while each.VR == "SQ" and position < len(value):
            (size,) = struct.unpack_from("<L", value, position + 4)
            yield from flat(value[position + 8 : position + 8 + size])
            position += 8 + size


def test_the_leaves_of_a_file_are_its_values() -> None:
    """Every value of CT_small that is no sequence, in the order of the file."""
    found = Leaves(CT, ())
    values = list(flat(CT[132:CT_LENGTH]))
    assert found.position == CT_LENGTH
    assert len(values) > 250
    assert [CT[start:stop] for start, stop, *_ in found.leaves] == values


@pytest.mark.parametrize(
    "odd",
    [
        element(0x00111010, "ZZ", b"12"),
        element(0x00050010, "LO", b"NOBODY"),
        sequence(0x00111010, "SQ", b"no item."),
        struct.pack("<HH2sHL", 0x0011, 0x1010, b"SQ", 0, 12) + item(b"")[:8],
        struct.pack("<HH2sHL", 0x0011, 0x1010, b"UN", 0, 0xFFFFFFFF),
    ],
    ids=["VR", "order", "no item", "short sequence", "undefined length"],
)
def test_leaves_end_at_what_is_unusual(odd: bytes) -> None:
    data = part10(filler() + odd + element(0x00180050, "DS", b"1 ") + PIXELS + bytes(200))
    found = Leaves(data, ())
    assert found.position == data.index(odd)
    assert max(stop for _, stop, *_ in found.leaves) == found.position
