"""CCAM codes of acts: 7 characters, which some stores follow by PMSI extension, phase and activity.

The PMSI writes an act as code (7), extension (3, `-12`, dots or nothing where there is none), phase (1), activity (1):
`ZBQK00201`, `JQGA004...01`, `JQGA004-1201`. Activity 4 is the anaesthesia of the act, not another act.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pyspark.sql import Column
from pyspark.sql import functions as F

# i2b2 exports put the terminology before the code: `CCAM:ZBQK002`.
_PREFIX = r"^CCAM:"
_FORM = r"^([A-Z]{4}[0-9]{3})(?:\.{3}|-([0-9]{2})|-)?(?:([0-9])([0-9]))?$"
_PATTERN = re.compile(_FORM.rstrip("$"))


class CcamAct(NamedTuple):
    """The parts of a stored act code; ``extension``, ``phase`` and ``activity`` are None where it has none."""

    code: str
    extension: str | None
    phase: str | None
    activity: str | None


def parse_ccam(text: str | None) -> CcamAct | None:
    """The parts of an act code as stored; None where it has not the form of the CCAM."""
    match = _PATTERN.fullmatch(re.sub(_PREFIX, "", re.sub(r"\s", "", text.upper()))) if text else None
    return CcamAct(*match.groups()) if match else None


def ccam_code(column: Column) -> Column:
    """The 7 characters that codes are joined on; null where the text has not the form of the CCAM."""
    return _part(column, 1)


def ccam_phase(column: Column) -> Column:
    """The phase of the act, one digit as text (0 is an act of one phase)."""
    return _part(column, 3)


def ccam_activity(column: Column) -> Column:
    """The activity of the act, one digit as text: 1 the act itself, 4 its anaesthesia."""
    return _part(column, 4)


def _part(column: Column, group: int) -> Column:
    text = F.regexp_replace(F.regexp_replace(F.upper(column), r"\s", ""), _PREFIX, "")
    return F.nullif(F.regexp_extract(text, _FORM, group), F.lit(""))
