"""Columns of one sequence stay together: every declared one over generated sequences and frames, against pydicom.

Frames differ in which groups, items and values they have. What a reader has met before changes nothing.
"""

from __future__ import annotations

import io
from collections import defaultdict

import pytest
from generated_headers import Declared, data_sets, set_lengths, width_of, written
from header_build import without_templates
from header_oracle import CONVERTED, ORDERED, SHARED, Oracle, has_one_value, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.declaration.attribute import Attribute
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.result import Header
from eds_spark_imaging.dicom.templates.known import LEAST, SIGHTS, START
from eds_spark_imaging.dicom.templates.leaves import MARGIN
from eds_spark_imaging.storage.source import BytesSource

ATTRIBUTES = declaration()
WARM = HeaderReader(ATTRIBUTES)
COLD = without_templates(ATTRIBUTES)
EXPLAINING = HeaderReader(ATTRIBUTES, explain=True)
ORACLE = Oracle(ATTRIBUTES)

GROUPS: dict[str, list[Attribute]] = defaultdict(list)  # by a sequence, what may be in it
for _attribute in ORACLE.attributes:
    for _source in _attribute.sources:
        if len(_source.steps) > 1:
            GROUPS[_source.text.rpartition(".")[0].split(".")[0]].append(_attribute)
_AT_TOP = [
    attribute
    for attribute in ORACLE.attributes
    if any(len(source.steps) == 1 and not source.frame for source in attribute.sources)
    if attribute.column != "number_of_frames"  # which has rules of its own
]
CONVERTED_GROUPS = [_AT_TOP[n : n + 25] for n in range(0, len(_AT_TOP), 25)]


def declared_in(attributes: list[Attribute], first: set[int]) -> Declared:
    """What is declared of the attributes at the top level, and where one of the ``first`` sequences is on the way."""
    found: Declared = defaultdict(dict)
    for attribute in attributes:
        for _, way in ORACLE.places(attribute):
            wanted = len(way) == 1 or first & {step.tag for step in way[:-1]}
            if wanted and all(step.creator is None for step in way) and way[0].tag >> 16 != 2:
                found[way[:-1]][way[-1].tag] = width_of(attribute)
    return found


def first_of(name: str) -> set[int]:
    return {s.steps[0].tag for a in GROUPS[name] for s in a.sources if s.text.startswith(f"{name}.")}


def test_every_column_of_sequences_and_frames_is_in_a_group() -> None:
    grouped = {a.column for group in (*GROUPS.values(), *CONVERTED_GROUPS) for a in group}
    aligned = {a.column for a in ORACLE.attributes if a.each}
    framed = {a.column for a in ORACLE.attributes if any(source.frame for source in a.sources)}
    assert len(aligned) > 60
    assert len(framed) > 120
    assert aligned | framed <= grouped


def check(data: st.DataObject, declared: Declared, attributes: list[Attribute]) -> None:
    """Two files that differ in their functional groups alone have pydicom's values, however often they were met."""
    first, other = data.draw(data_sets(declared)), data.draw(data_sets(declared))
    for dataset in (first, other):
        dataset.setdefault(SHARED.tag, DataElement(SHARED.tag, "SQ", []))  # both go on with the same tag
    first.add_new(0x00071010, "OB", bytes(LEAST))  # a header that is worth a template
    other.add_new(0x7FE00010, "OW", bytes(2 * MARGIN))
    first.add(other[0x7FE00010])
    second = Dataset({e.tag: e for e in (*first[:0x52000000], *other[0x52000000:])})
    files = []
    for dataset in (first, second):
        set_lengths(data.draw, dataset[0x52000000:])
        files.append(written(dataset))
    cold = [COLD.read(BytesSource(file)) for file in files]
    for file, header in zip(files, cold, strict=True):
        by_pydicom = read(io.BytesIO(file))
        for attribute in attributes:
            assert header.values.get(attribute.column) == ORACLE.expected(attribute, by_pydicom), attribute.column
            if not attribute.is_array and attribute.kind in ORDERED:
                expected = ORACLE.frame_range(attribute, by_pydicom)
                assert header.frame_ranges.get(attribute.column) == expected, attribute.column
            elif has_one_value(attribute):
                differ = ORACLE.frames_differ(attribute, by_pydicom)
                assert (attribute.column in header.frame_conflicts) is differ, attribute.column
        _check_lengths(header, attributes)
        assert _all_of(EXPLAINING.read(BytesSource(file))) == _all_of(header)
    templates = WARM._templates
    templates.known, templates._met, templates._credit = {}, {}, START
    for _ in range(SIGHTS + 2):
        again = [WARM.read(BytesSource(file)) for file in files]
        assert list(map(_all_of, again)) == list(map(_all_of, cold))
    assert all(header.common is not None for header in again)


def _check_lengths(header: Header, attributes: list[Attribute]) -> None:
    """Arrays of one sequence have as many items each."""
    for sequence in {a.aligned for a in attributes} - {None}:
        lengths = {
            len(values) // a.each
            for a in attributes
            if a.aligned == sequence and a.each > 0 and isinstance(values := header.values.get(a.column), list)
            if all(len(source.steps) > 1 for source in a.sources)
        }
        assert len(lengths) <= 1


def _all_of(header: Header) -> tuple[object, ...]:
    """All that counts; issues are in no order."""
    found = header.values, header.frame_ranges, header.frame_conflicts, header.offsets, header.digest
    return *found, sorted(map(str, header.issues))


@pytest.mark.parametrize("name", [name for name in GROUPS if not name.startswith("@")])
@settings(max_examples=2, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_columns_of_one_sequence_stay_together(name: str, data: st.DataObject) -> None:
    check(data, declared_in(GROUPS[name], first_of(name)), GROUPS[name])


@pytest.mark.parametrize("name", [name for name in GROUPS if name.startswith("@")])
@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_columns_of_functional_groups_stay_together(name: str, data: st.DataObject) -> None:
    check(data, declared_in(GROUPS[name], first_of(name)), GROUPS[name])


@pytest.mark.parametrize("number", range(len(CONVERTED_GROUPS)))
@settings(max_examples=2, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_converted_attributes(number: int, data: st.DataObject) -> None:
    """Those of legacy converted objects that have no other place; here nearly all that there are."""
    attributes = CONVERTED_GROUPS[number]
    check(data, declared_in(attributes, {step.tag for step in CONVERTED.values()}), attributes)
