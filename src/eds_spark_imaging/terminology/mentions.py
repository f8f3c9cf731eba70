"""Places that a text names, and how each stands there: said of the exam, beside it, or negated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eds_spark_imaging.terminology.clauses import REASON, SIDES
from eds_spark_imaging.terminology.data_files import group
from eds_spark_imaging.terminology.lexicon import Lexicon
from eds_spark_imaging.terminology.parts import lies_within, near
from eds_spark_imaging.terminology.span import Span
from eds_spark_imaging.terminology.text import stems
from eds_spark_imaging.terminology.word_tree import LexiconEntry

# How far a place is to be trusted, by how its words were found.
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
SAID, BESIDE, NOT = 0, 1, 2

_ASIDE = frozenset({"view", REASON})
_PURPOSES, _APPROACH_FOLLOWS, _JOINING_NEGATED = map(stems, ("purposes", "approach_follows", "joining_negated"))
_WAYS_IN = frozenset(group("approach_arteries"))
_ROMAN = stems("roman_numbers")


@dataclass(frozen=True, slots=True)
class Mention:
    """A place named at span ``index`` and how it stands there."""

    index: int
    entry: LexiconEntry
    standing: int
    negated: bool
    why: str
    how: str


def mentions_of(lexicon: Lexicon, found: Sequence[Span], scopes: Sequence[str], *, views: bool) -> list[Mention]:
    """The places that the spans name, by the scope of each; ``views``: a word that may be a view (`face`) is one."""
    mentions: list[Mention] = []
    if not any(span.place for span in found):
        return mentions
    negated = _negated(found)
    for i, span in enumerate(found):
        place = span.place
        if place is None or (views and "noise" in span.roles and not place.only):
            continue
        standing, why = _standing(lexicon, found, i, scopes[i], mentions)
        mentions.append(Mention(i, place, standing, negated[i], why, span.how))
    return mentions


def scopes_of(found: Sequence[Span]) -> list[str]:
    """For each span the scope that it is in: `strong` or `weak` indication, `view`, or none."""
    scopes: list[str] = []
    scope = ""
    for i, span in enumerate(found):
        roles = span.roles
        if scope and _ends_scope(found, i, scope):
            scope = ""
        if "strong_indication" in roles and not span.place:
            after = found[i + 1] if i + 1 < len(found) else None
            scope = (
                "procedure"
                if after is not None and "procedure" in after.roles and span.words[0] in _PURPOSES
                else "strong"
            )
        elif "weak_indication" in roles and not span.place and scope != "strong":
            scope = "weak"
        elif "view_scope" in roles and not scope:
            scope = "view"
        scopes.append(scope)
    return scopes


def _ends_scope(found: Sequence[Span], i: int, scope: str) -> bool:
    """Whether the scope of the span before ends at ``i``: after a stop, and at the name of an exam."""
    span = found[i]
    opens = i == 1 and scope == "weak" and span.before == " "  # `STAGING CT CHEST, KNOWN LUNG CANCER`
    begun = bool(found[i - 1].roles & {"strong_indication", "weak_indication"}) and not opens
    added = scope == "weak" and begun and span.before == "+"  # `PRE TAVI + AORTE`
    return span.before == ";" or added or (scope != "view" and _exam_word(span) and not begun)


def _exam_word(span: Span) -> bool:
    return span.meaning.names_exam and "strong_indication" not in span.roles


def _standing(lexicon: Lexicon, found: Sequence[Span], i: int, scope: str, earlier: list[Mention]) -> tuple[int, str]:
    """How the place at ``i`` stands in the text, and why where it is not said of the exam."""
    before = found[i - 1] if i and found[i].before in {" ", "-"} else None
    after = found[i + 1] if i + 1 < len(found) and found[i + 1].before in {" ", "-"} else None
    place = found[i].place
    if scope == "strong":
        return NOT, "indication"
    if _is_approach(before, after) or _is_way_in(lexicon, found, i, earlier):
        return NOT, "approach"
    why = _beside_why(lexicon, found, i, scope, earlier)
    if why:
        return BESIDE, why
    return (BESIDE, "kind of exam") if place is not None and _is_kind(found[i], place, earlier) else (SAID, "")


def _beside_why(lexicon: Lexicon, found: Sequence[Span], i: int, scope: str, earlier: list[Mention]) -> str:
    """Why the place at ``i`` stands beside the exam; empty where nothing says so."""
    before = found[i - 1] if i and found[i].before in {" ", "-"} else None
    if _is_past(found, i, earlier):
        return "past"
    trunk = _trunk_after_disease(found, i, earlier) or _around_disease(lexicon, found, i, earlier)
    added = bool(earlier) and earlier[-1].standing == SAID and found[i].before == "+"  # `SUIVI K REIN G TAP + CRANE`
    if scope in _ASIDE or (scope == "weak" and not trunk and not added):
        return scope
    if before is not None and "protocol" in before.roles:
        return "protocol"
    if trunk:
        return ""
    follows = _of_disease(found, before, earlier[-1] if earlier else None, i)
    return "disease" if follows or _injured_too(found, i, earlier) else ""


def _is_past(found: Sequence[Span], i: int, earlier: list[Mention]) -> bool:
    """An organ that was taken out; the other side's prosthesis in brackets: `HANCHE G (PTH D)`."""
    roles, place = found[i].roles, found[i].place
    if place is None:
        return False
    repeated = any(mention.standing == SAID and mention.entry.parts == place.parts for mention in earlier)
    aside = repeated and found[i].before == ";" and any(span.roles & SIDES for span in found[:i])
    return ("removal" in roles and place.weak) or ("prosthesis" in roles and aside)


