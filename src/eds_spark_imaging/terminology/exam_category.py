"""The category of an exam, from its modality and from what its texts call it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from eds_spark_imaging.terminology.lexicon import Lexicon
from eds_spark_imaging.terminology.modality import PRIORITY
from eds_spark_imaging.terminology.sources import MODALITY, OF_STUDY
from eds_spark_imaging.terminology.terms import OTHER, Said


def category_of(lexicon: Lexicon, modality: str, told: Sequence[tuple[str, str]]) -> Said:
    """The category of an exam; ``told``: the columns whose texts tell a category, each with that.

    A text tells it where the modality is unknown, and where it calls nuclear an exam whose CT or MR this may be.
    """
    category = _of_modality(lexicon, modality)
    source, said = told[0] if told else ("", "")
    if not category:
        return Said(said or OTHER, source, "text" if said else "nothing known", 0.8 if said else 0.2)
    if category in _COMPANIONS:
        nuclear = next((one for one in told if one[1] in _WITH_COMPANION and one[0] in OF_STUDY), None)
        if nuclear:
            return Said(nuclear[1], nuclear[0], "companion of a nuclear exam", 0.8)
    clash = said and said != category and not {said, category} <= _KINDRED
    conflicts = (f"category: {MODALITY}={category}, {source}={said}",) if clash else ()
    return Said(category, MODALITY, "modality", 0.9 if conflicts else 0.99, conflicts)


def _of_modality(lexicon: Lexicon, text: str) -> str:
    """The category of a modality, or of the one of several that names the exam."""
    known = lexicon.modalities
    if text and text not in known:
        codes = {code.strip().upper() for code in re.split(r"[\\/,;|+]", text)}
        text = min(codes & known.keys(), key=_priority, default="")
    return known[text].category if text else ""


def _priority(modality: str) -> tuple[int, str]:
    """Which of several modalities names the exam first."""
    return (PRIORITY.index(modality) if modality in PRIORITY else len(PRIORITY), modality)


_COMPANIONS = frozenset({"scanner", "irm"})
_WITH_COMPANION = frozenset({"tep", "medecine_nucleaire"})
# Texts that call one of these by the name of another are no conflict: an arteriography is a radiography to some.
_KINDRED = frozenset({"radiographie", "angiographie", "mammographie"})
