"""What becomes of declared attributes in a tier: all say it, and what the profile of PS3.15 names is never kept."""

from __future__ import annotations

from typing import Any

import pytest

from eds_spark_imaging.cli.privacy_page import basic_profile, judgement
from eds_spark_imaging.dicom.declaration import ATTRIBUTES
from eds_spark_imaging.dicom.declaration.attribute import Attribute, Kind, attribute, attribute_from_mapping
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.tables import Catalogue
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
        ({"treatment": "keep", "identifying": True}, "never kept"),
        ({"treatment": "mask", "identifying": True, "kind": "string"}, "never kept"),
        ({"treatment": "keep", "kind": "string"}, "may hold anything"),
    ],
)
def test_treatments_that_cannot_be(said: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        site(**said)


def test_the_profile_side_by_side() -> None:
    assert basic_profile()[0x00100010] == "Z", "PatientName, PS3.15 table E.1-1a"
    assert basic_profile()[0x0020000D] == "U", "StudyInstanceUID"
    assert judgement("X", Treatment.DROP) == "covered: not there"
    assert judgement("U", Treatment.PSEUDONYM).startswith("covered")
    assert judgement("X", Treatment.PSEUDONYM).startswith("not removed")
    assert judgement("X/Z/D", Treatment.MASK).startswith("not removed")