_TRUNK = frozenset({"BRAIN", "HEAD", "NECK", "CHEST", "ABDOMEN", "PELVIS"})


def _trunk_after_disease(found: Sequence[Span], i: int, earlier: list[Mention]) -> bool:
    """`SUIVI K REIN G TAP`: several parts of the trunk after the place of a disease are what was imaged."""
    place = found[i].place
    if place is None or len(place.parts) < 2 or not _TRUNK.issuperset(place.parts):
        return False
    follows = bool(earlier) and all(mention.why in {"weak", "disease"} for mention in earlier)
    listed = follows and _TRUNK.issuperset(earlier[-1].entry.parts)  # `TRAUMA HEAD NECK CHEST ABDO`
    return follows and not listed and any("disease" in span.roles for span in found[:i])


def _around_disease(lexicon: Lexicon, found: Sequence[Span], i: int, earlier: list[Mention]) -> bool:
    """`AVC SYLVIEN G CEREBRAL`: the part of the trunk that holds the places of the diseases before it was imaged."""
    place = found[i].place
    if place is None or len(place.parts) != 1 or not _TRUNK.issuperset(place.parts) or not earlier:
        return False
    if "disease" in found[i - 1].roles or any(mention.why != "disease" for mention in earlier):
        return False
    return all(lies_within(lexicon, part, place.parts) for mention in earlier for part in mention.entry.parts)


def _injured_too(found: Sequence[Span], i: int, earlier: list[Mention]) -> bool:
    """`ENTORSE CHEVILLE G + PIED G`: a limb added to the one of a disease, where no place was said before."""
    if not earlier or found[i].before != "+":
        return False
    last, place = earlier[-1], found[i].place
    limbs = place is not None and {*place.regions, *last.entry.regions} <= {"UL", "LL"}
    all_diseases = all(mention.why == "disease" for mention in earlier)
    return limbs and all_diseases and last_but_sides(found, i) == last.index


def _is_kind(span: Span, place: LexiconEntry, earlier: list[Mention]) -> bool:
    """Whether a place is named by the kind of exam alone; not where it is added to another: `SINUS + DENTASCAN`.

    An incidence (`BLONDEAU + HIRTZ`), which is of radiographs alone, adds none.
    """
    added = span.before == "+" and not place.only and any(mention.standing == SAID for mention in earlier)
    return place.weak and not added


def _is_approach(before: Span | None, after: Span | None) -> bool:
    """`par voie fémorale`, `femoral approach`."""
    if before is not None and "approach" in before.roles:
        return True
    return after is not None and after.words[0] in _APPROACH_FOLLOWS


def _is_way_in(lexicon: Lexicon, found: Sequence[Span], i: int, earlier: Sequence[Mention]) -> bool:
    """`CORO FEMORALE D`: the artery that was punctured, after an organ that no limb's artery leads on from."""
    place = found[i].place
    joined = found[i].before in {"+", "/"} or (i and "connector" in found[i - 1].roles)
    if place is None or joined or len(found[i].words) > 1 or not place.parts or not _WAYS_IN.issuperset(place.parts):
        return False
    said = [
        {region for part in mention.entry.parts for region in lexicon.parts[part].regions}
        for mention in earlier
        if (mention.standing == SAID or mention.why == "kind of exam") and mention.entry.parts
    ]
    here = set(place.regions) - {"CV"}
    return bool(said) and all(
        not one & here and (one & {"HE", "HN"} or not one & {"CV", "LL", "UL"} or not near(one - {"CV"} or here, here))
        for one in said
    )


