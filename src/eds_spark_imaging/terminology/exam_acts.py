"""Parts and regions of the CCAM acts of an exam: the last source, where nothing else names a part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from eds_spark_imaging.terminology.acts import imaging_act
from eds_spark_imaging.terminology.lexicon import Lexicon
from eds_spark_imaging.terminology.parts import agree, broadest, written

SOURCE, RULE = "procedure_codes", "act"
# An act names the place that it is billed for, which may be larger than what was imaged.
CONFIDENCE = 0.5


class ActTerms(NamedTuple):
    """DICOM terms and region symbols of the acts of an exam."""

    parts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


def act_terms(lexicon: Lexicon, codes: Sequence[str]) -> ActTerms:
    """Parts and regions of CCAM codes; an act that may go under several parts (`HEAD|BRAIN`) names the broadest."""
    acts = [act for act in map(imaging_act, codes) if act is not None and act.is_exam]
    named = [part for act in acts for part in broadest(lexicon, [p for p in act.body_parts if p in lexicon.parts])]
    regions = dict.fromkeys(region for act in acts for region in act.regions)
    return ActTerms(written(lexicon, named), tuple(regions))


def act_conflict(lexicon: Lexicon, source: str, parts: Sequence[str], acts: ActTerms) -> str:
    """What contradicts, as ``Terms.conflicts`` says it; empty where exam and acts may be of the same place."""
    if agree(lexicon, parts, acts.parts):
        return ""
    return f"body_part: {source}={'+'.join(parts)}, {SOURCE}={'+'.join(acts.parts)}"
