"""Columns of one sequence stay together: every declared array over generated sequences, against pydicom."""

from __future__ import annotations

import io
import warnings
from collections import defaultdict

import pytest
from header_oracle import Oracle, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.declaration.attribute import Attribute, Step
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.storage.source import BytesSource

ATTRIBUTES = declaration()
READER = HeaderReader(ATTRIBUTES)
ORACLE = Oracle(ATTRIBUTES)
SHARED, FRAMES = Step(0x52009229), Step(0x52009230)
VALUES = {
    "DS": st.sampled_from(["0", "1.5", "-3", "250"]),
    "IS": st.integers(-5, 300),
    "FD": st.sampled_from([0.0, 0.25, -1.0]),
    "FL": st.sampled_from([0.0, 0.25, -1.0]),
    "US": st.integers(0, 9),
    "UL": st.integers(0, 9),
    "SL": st.integers(-9, 9),
    "SS": st.integers(-9, 9),
    "DA": st.sampled_from(["20240131", "20240201"]),
    "TM": st.sampled_from(["103000", "235959.5"]),
    "DT": st.sampled_from(["20240131103000", "20240131103001.5"]),
    "UI": st.sampled_from(["1.2.3", "1.2.840.1"]),
    "AS": st.sampled_from(["045Y", "006M"]),
}
TEXT = st.sampled_from(["A", "B", "CD", "SCT"])
WIDTHS = {1: 1, 2: 2, 3: 3, 6: 6, -1: 3, 0: 1}


def ways(attributes: list[Attribute]) -> dict[tuple[Step, ...], dict[int, int]]:
    """By the way to a data set, the tags that are declared in it, with the most values that one may have."""
    found: dict[tuple[Step, ...], dict[int, int]] = defaultdict(dict)
    for attribute in attributes:
        for source in attribute.sources:
            steps = (FRAMES, *source.steps) if source.frame else source.steps
            if all(step.creator is None for step in steps):
                found[steps[:-1]][steps[-1].tag] = WIDTHS[attribute.each]
    return found


GROUPS: dict[str, list[Attribute]] = defaultdict(list)
for _attribute in ORACLE.attributes:
    for _source in _attribute.sources:
        if len(_source.steps) > 1:
            GROUPS[_source.text.rpartition(".")[0].split(".")[0]].append(_attribute)


def test_every_array_that_lines_up_is_in_a_group() -> None:
    aligned = {a.column for a in ORACLE.attributes if a.each}
    assert len(aligned) > 60
    assert aligned <= {a.column for group in GROUPS.values() for a in group}


@st.composite
def items(draw: st.DrawFn, way: tuple[Step, ...], declared: dict[tuple[Step, ...], dict[int, int]]) -> Dataset:
    """A data set at the end of the way: some of what is declared in it, values and sequences."""
    dataset = Dataset()
    for tag, width in declared.get(way, {}).items():
        vr = dictionary_VR(tag)
        if vr != "SQ" and draw(st.booleans()):
            values = draw(st.lists(VALUES.get(vr, TEXT), min_size=1, max_size=width))
            dataset.add_new(tag, vr, values if len(values) > 1 else values[0])
    for step in sorted({w[len(way)].tag for w in declared if len(w) > len(way) and w[: len(way)] == way}):
        if draw(st.integers(0, 3)):
            # One frame, since frames are looked at one by one; the shared groups have one item anyway.
            most = 1 if step >> 16 == 0x5200 else 3
            inner = st.lists(items((*way, Step(step)), declared), max_size=most)
            dataset.add_new(step, "SQ", Sequence(draw(inner)))
    return dataset


@pytest.mark.parametrize("name", GROUPS)
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_columns_of_one_sequence_stay_together(name: str, data: st.DataObject) -> None:
    declared = {
        way: tags
        for way, tags in ways(GROUPS[name]).items()
        if any(step.tag == _first(name) for step in way) or not way
    }
    dataset = data.draw(items((), declared))
    for element in dataset.iterall():
        if element.VR == "SQ":
            element.is_undefined_length = data.draw(st.booleans())
            for item in element.value:
                item.is_undefined_length_sequence_item = data.draw(st.booleans())
    written = _written(dataset)
    header = READER.read(BytesSource(written))
    by_pydicom = read(io.BytesIO(written))
    for attribute in GROUPS[name]:
        assert header.values.get(attribute.column) == ORACLE.expected(attribute, by_pydicom), attribute.column
    for sequence in {a.aligned for a in GROUPS[name]} - {None}:
        lengths = {
            len(values) // a.each
            for a in GROUPS[name]
            if a.aligned == sequence and a.each > 0 and isinstance(values := header.values.get(a.column), list)
            if all(len(source.steps) > 1 for source in a.sources)
        }
        assert len(lengths) <= 1


def _first(name: str) -> int:
    return next(
        s.steps[0].tag for group in GROUPS.values() for a in group for s in a.sources if s.text.startswith(f"{name}.")
    )


def _written(dataset: Dataset) -> bytes:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()
