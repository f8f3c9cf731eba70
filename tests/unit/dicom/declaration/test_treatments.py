"""What becomes of declared attributes in a tier: all say it, and what the profile of PS3.15 names is never kept."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.datadict import dictionary_has_tag, dictionary_VR, tag_for_keyword

from eds_spark_imaging.cli.privacy_page import basic_profile, judgement
from eds_spark_imaging.config import ProjectConfig
from eds_spark_imaging.dicom.declaration import ATTRIBUTES, declaration
from eds_spark_imaging.dicom.declaration.attribute import Attribute, Kind, attribute
from eds_spark_imaging.dicom.declaration.site import attribute_from_mapping
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.privacy.tier import TierCatalogue
from eds_spark_imaging.tables import Catalogue
from eds_spark_imaging.tables.attributes import aggregated_columns
from eds_spark_imaging.treatment import Treatment

NAMED = [a for a in ATTRIBUTES if basic_profile().keys() & {s.tag for s in a.sources[0].steps if s.creator is None}]


def test_every_attribute_and_every_column_of_a_tier_has_a_treatment() -> None:
    assert not [a.column for a in ATTRIBUTES if a.treatment is None]
    tables = [table for table in Catalogue() if table.pseudonymised]
    assert len(tables) >= 5
    assert not [f"{table.name}.{column.name}" for table in tables for column in table if column.treated is None]


@pytest.mark.parametrize("named", NAMED, ids=[a.column for a in NAMED])
def test_what_the_basic_profile_names_is_not_kept(named: Attribute) -> None:
    assert named.treatment is not Treatment.KEEP


def test_identifying_attributes_are_pseudonyms_coarser_or_not_there() -> None:
    ways = {a.treatment for a in ATTRIBUTES if a.identifying}
    assert ways == {Treatment.PSEUDONYM, Treatment.DROP, Treatment.GENERALISE}
    assert {a.column for a in ATTRIBUTES if a.treatment is Treatment.KEEP and a.kind is Kind.STRING} == set()


@pytest.mark.parametrize(
    ("source", "kind", "identifying", "expected"),
    [
        ("KVP", "double", False, Treatment.KEEP),
        ("Rows", "bigint", False, Treatment.KEEP),
        ("StudyDate", "date", False, Treatment.SHIFT),
        ("StudyTime", "time", False, Treatment.SHIFT),
        ("PatientBirthDate", "date", True, None),
        ("PatientAge", "age", False, None),
        ("PatientID", "double", False, None),
        ("StudyDate", "bigint", False, None),
        ("PatientWeight", "double", False, None),
        ("PatientName", "string", True, Treatment.DROP),
        ("PatientID", "string", True, Treatment.PSEUDONYM),
        ("Modality", "string", False, Treatment.MASK),
        ("ImageComments", "string", False, Treatment.ALLOW_BY_NAME),
        ("Manufacturer", "string", False, None),
        ("(0019,xx0C)[SOME MAKER]", "string", False, None),
    ],
)
def test_the_kind_of_a_value_settles_it_or_the_declaration_has_to_say(
    source: str, kind: str, identifying: bool, expected: Treatment | None
) -> None:
    assert attribute(source, kind, "study", column="x", identifying=identifying).treatment is expected


def site(**said: Any) -> Attribute:
    return attribute_from_mapping({"sources": "KVP", "kind": "double", "level": "series", "column": "x"} | said)


def test_the_attributes_of_a_site_must_say() -> None:
    assert site().treatment is None
    assert site(treatment="keep").treatment is Treatment.KEEP


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"treatment": "hide"}, "'hide' is not a valid Treatment"),
        ({"treatment": "keep", "identifying": True}, "identifies a person"),
        ({"treatment": "mask", "identifying": True, "kind": "string"}, "identifies a person"),
        ({"treatment": "shift", "identifying": True, "kind": "date"}, "identifies a person"),
        ({"treatment": "keep", "kind": "string"}, "may hold anything"),
        ({"treatment": "shift"}, "only dates and times"),
        ({"treatment": "shift", "kind": "string"}, "only dates and times"),
        *(({"treatment": "keep", "kind": kind}, "dates, times, ages") for kind in ("date", "time", "datetime", "age")),
        ({"treatment": "keep", "kind": "double", "sources": "PatientAge"}, "dates, times, ages"),
        ({"treatment": "keep", "kind": "bigint", "sources": "StudyDate"}, "dates, times, ages"),
        ({"treatment": "mask", "kind": "string", "sources": "StudyDate"}, "dates, times, ages"),
        ({"treatment": "keep", "kind": "double", "sources": "PatientID"}, "only numbers"),
        ({"treatment": "keep", "sources": ["(0019,xx0C)[SOME MAKER]", "PatientID"]}, "only numbers"),
        ({"treatment": "keep", "finer": "PatientID"}, "only numbers"),
    ],
)
def test_treatments_that_cannot_be(said: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        site(**said)


def test_numbers_that_the_basic_profile_names_cannot_be_kept() -> None:
    numbers = ("DS", "FD", "FL", "IS", "SL", "SS", "UL", "US")
    named = [tag for tag in basic_profile() if dictionary_has_tag(tag) and dictionary_VR(tag) in numbers]
    assert tag_for_keyword("PatientWeight") in named
    for tag in named:
        with pytest.raises(ConfigError, match="only numbers"):
            site(sources=f"({tag >> 16:04X},{tag & 0xFFFF:04X})", treatment="keep")


@pytest.mark.parametrize("source", ["PatientBirthDate", "OtherPatientIDsSequence.PatientID", "(0010,0010)"])
def test_who_reads_what_identifies_a_person_has_to_say_so(source: str) -> None:
    said = {"sources": source, "kind": "string", "treatment": "pseudonym"}
    with pytest.raises(ConfigError, match="identifies a person: say `identifying = true`"):
        declaration([site(**said)])
    assert declaration([site(**said, identifying=True)])[-1].identifying


@pytest.mark.parametrize(
    "said", [{}, {"kind": "age", "sources": "PatientAge"}, {"kind": "date", "sources": "StudyDate"}]
)
def test_a_site_that_does_not_say_gets_no_tier(said: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"\[\[attributes\]\] x does not say its treatment"):
        TierCatalogue(Catalogue([site(**said)]), ProjectConfig("heart"))
    assert TierCatalogue(Catalogue([site(**said, treatment="drop")]), ProjectConfig("heart"))


def test_smallest_and_largest_of_what_identifies_do_too() -> None:
    ours = site(sources="(0019,xx0C)[SOME MAKER]", aggregate="min_max", identifying=True, treatment="drop")
    columns = {column.name: column for column in aggregated_columns([ours], frozenset({ours.level}))}
    assert [(name, column.identifying) for name, column in columns.items()] == [("x_min", True), ("x_max", True)]


def test_what_is_of_the_machine_and_tells_a_shift_is_not_there() -> None:
    """Dates equal for all patients of a machine, and zones, which tell summer from winter (PS3.3 C.7.5.1, C.12.1.1)."""
    names = {"date_of_last_calibration", "time_of_last_calibration", "timezone_offset_from_utc"}
    names |= {"date_of_last_detector_calibration", "time_of_last_detector_calibration"}
    assert {a.treatment for a in ATTRIBUTES if a.column in names} == {Treatment.DROP}
    tier = TierCatalogue(Catalogue(), ProjectConfig("heart"))
    assert not {name for table in tier for name in table.names if name in names or name.endswith("_utc_offset")}
    moved = {c.name for t in tier.treated.values() for c in t.sources.values() if c.treated is Treatment.SHIFT}
    assert not {name for name in moved if "calibration" in name}


def test_the_profile_side_by_side() -> None:
    assert basic_profile()[0x00100010] == "Z", "PatientName, PS3.15 table E.1-1a"
    assert basic_profile()[0x0020000D] == "U", "StudyInstanceUID"
    assert judgement("X", Treatment.DROP) == "covered: not there"
    assert judgement("U", Treatment.PSEUDONYM).startswith("covered")
    assert judgement("X", Treatment.PSEUDONYM).startswith("not removed")
    assert judgement("X/Z/D", Treatment.MASK).startswith("not removed")