def _of_disease(found: Sequence[Span], before: Span | None, last: Mention | None, i: int) -> bool:
    """`cancer du sein` whatever stands before; `liver lesion` only where another place was named before."""
    if before is not None and "disease" in before.roles:
        return True
    if last is None:
        return False
    back = last_but_sides(found, i)
    if before is not None and "disease" in found[back].roles:
        return True  # `HEAD STROKE LEFT MCA`
    follows = last.index == back and before is not None
    if follows and last.why == "disease":
        return True
    apart = found[i].before == ";" or any(span.before in {";", ","} for span in found[last.index + 1 : i])
    after = _but_sides(found, i) if follows or apart else None
    return after is not None and "disease" in after.roles


def last_but_sides(found: Sequence[Span], i: int) -> int:
    """The span before ``i`` that is no side or number: `KNEE LT POPLITEAL CYST`, `DOIGT 3 MAIN`."""
    back = i - 1
    while back > 0 and _side_or_number(found[back]) and found[back].before in {" ", "-"}:
        back -= 1
    return back


def _but_sides(found: Sequence[Span], i: int) -> Span | None:
    """The span after ``i`` that is no side or number: `ACM GAUCHE ISCHEMIE`."""
    for span in found[i + 1 :]:
        if span.before not in {" ", "-"}:
            return None
        if not _side_or_number(span):
            return span
    return None


def _side_or_number(span: Span) -> bool:
    number = (span.words[0][0].isdigit() and len(span.words[0]) <= 2) or span.words[0] in _ROMAN  # `3V`
    return span.place is None and (bool(span.roles & SIDES) or number)


def _negated(found: Sequence[Span]) -> list[bool]:
    """Places after `hors`, `sans`, `except`, with those joined to them by `et`, `ou` or `/`."""
    flags = [False] * len(found)
    active = False
    for i, span in enumerate(found):
        if "negate" in span.roles:
            active = True
        elif active and span.place and i and found[i - 1].roles & {"negate"} and span.before in {",", ";"}:
            active = False
        elif active and span.place:
            flags[i] = not (span.before == "+" and i and flags[i - 1])
            active = flags[i]
        elif active and span.roles & SIDES and found[i - 1].roles & {"negate"}:
            continue  # `EXCLUDING LEFT KNEE`
        elif active and span.words[0] in _JOINING_NEGATED and i + 1 < len(found) and found[i + 1].place:
            active = True
        else:
            active = False
        if active and span.before in {";", ","} and not span.roles & {"negate"} and i and flags[i - 1]:
            flags[i] = active = False
    for i, span in enumerate(found[1:], 1):
        if "negated_before" in span.roles and found[i - 1].place and span.before in {" ", "-"}:
            flags[i - 1] = True  # `PELVIS EXCLU`
    return flags


def used_of(mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions that count: those said of the exam, else those of its kind, else those beside it."""
    if not mentions:
        return []
    counted = [mention for mention in mentions if not mention.negated]
    said = [mention for mention in counted if mention.standing == SAID]
    if any(mention.entry.parts for mention in said):
        return said
    near = [mention for mention in counted if mention.standing == BESIDE]
    kind = [mention for mention in near if mention.why == "kind of exam"]
    for used in (kind, _before_follow_up(near)):
        if any(mention.entry.parts for mention in used):
            return used
    return near or said


def _before_follow_up(near: list[Mention]) -> list[Mention]:
    """`DRAINAGE ABCES PELVIEN, suivi de cancer du colon`: places of diseases before those of a follow-up."""
    follow_up = [mention.index for mention in near if mention.why == "weak"]
    return [mention for mention in near if mention.why == "disease" and follow_up and mention.index < follow_up[0]]


def how_found(used: Sequence[Mention]) -> str:
    """The least certain way in which one of them was found."""
    ways = [mention.how for mention in used]
    ways += ["context" for mention in used if mention.standing == BESIDE]
    return min(ways, key=lambda way: CONFIDENCE[way]) if ways else ""
