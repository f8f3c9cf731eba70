"""What the reader keeps in mind from file to file, and from frame to frame, changes no value."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from header_build import (
    ATTRIBUTES,
    EXPLICIT,
    IMPLICIT,
    PIXELS,
    data_set,
    element,
    item,
    part10,
    sequence,
    tag,
)
from header_oracle import packaged_files

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.parser.plan import MAX_KNOWN, MAX_KNOWN_BYTES
from eds_spark_imaging.dicom.result import Header
from eds_spark_imaging.storage.source import BytesSource, LocalFile

USED = HeaderReader(declaration())


@pytest.mark.parametrize("path", packaged_files(), ids=lambda path: path.name)
def test_a_reader_that_has_read_other_files_gives_the_same(path: Path) -> None:
    for other in packaged_files()[:5]:
        USED.read(LocalFile(other))
    fresh = HeaderReader(declaration()).read(LocalFile(path))
    explained = HeaderReader(declaration(), explain=True).read(LocalFile(path))
    used = [USED.read(LocalFile(path)) for _ in range(8)]
    for header in (*used, explained):
        assert header.values == fresh.values
        assert sorted(map(str, header.issues)) == sorted(map(str, fresh.issues))  # in no order
        assert (header.frame_ranges, header.offsets, header.digest) == (
            fresh.frame_ranges,
            fresh.offsets,
            fresh.digest,
        )


def test_what_is_kept_in_mind_is_bounded() -> None:
    reader = HeaderReader(ATTRIBUTES)
    for number in range(3 * MAX_KNOWN):
        long = f"{number:0{MAX_KNOWN_BYTES + 2}d}"
        elements = data_set(("PatientID", "LO", f"{number:06d}".encode()), ("SeriesDescription", "LO", long.encode()))
        values = reader.read(BytesSource(part10(elements + PIXELS))).values
        assert (values["patient_id"], values["series_description"]) == (f"{number:06d}", long)
    slots = {slot.column: slot for entry in reader._little.top.entries.values() for slot in entry.slots}
    assert 0 < len(slots["patient_id"].known) <= MAX_KNOWN
    assert slots["series_description"].known == {}


REPETITION, TIMING, ECHO = tag("RepetitionTime"), tag("MRTimingAndRelatedParametersSequence"), tag("MREchoSequence")


def frames(vr: bool, defined: bool, *values: tuple[str, float]) -> Header:
    """An enhanced object; for each frame its repetition time and echo time."""

    def name(text: str) -> str | None:
        return text if vr else None

    items = []
    for repetition, echo in values:
        timing = item(element(REPETITION, name("DS"), repetition.encode()), defined=defined)
        echoes = item(element(tag("EffectiveEchoTime"), name("FD"), struct.pack("<d", echo)), defined=defined)
        content = sequence(TIMING, name("SQ"), timing, defined=defined)
        content += sequence(ECHO, name("SQ"), echoes, defined=defined)
        items.append(item(content, defined=defined))
    groups = sequence(0x52009230, name("SQ"), *items, defined=defined)
    return HeaderReader(ATTRIBUTES).read(BytesSource(part10(groups, EXPLICIT if vr else IMPLICIT)))


@pytest.mark.parametrize("vr", [True, False])
@pytest.mark.parametrize(
    "values",
    [
        [("500 ", 3.0)] * 4,
        [("500 ", 3.0), ("500 ", 4.0), ("500 ", 3.0), ("900 ", 4.0), ("500 ", 5.0)],
        [("    ", 3.0), ("    ", 3.0), ("500 ", 3.0), ("500 ", 3.0)],
        [("xxxx", 3.0), ("xxxx", 3.0), ("100 ", 3.0), ("900 ", 3.0)],
    ],
)
def test_functional_groups_that_are_those_of_the_frame_before(vr: bool, values: list[tuple[str, float]]) -> None:
    """Groups of known length that are the same are passed over; of undefined length, all are gone through."""
    short, long = frames(vr, True, *values), frames(vr, False, *values)
    numbers = [float(text) for text, _ in values if text.strip().isdigit()]
    for header in (short, long):
        assert header.values["repetition_time"] == numbers[0]
        assert header.values["echo_time"] == sorted({echo for _, echo in values})
        varies = min(numbers) < max(numbers)
        assert header.frame_ranges == ({"repetition_time": (min(numbers), max(numbers))} if varies else {})
    assert short.issues == long.issues
