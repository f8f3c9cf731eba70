"""CIM-10 and CCAM codes in the variants that stores hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eds_spark_imaging.terminology.ccam import CcamAct, parse_ccam
from eds_spark_imaging.terminology.cim10 import is_cim10, normalise_cim10


@pytest.mark.parametrize(
    ("stored", "canonical"),
    [
        ("I219", "I219"),
        ("I21.9", "I219"),
        (" i21.9 ", "I219"),
        ("C169+8", "C169+8"),
        ("F03+00", "F03+00"),
        ("B24+0", "B24+0"),
        ("CIM10:I21.9", "I219"),
        ("cim-10: I219", "I219"),
        ("G01*", "G01"),
        ("", None),
        (" . ", None),
        (None, None),
    ],
)
def test_cim10_is_undotted_upper_case_with_its_extension(stored: str | None, canonical: str | None) -> None:
    assert normalise_cim10(stored) == canonical


@given(st.text(max_size=40))
def test_normalising_a_cim10_code_twice_changes_nothing(text: str) -> None:
    once = normalise_cim10(text)
    assert normalise_cim10(once) == once


@pytest.mark.parametrize("code", ["A00", "I219", "C169+8", "F03+00", "B24+0", "M5456"])
def test_form_of_cim10(code: str) -> None:
    assert is_cim10(code)


@pytest.mark.parametrize("code", ["", "219", "I2", "I21.9", "ZBQK002", "I219+123", "I21999999"])
def test_what_has_not_the_form_of_cim10(code: str) -> None:
    assert not is_cim10(code)


@pytest.mark.parametrize(
    ("stored", "act"),
    [
        ("ZBQK002", CcamAct("ZBQK002", None, None, None)),
        ("zbqk 002", CcamAct("ZBQK002", None, None, None)),
        ("ZBQK00201", CcamAct("ZBQK002", None, "0", "1")),
        ("ZBQK00204", CcamAct("ZBQK002", None, "0", "4")),
        ("JQGA004...01", CcamAct("JQGA004", None, "0", "1")),
        ("JQGA004-1201", CcamAct("JQGA004", "12", "0", "1")),
        ("JQGA004-12", CcamAct("JQGA004", "12", None, None)),
        ("CCAM:ZBQK002", CcamAct("ZBQK002", None, None, None)),
        ("ZBQK02", None),
        ("ZBQK0021", CcamAct("ZBQK002", None, None, "1")),
        ("ZBQK002-4", CcamAct("ZBQK002", None, None, "4")),
        ("ZBQK002 - 4", CcamAct("ZBQK002", None, None, "4")),
        ("ZBQK002/1", CcamAct("ZBQK002", None, None, "1")),
        ("ZBQK002_1", CcamAct("ZBQK002", None, None, "1")),
        ("ZBQK002-1-0", CcamAct("ZBQK002", None, "0", "1")),
        ("ZBQK002 1 0", CcamAct("ZBQK002", None, "0", "1")),
        ("ZBQK002+F", CcamAct("ZBQK002", None, None, None)),  # a modifier
        ("ZBQK002010", CcamAct("ZBQK002", None, None, None)),
        ("ZBQK00", None),
        ("I219", None),
        ("", None),
        (None, None),
    ],
)
def test_parts_of_a_stored_act(stored: str | None, act: CcamAct | None) -> None:
    assert parse_ccam(stored) == act
