"""One text read: the parts that it names, regions, side, contrast, category, and by which rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from eds_spark_imaging.terminology.clauses import BOUNDS, of_exam, with_reasons
from eds_spark_imaging.terminology.completing import SHORT_CUT, SHORT_TEXT, shortest_cut
from eds_spark_imaging.terminology.contrast import (
    BOTH,
    OF_CONTRAST,
    WITH,
    WITHOUT,
    both_exams,
    implied_contrast,
    stated_contrast,
)
from eds_spark_imaging.terminology.kernels import kernel_coded, kernels_only, without_kernels
from eds_spark_imaging.terminology.lexicon import Lexicon
from eds_spark_imaging.terminology.matching import spans, written_out
from eds_spark_imaging.terminology.mentions import (
    CONFIDENCE,
    SAID,
    Mention,
    how_found,
    mentions_of,
    scopes_of,
    used_of,
)
from eds_spark_imaging.terminology.naming import meant_beside, parts_named, regions_named
from eds_spark_imaging.terminology.parts import agree, lies_within, members
from eds_spark_imaging.terminology.sides import LIMBS, stated_side
from eds_spark_imaging.terminology.span import Span
from eds_spark_imaging.terminology.text import words
from eds_spark_imaging.terminology.vertebrae import is_level, levels


class Reading(NamedTuple):
    """What one text says; texts are empty where it says nothing. ``implied`` is the contrast of its kind of exam."""

    parts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    paired: bool = False
    side: str = ""
    contrast: str = ""
    implied: str = ""
    rule: str = ""
    confidence: float = 0.0
    kernel: bool = False
    words: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def read(lexicon: Lexicon, text: str, category: str, *, series: bool = False, coded: bool = False) -> Reading:
    """What ``text`` says of an exam of ``category``; ``series``: it describes a series, so it may name a CT kernel.
    ``coded``: it names a part, so a word that could be a view (`FACE`) is none.
    """
    length = len(text.strip())
    forms = words(text)
    found = spans(lexicon, forms, category, shortest_cut(length))
    scopes = scopes_of(found)
    if not series and not BOUNDS.isdisjoint(forms.breaks[1:]):  # a console tells no reasons
        scopes = with_reasons(lexicon, found, scopes)
    mentions = mentions_of(lexicon, found, scopes, views=not (coded and len(found) == 1))
    kernel = series and category in {"scanner", ""} and kernels_only(found)
    if category == "scanner" and (series or kernel_coded(found)):
        mentions = without_kernels(found, mentions)
    used = meant_beside(lexicon, found, used_of(mentions))
    parts = parts_named(lexicon, found, used, mentions)
    sided = _sided(lexicon, used, parts)
    regions = tuple(
        dict.fromkeys(region for mention in used for region in regions_named(lexicon, mention.entry, parts))
    )
    how = how_found(used)
    said = any(mention.standing == SAID or mention.why == "kind of exam" for mention in used)
    if said or not regions:
        spinal = () if regions and parts not in _NEAR_LEVELS else _levels(lexicon, found, used, category, parts)
    else:
        spinal = _levels(lexicon, found, (), category, ())  # `TDM L4-L5 - suivi de cancer`
    if spinal:
        parts, how, regions = spinal, "vertebrae", ("SP",)
    outside = of_exam(lexicon, found, scopes, parts)
    for mention in mentions:
        if mention.why == "approach" or _is_territory(lexicon, mention) or _elsewhere(lexicon, mention, used):
            _without_side(found, outside, mention.index)
    marked = _paired_spans(found, sided)
    unpurposed = _unpurposed(found, scopes, marked)
    stated = stated_contrast(found, category, length == SHORT_TEXT, unpurposed, scopes)
    implied = "" if kernel else implied_contrast(lexicon, found, category, unpurposed)  # `OS CORO`
    added = stated == WITHOUT and implied == WITH and both_exams(lexicon, found, category, unpurposed)
    places = {mention.index for mention in used}
    return Reading(
        parts=parts,
        regions=regions,
        paired=bool(sided),
        side=stated_side(
            found,
            marked,
            outside,
            _count_paired(sided),
            views=category != "mammographie",
            french=lexicon.french,
            cut=length in SHORT_CUT,
            joined=text.rstrip().endswith("+") and _JOINED_END.search(text.rstrip()) is not None,
        ),
        contrast=BOTH if added else stated,
        implied=implied,
        rule=how if parts or regions else "",
        confidence=CONFIDENCE.get(how, 0.0),
        kernel=kernel,
        words=tuple(" ".join(found[mention.index].words) for mention in used),
        reasons=tuple(_reason(found, mention) for mention in mentions if mention.index not in places),
    )


def text_category(lexicon: Lexicon, text: str) -> str:
    """The exam category that a text tells, or nothing. PET and nuclear medicine win over the CT beside them."""
    forms = words(text)
    if lexicon.naming_exams.isdisjoint(forms.forms):
        return ""
    told: list[str] = []
    for span in written_out(lexicon, forms):
        if "noise" not in span.roles:
            told += span.meaning.categories
            told += _within_phrase(lexicon, span)
    return next((category for category in ("tep", "medecine_nucleaire") if category in told), told[0] if told else "")


def _unpurposed(found: Sequence[Span], scopes: Sequence[str], paired: Sequence[bool]) -> list[bool]:
    """The spans where contrast is the exam's: outside an indication, or after a comma: `pour bilan, avec injection`.

    Nor where a letter is the side of the place before it: `GENOU G+`, but `CEREBRALE G+`.
    """
    if found and "left_letter" in found[-1].roles and len(found) > 1 and paired[-2]:
        return [*_unpurposed(found[:-1], scopes[:-1], paired), False]
    if _PURPOSED.isdisjoint(scopes):
        return [True] * len(found)
    said: list[bool] = []
    for span, scope in zip(found, scopes, strict=True):
        purposed = scope in _PURPOSED
        resumed = bool(said) and (said[-1] or span.before == ",") and bool(span.roles & OF_CONTRAST)
        said.append(not purposed or (resumed and scope == "strong"))
    return said


_PURPOSED = frozenset({"strong", "procedure"})


def _within_phrase(lexicon: Lexicon, span: Span) -> list[str]:
    """The categories that words of a name of a place tell: `écho du col`, whose first word is an exam."""
    if len(span.words) == 1 or not span.place:
        return []
    entries = (entry for word in span.words for entry in lexicon.singles.get(word, ()))
    return [entry.category for entry in entries if entry.category and not entry.only and not entry.place]


# A text that ends with `+`, which is no sign of contrast (`C+`).
_JOINED_END = re.compile(r"(?<!\bc)(?<!\bc )(?<!\biv)(?<!\biv )[+]$", re.IGNORECASE)
# Parts that the levels beside them make more exact.
_NEAR_LEVELS = frozenset({("SPINE",), ("NECK",)})


def _levels(
    lexicon: Lexicon, found: Sequence[Span], used: Sequence[Mention], category: str, parts: tuple[str, ...]
) -> tuple[str, ...]:
    """The parts of the spine whose levels are named: one level where a word says spine or a needle goes there."""
    if parts == ("NECK",):
        adjectives = all(found[mention.index].words in lexicon.by_neighbour for mention in used)
        spinal = levels(found, category, 2) if adjectives else ()
        return spinal if spinal == ("CSPINE",) else ()
    spinal = levels(found, category, 1)
    if not spinal or parts or any("procedure" in span.roles for span in found) or _level_alone(found):
        return spinal
    return levels(found, category, 2)


def _level_alone(found: Sequence[Span]) -> bool:
    """`IRM T12`: a vertebra and the kind of exam; few letters before a small number may be a finger or a weighting."""
    levels_named = [span for span in found if "plain_exam" not in span.roles]
    return len(found) == 2 and len(levels_named) == 1 and is_level(levels_named[0].words[0], least=6)


_BEGINNING = frozenset({"negate", "weak_indication"})
_OF_ANOTHER = frozenset({"weak", "disease", "protocol", "past"})


def _is_territory(lexicon: Lexicon, mention: Mention) -> bool:
    """`AVC SYLVIEN G`: the side of a stroke, whatever vessel it is of."""
    return mention.why == "disease" and any(lies_within(lexicon, part, ("BRAIN",)) for part in mention.entry.parts)


def _elsewhere(lexicon: Lexicon, mention: Mention, used: Sequence[Mention]) -> bool:
    """Whether a place that does not count is another than those that do: `IRM EPAULE D, douleur du coude G`."""
    if mention in used or not (mention.negated or mention.why in _OF_ANOTHER):
        return False
    if mention.why == "past":
        return True  # `MAMMO D, MASTECTOMIE G`
    if mention.why == "disease" and not LIMBS & set(mention.entry.regions):
        return True  # `IRM SEINS, nodule QSE droit`
    # Of the paired ones alone: the side of `ENCEPHALE + TSA, AVC SYLVIEN DROIT` is not that of the arteries.
    paired = [one for one in used if one.entry.paired] if mention.entry.paired else used
    return not agree(lexicon, mention.entry.parts, [part for one in paired or used for part in one.entry.parts])


def _without_side(found: Sequence[Span], outside: list[bool], index: int) -> None:
    """The side just after a place, or before it in English, is that of the place alone."""
    if index + 1 < len(found) and found[index + 1].before in {" ", "-"}:
        outside[index + 1] = False
    before = index - 1
    begun = before > 0 and (found[before].before != " " or bool(found[before - 1].roles & _BEGINNING))
    if begun and found[index].before == " ":
        outside[before] = False


def _reason(found: Sequence[Span], mention: Mention) -> str:
    return f"{' '.join(found[mention.index].words)}: {'negated' if mention.negated else mention.why or 'set aside'}"


def _sided(lexicon: Lexicon, used: Sequence[Mention], parts: Sequence[str]) -> list[Mention]:
    """Mentions of paired parts, but for those that several unpaired parts hold: `TAP REIN D` has no side."""
    told = [mention for mention in used if mention.entry.paired]
    kept = members(lexicon, parts) if told else frozenset()
    if any(lexicon.parts[part].paired for part in kept):
        return told
    return [one for one in told if not one.entry.parts or kept & members(lexicon, one.entry.parts)]


def _paired_spans(found: Sequence[Span], sided: Sequence[Mention]) -> list[bool]:
    marked = [False] * len(found)
    for mention in sided:
        marked[mention.index] = True
    return marked


def _count_paired(sided: Sequence[Mention]) -> int:
    return len({mention.entry.parts for mention in sided})
