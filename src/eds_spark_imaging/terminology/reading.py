"""One text read: the parts that it names, regions, side, contrast, category, and by which rule."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from eds_spark_imaging.terminology.contrast import implied_contrast, stated_contrast
from eds_spark_imaging.terminology.lexicon import Lexicon, LexiconEntry
from eds_spark_imaging.terminology.matching import SHORT_TEXT, Span, shortest_cut, spans
from eds_spark_imaging.terminology.sides import stated_side
from eds_spark_imaging.terminology.text import words

CONFIDENCE = {
    "exact": 0.95,
    "joined": 0.9,
    "vertebrae": 0.85,
    "abbreviated": 0.8,
    "cut": 0.75,
    "typo": 0.7,
    "context": 0.6,
    "kernel": 0.3,
}
# How a mention stands in the text: said of the exam, beside it (disease, follow-up, view), or not said of it at all.
_SAID, _BESIDE, _NOT = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Mention:
    """A place named at span ``index`` and how it stands there."""

    index: int
    entry: LexiconEntry
    standing: int
    negated: bool
    why: str
    how: str


@dataclass(frozen=True, slots=True)
class Reading:
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
    found = spans(lexicon, words(text), category, shortest_cut(text))
    mentions = _mentions(found, views=not (coded and len(found) == 1))
    kernel = series and category in {"scanner", ""} and _kernel_only(found)
    if series and category == "scanner":
        mentions = _without_kernels(found, mentions)
    used = _used(mentions)
    parts = _parts(lexicon, found, used, mentions)
    paired = any(mention.entry.paired for mention in used)
    regions = tuple(dict.fromkeys(region for mention in used for region in _regions(lexicon, mention.entry, parts)))
    how = _how(used)
    if (not parts and not regions) or parts == ("SPINE",):
        levels = _levels(found, category, 1 if parts else 2)
        if levels:
            parts, how, regions = levels, "vertebrae", ("SP",)
    scopes = _scopes(found)
    outside = [scope != "strong" for scope in scopes]
    for mention in mentions:
        if mention.why == "approach" and mention.index + 1 < len(outside):
            outside[mention.index + 1] = False
    unpurposed = [scope not in {"strong", "procedure"} for scope in scopes]
    marked = _paired_spans(found, used)
    return Reading(
        parts=parts,
        regions=regions,
        paired=paired,
        side=stated_side(found, marked, outside, _count_paired(used), category != "mammographie"),
        contrast=stated_contrast(found, category, len(text.strip()) == SHORT_TEXT, unpurposed),
        implied=implied_contrast(lexicon, found, unpurposed),
        rule=how if parts or regions else "",
        confidence=CONFIDENCE.get(how, 0.0),
        kernel=kernel,
        words=tuple(" ".join(found[mention.index].words) for mention in used),
        reasons=tuple(_reason(found, mention) for mention in mentions if mention not in used),
    )


def text_category(lexicon: Lexicon, text: str) -> str:
    """The exam category that a text tells, or nothing. PET and nuclear medicine win over the CT beside them."""
    told = [
        entry.category
        for span in spans(lexicon, words(text), "", cut=0)
        if span.how == "exact" and not span.roles & {"noise"}
        for entry in (*span.entries, *_within_phrase(lexicon, span))
        if entry.category
    ]
    return next((category for category in ("tep", "medecine_nucleaire") if category in told), told[0] if told else "")


def _within_phrase(lexicon: Lexicon, span: Span) -> list[LexiconEntry]:
    """`écho du col` is a place, and its first word is an exam."""
    words_of = span.words if len(span.words) > 1 else ()
    return [entry for word in words_of for entry in lexicon.singles.get(word, ()) if not entry.only and not entry.place]


def _scopes(found: Sequence[Span]) -> list[str]:
    """For each span the scope that it is in: `strong` or `weak` indication, `view`, or none."""
    scopes: list[str] = []
    scope = ""
    for i, span in enumerate(found):
        roles = span.roles
        begun = i > 0 and bool(found[i - 1].roles & {"strong_indication", "weak_indication"})
        if span.before == ";" or (scope in {"strong", "weak", "procedure"} and _exam_word(span) and not begun):
            scope = ""
        if "strong_indication" in roles and not span.place:
            after = found[i + 1] if i + 1 < len(found) else None
            scope = (
                "procedure"
                if after is not None and "procedure" in after.roles and span.words[0] in {"pour", "for"}
                else "strong"
            )
        elif "weak_indication" in roles and not span.place and scope != "strong":
            scope = "weak"
        elif "view_scope" in roles and not scope:
            scope = "view"
        scopes.append(scope)
    return scopes


def _exam_word(span: Span) -> bool:
    return any(entry.category and not entry.place for entry in span.entries) and "strong_indication" not in span.roles


def _mentions(found: Sequence[Span], *, views: bool) -> list[Mention]:
    scopes = _scopes(found)
    negated = _negated(found)
    mentions: list[Mention] = []
    for i, span in enumerate(found):
        place = span.place
        if place is None or (views and "noise" in span.roles and not place.only):
            continue
        standing, why = _standing(found, i, scopes[i], mentions)
        mentions.append(Mention(i, place, standing, negated[i], why, span.how))
    return mentions


def _standing(found: Sequence[Span], i: int, scope: str, earlier: list[Mention]) -> tuple[int, str]:
    """How the place at ``i`` stands in the text, and why where it is not said of the exam."""
    before = found[i - 1] if i and found[i].before in {" ", "-"} else None
    after = found[i + 1] if i + 1 < len(found) and found[i + 1].before in {" ", "-"} else None
    place = found[i].place
    if scope == "strong":
        return _NOT, "indication"
    if _is_approach(before, after):
        return _NOT, "approach"
    if scope in {"weak", "view"}:
        return _BESIDE, scope
    if _of_disease(found[i], before, after, earlier[-1] if earlier else None, i):
        return _BESIDE, "disease"
    return (_BESIDE, "kind of exam") if place is not None and place.weak else (_SAID, "")


def _is_approach(before: Span | None, after: Span | None) -> bool:
    """`par voie fémorale`, `femoral approach`."""
    if before is not None and "approach" in before.roles:
        return True
    return after is not None and after.words[0] in {"approach", "access"}


def _of_disease(span: Span, before: Span | None, after: Span | None, last: Mention | None, i: int) -> bool:
    """`cancer du sein` whatever stands before; `liver lesion` only where another place was named before."""
    if before is not None and "disease" in before.roles:
        return True
    follows = last is not None and last.index == i - 1 and before is not None
    if follows and last is not None and last.why == "disease":
        return True
    second = follows or (last is not None and span.before == ";")
    return second and after is not None and "disease" in after.roles


def _negated(found: Sequence[Span]) -> list[bool]:
    """Places after `hors`, `sans`, `except`, with those joined to them by `et`, `ou` or `/`."""
    flags = [False] * len(found)
    active = False
    for i, span in enumerate(found):
        if "negate" in span.roles:
            active = True
        elif active and span.place:
            flags[i] = not (span.before == "+" and i and flags[i - 1])
            active = flags[i]
        elif active and span.words[0] in {"et", "ou", "ni", "or", "nor"} and i + 1 < len(found) and found[i + 1].place:
            active = True
        else:
            active = False
        if active and span.before in {";", ","} and not span.roles & {"negate"} and i and flags[i - 1]:
            flags[i] = active = False
    return flags


def _used(mentions: Sequence[Mention]) -> list[Mention]:
    for wanted in (_SAID, _BESIDE):
        used = [mention for mention in mentions if mention.standing == wanted and not mention.negated]
        if any(mention.entry.parts for mention in used) or (wanted == _BESIDE and used):
            return used
    return [mention for mention in mentions if mention.standing == _SAID and not mention.negated]


def _how(used: Sequence[Mention]) -> str:
    ways = [mention.how for mention in used]
    ways += ["context" for mention in used if mention.standing == _BESIDE]
    return min(ways, key=lambda way: CONFIDENCE[way]) if ways else ""


def _regions(lexicon: Lexicon, entry: LexiconEntry, parts: tuple[str, ...]) -> tuple[str, ...]:
    if not entry.parts:
        return entry.regions
    kept = members(lexicon, parts)
    here = members(lexicon, entry.parts)
    if here <= kept:
        return entry.regions
    return tuple(region for part in here & kept for region in lexicon.parts[part].regions)


def members(lexicon: Lexicon, parts: Sequence[str]) -> set[str]:
    """Parts with composites taken apart."""
    return {member for part in parts for member in lexicon.composites.get(part, (part,))}


def _parts(
    lexicon: Lexicon, found: Sequence[Span], used: Sequence[Mention], mentions: Sequence[Mention]
) -> tuple[str, ...]:
    named: list[str] = []
    for mention in used:
        if not _is_frame(lexicon, found, mention, used):
            named.extend(part for part in mention.entry.parts if part not in named)
    denied = {part for mention in mentions if mention.negated for part in members(lexicon, mention.entry.parts)}
    if denied:
        named = [part for part in _apart(lexicon, named, denied) if part not in denied]
    return written(lexicon, specific(lexicon, named))


def _apart(lexicon: Lexicon, named: Sequence[str], denied: set[str]) -> list[str]:
    return [
        member
        for part in named
        for member in (lexicon.composites.get(part, (part,)) if members(lexicon, [part]) & denied else (part,))
    ]


def _is_frame(lexicon: Lexicon, found: Sequence[Span], mention: Mention, used: Sequence[Mention]) -> bool:
    """`ABDOMEN FOIE`, without a word between: the larger part only says where the smaller one is."""
    for other in used:
        near, far = sorted((mention.index, other.index))
        if far - near != 1 or found[far].before not in {" ", "-"} or set(mention.entry.parts) & _WHOLE:
            continue
        if "HEAD" in mention.entry.parts and set(other.entry.parts) - _IN_HEAD:
            continue
        if mention.entry.parts and all(
            lies_within(lexicon, part, mention.entry.parts) for part in other.entry.parts or ("",)
        ):
            return True
    return False


def lies_within(lexicon: Lexicon, part: str, places: Collection[str]) -> bool:
    """Whether a part lies within one of others, at any depth."""
    here = lexicon.parts[part].within if part in lexicon.parts else ""
    while here:
        if here in places:
            return True
        here = lexicon.parts[here].within if here in lexicon.parts else ""
    return False


# General terms that say nothing beside a part of them.
_GENERAL = frozenset({"SPINE", "UPPERLIMB", "LOWERLIMB", "AORTA", "VENACAVA", "CAROTIDARTERY"})
# Terms whose own parts say nothing beside them: a chamber is not another part than the heart.
_WHOLE = frozenset({"HEART"})
# What the head only frames: `HEAD^BRAIN`. A face beside a head is another part.
_IN_HEAD = frozenset({"BRAIN", "CEREBELLUM", "SELLA", "IAC", "ORBIT", "SKULL"})
_EMPTY = frozenset({"EXTREMITY", "JOINT"})


def specific(lexicon: Lexicon, named: Sequence[str]) -> list[str]:
    """Parts without the general terms that say nothing beside them."""
    if "WHOLEBODY" in named:
        return ["WHOLEBODY"]
    kept = [part for part in named if part not in _EMPTY] or list(named)
    whole = [part for part in kept if part in _WHOLE]
    kept = [part for part in kept if part in whole or not whole or not lies_within(lexicon, part, whole)]
    return [
        part
        for part in kept
        if part not in _GENERAL
        or not any(lies_within(lexicon, other, (part,)) for other in kept if other != "SPINALCORD")
    ]


def written(lexicon: Lexicon, named: Sequence[str]) -> tuple[str, ...]:
    """Parts as DICOM writes them: members of a composite as the composite, its members left out beside it."""
    parts = list(dict.fromkeys(named))
    for composite in lexicon.written_composites:
        inside = lexicon.composites[composite]
        flat = members(lexicon, parts)
        if set(inside) <= flat and (composite in parts or len(set(inside) & set(parts)) > 0):
            place = min(i for i, part in enumerate(parts) if members(lexicon, [part]) & set(inside))
            rest = [part for part in parts if not members(lexicon, [part]) <= set(inside)]
            parts = [*rest[:place], composite, *rest[place:]]
    return tuple(parts)


def _reason(found: Sequence[Span], mention: Mention) -> str:
    return f"{' '.join(found[mention.index].words)}: {'negated' if mention.negated else mention.why or 'set aside'}"


def _paired_spans(found: Sequence[Span], used: Sequence[Mention]) -> list[bool]:
    marked = [False] * len(found)
    for mention in used:
        marked[mention.index] = mention.entry.paired
    return marked


def _count_paired(used: Sequence[Mention]) -> int:
    return len({mention.entry.parts for mention in used if mention.entry.paired})


_MEASURE = re.compile(r"[0-9]+(?:mm|cm|kv|s|sec)?|[bt]?[0-9]+[a-z]?|[a-z]{1,2}[0-9]{2,3}[a-z]?")


def _kernel_only(found: Sequence[Span]) -> bool:
    """A text of kernels, windows, planes and measures alone, such as `LUNG 1.25`."""
    places = [span for span in found if span.place]
    return bool(places) and all("kernel" in span.roles or _MEASURE.fullmatch(span.words[0]) for span in found)


def _without_kernels(found: Sequence[Span], mentions: list[Mention]) -> list[Mention]:
    parts = [mention for mention in mentions if "kernel" not in found[mention.index].roles]
    return parts if any(mention.standing == _SAID for mention in parts) else mentions


_LEVEL = re.compile(r"([ctdls])([0-9]{1,2})(?:([ctdls]?)([0-9]{1,2}))?")
_LEVELS = {"c": ("CSPINE", 7), "t": ("TSPINE", 12), "d": ("TSPINE", 12), "l": ("LSPINE", 5), "s": ("SSPINE", 5)}


def _levels(found: Sequence[Span], category: str, least: int) -> tuple[str, ...]:
    """`L4-L5`, `C5C6`: vertebrae, two of them (``least``) where no word says spine, since L1 or C5 may be anything."""
    if category == "echographie":
        return ()
    letters: list[str] = []
    for span in found:
        match = _LEVEL.fullmatch(span.words[0]) if not span.entries else None
        if match is None or int(match[2]) > _LEVELS[match[1]][1] or (match[1] == "t" and int(match[2]) < 3):
            if match is None and letters and len(letters) < 2:
                letters = letters if span.words[0] in {"a", "et", "au"} else []
            continue
        letters.append(match[1])
        if match[4]:
            letters.append(match[3] or match[1])
    if len(letters) < least or set(letters) == {"s"}:
        return ()
    parts = tuple(dict.fromkeys(_LEVELS[letter][0] for letter in letters))
    return ("LSSPINE",) if parts == ("LSPINE", "SSPINE") else parts
