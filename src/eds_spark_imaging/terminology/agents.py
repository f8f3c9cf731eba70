"""The contrast of an exam from its attribute and its texts."""

from __future__ import annotations

import re
from collections.abc import Mapping

from eds_spark_imaging.terminology.contrast import BOTH, WITH, WITHOUT
from eds_spark_imaging.terminology.data_files import rows
from eds_spark_imaging.terminology.reading import Reading
from eds_spark_imaging.terminology.sources import BODY_PART, CONTRAST_AGENT, OF_STUDY, PROTOCOL, SERIES, Sources
from eds_spark_imaging.terminology.terms import UNSAID, Said


def _pattern(meaning: str) -> re.Pattern[str]:
    return re.compile("|".join(row["pattern"] for row in rows("agents") if row["meaning"] == meaning), re.IGNORECASE)


_NO_AGENT, _NOT_SAID, _TRACER = map(_pattern, ("none", "not_said", "tracer"))
# Marks around a value: `(none)`.
_MARKS = " \t\"'()[]<>{}*"


def contrast_of(given: Sources, read: Mapping[str, Reading]) -> Said:
    """The contrast of an exam: of the attribute, else what a text says or what a kind of exam always has."""
    agent = given.get(CONTRAST_AGENT).strip(_MARKS)
    told = _told_contrast(read)
    stored = ""
    if agent and not _NOT_SAID.fullmatch(agent) and not _TRACER.search(agent):
        stored = WITHOUT if _NO_AGENT.fullmatch(agent) else WITH
    if not stored:
        return told
    differs = told.value and told.value not in {stored, BOTH}
    conflicts = (f"contrast: {CONTRAST_AGENT}={stored}, {told.source}={told.value}",) if differs else ()
    return Said(stored, CONTRAST_AGENT, "attribute", 0.8 if conflicts else 0.97, conflicts)


def _told_contrast(read: Mapping[str, Reading]) -> Said:
    if not any(one.contrast or one.implied for one in read.values()):
        return UNSAID
    for group in ((SERIES,), OF_STUDY, (PROTOCOL,), (BODY_PART,)):
        stated = [(column, read[column].contrast) for column in group if column in read and read[column].contrast]
        if stated:
            differing = len({value for _, value in stated}) > 1
            said = "contrast: " + ", ".join(f"{column}={value}" for column, value in stated)
            return Said(stated[0][1], stated[0][0], "text", 0.7 if differing else 0.92, (said,) if differing else ())
        kind = next((column for column in group if column in read and read[column].implied), "")
        if kind:
            return Said(read[kind].implied, kind, "kind of exam", 0.85)
    return UNSAID
