"""CCAM codes of acts: 7 characters, which some stores follow by PMSI extension, phase and activity.

The PMSI writes an act as code (7), extension (3, `-12`, dots or nothing where there is none), phase (1), activity (1):
`ZBQK00201`, `JQGA004...01`, `JQGA004-1201`. Activity 4 is the anaesthesia of the act, not another act.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# i2b2 exports put the terminology before the code: `CCAM:ZBQK002`.
PREFIX = r"^CCAM:"
FORM = r"^([A-Z]{4}[0-9]{3})(?:\.{3}|-([0-9]{2})|-)?(?:([0-9])([0-9]))?$"
_PATTERN = re.compile(FORM.rstrip("$"))


class CcamAct(NamedTuple):
    """The parts of a stored act code; ``extension``, ``phase`` and ``activity`` are None where it has none."""

    code: str
    extension: str | None
    phase: str | None
    activity: str | None


def parse_ccam(text: str | None) -> CcamAct | None:
    """The parts of an act code as stored; None where it has not the form of the CCAM."""
    match = _PATTERN.fullmatch(re.sub(PREFIX, "", re.sub(r"\s", "", text.upper()))) if text else None
    return CcamAct(*match.groups()) if match else None
