"""CCAM codes of acts: 7 characters, which some stores follow by PMSI extension, phase and activity.

The PMSI writes an act as code (7), extension (3, `-12`, dots or nothing where there is none), phase (1), activity (1):
`ZBQK00201`, `JQGA004...01`, `JQGA004-1201`. Others write the activity (1 to 5), or activity and phase, one by one:
`ZBQK0021`, `ZBQK002-4`, `ZBQK002-1-0`. Of what follows in another form (modifiers: `ZBQK002+F`) nothing is read.
Activity 4 is the anaesthesia of the act, not another act.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# i2b2 exports put the terminology before the code: `CCAM:ZBQK002`.
PREFIX = r"^CCAM:"
_PMSI = r"(?:\.{3}|-([0-9]{2})|-)?(?:([0-9])([1-5]))?"
_ONE_BY_ONE = "[-_/.]?([1-5])(?:[-_/.]?([0-9]))?"
FORM = rf"^([A-Z]{{4}}[0-9]{{3}})(?:{_PMSI}$|{_ONE_BY_ONE}$)?"
# The groups of FORM, of which one at most has the part.
PHASES, ACTIVITIES = (3, 6), (4, 5)
_PATTERN = re.compile(FORM)


class CcamAct(NamedTuple):
    """The parts of a stored act code; ``extension``, ``phase`` and ``activity`` are None where it has none."""

    code: str
    extension: str | None
    phase: str | None
    activity: str | None


def parse_ccam(text: str | None) -> CcamAct | None:
    """The parts of an act code as stored; None where it has not the form of the CCAM."""
    match = _PATTERN.match(re.sub(PREFIX, "", re.sub(r"\s", "", text.upper()))) if text else None
    if match is None:
        return None
    phase, activity = (next(filter(None, match.group(*groups)), None) for groups in (PHASES, ACTIVITIES))
    return CcamAct(match[1], match[2], phase, activity)
