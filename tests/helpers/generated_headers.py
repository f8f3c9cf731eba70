"""Data sets drawn at random from what is declared in sequences, as DICOM files."""

from __future__ import annotations

import io
import warnings
from functools import cache

from header_oracle import FRAMES, SHARED, Way
from hypothesis import strategies as st
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from eds_spark_imaging.dicom.declaration.attribute import WIDEST, Attribute
from eds_spark_imaging.dicom.declaration.source import Step

Declared = dict[Way, dict[int, int]]  # by the way to a data set, the tags that are declared in it; how many values each

_NUMBERS = {
    "FD": st.sampled_from([0.0, 0.25, -1.0]),
    "FL": st.sampled_from([0.0, 0.25, -1.0]),
    "US": st.integers(0, 9),
    "UL": st.integers(0, 9),
    "SL": st.integers(-9, 9),
    "SS": st.integers(-9, 9),
}
_TEXTS = {
    "DS": ["0", "1.5", "-3", "250"],
    "IS": ["-5", "0", "7", "300"],
    "DA": ["20240131", "20240201"],
    "TM": ["103000", "235959.5"],
    "DT": ["20240131103000", "20240131103001.5"],
    "UI": ["1.2.3", "1.2.840.1"],
    "AS": ["045Y", "006M"],
}
_WORDS = ["A", "B", "CD", "SCT"]
_ONE_VALUE = ("LT", "ST", "UT", "UR")  # PS3.5 section 6.2


def width_of(attribute: Attribute) -> int:
    """How many values one element of an attribute usually has."""
    if attribute.each:
        return 3 if attribute.each == WIDEST else attribute.each
    return attribute.frames or (3 if attribute.is_array else 1)


@cache
def values(vr: str, width: int) -> st.SearchStrategy[object]:
    """Of one element that usually has so many values: fewer, one too many, or some or all of them empty."""
    if vr in _NUMBERS:
        return st.lists(_NUMBERS[vr], max_size=width + 1)
    texts = _TEXTS.get(vr, _WORDS)
    if vr in _ONE_VALUE:
        return st.sampled_from(["", " ", *texts])
    usual = st.lists(st.sampled_from(texts), min_size=1, max_size=width)
    empty = st.sampled_from(["", " ", ["", ""]])
    return st.one_of(usual, usual, empty, st.lists(st.sampled_from(["", *texts]), max_size=width + 1))


@st.composite
def data_sets(draw: st.DrawFn, declared: Declared, way: Way = ()) -> Dataset:
    """A data set at the end of the way: some of what is declared in it, values and sequences."""
    dataset = Dataset()
    if way and not draw(st.integers(0, 3)):
        return dataset
    for tag, width in declared.get(way, {}).items():
        vr = dictionary_VR(tag)
        if vr != "SQ" and draw(st.booleans()):
            drawn = draw(values(vr, width))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                dataset.add_new(tag, vr, drawn)
    for step in _sequences(declared, way):
        if step == FRAMES or draw(st.integers(0, 3)):
            inner = (*way, step)
            # The shared functional groups have one item (PS3.3 section C.7.6.16).
            most = 1 if step == SHARED else 3
            found = draw(frames(declared) if step == FRAMES else st.lists(data_sets(declared, inner), max_size=most))
            dataset.add_new(step.tag, "SQ", Sequence(found))
    return dataset


@st.composite
def frames(draw: st.DrawFn, declared: Declared) -> list[Dataset]:
    """Up to four frames, whose groups are those of other frames, others, or not there."""
    found = [Dataset() for _ in range(draw(st.sampled_from([0, 1, 2, 3, 4, 4])))]
    for step in _sequences(declared, (FRAMES,)):
        item = data_sets(declared, (FRAMES, step))
        # Mostly one item, as it should be.
        inner = st.one_of(st.lists(item, min_size=1, max_size=1), st.lists(item, max_size=2))
        groups = [draw(inner) for _ in range(min(2, len(found)))]
        for frame in found:
            number = draw(st.integers(0, 4))
            if number:
                frame.add_new(step.tag, "SQ", Sequence(groups[number % len(groups)]))
    return found


def _sequences(declared: Declared, way: Way) -> list[Step]:
    """The sequences at the end of the way in which something is declared."""
    depth = len(way)
    found = {further[depth] for further in declared if len(further) > depth and further[:depth] == way}
    return sorted(found, key=lambda step: step.tag)


def set_lengths(draw: st.DrawFn, dataset: Dataset) -> None:
    """Let sequences and items have a known length, or none, all of them or each as it comes."""
    undefined = draw(st.sampled_from([st.just(False), st.just(True), st.booleans()]))
    for element in dataset.iterall():
        if element.VR == "SQ":
            element.is_undefined_length = draw(undefined)
            for item in element.value:
                item.is_undefined_length_sequence_item = draw(undefined)


def written(dataset: Dataset) -> bytes:
    """The file of a data set."""
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()
