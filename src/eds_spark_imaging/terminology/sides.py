"""The side in a text, where a word says it of a part; never that of a disease, a view or a chamber of the heart."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from eds_spark_imaging.terminology.span import Span
from eds_spark_imaging.terminology.text import stems
from eds_spark_imaging.terminology.vertebrae import is_level

# Both sides said, of different parts: no one side is the exam's.
MIXED = "mixed"
_WORDS = {"right": "R", "left": "L", "both_sides": "B"}
_LETTERS = {"right_letter": "R", "left_letter": "L"}
_SAYING = frozenset({*_WORDS, *_LETTERS, "two"})
_VOWELS = "aeiouyh"
# `3 D` is no side, `30 D` is one.
_DIMENSIONS = frozenset("1234")


def stated_side(
    spans: Sequence[Span],
    paired: Sequence[bool],
    outside: Sequence[bool],
    parts: int,
    *,
    views: bool,
    french: Collection[str],
    cut: bool,
    joined: bool,
) -> str:
    """R, L, B, MIXED or nothing. ``paired`` marks spans that name a paired part, ``parts`` counts different ones.

    ``views``: views have sides of their own, as everywhere but in mammography. ``french``: first words of French names.
    ``cut``: the text may have been cut, so that another side may have followed; ``joined``: just after a `+`.
    """
    found: list[tuple[int, str]] = []
    for i, span in enumerate(spans):
        if not (outside[i] and span.entries):
            continue
        if not (_SAYING.isdisjoint(span.roles) or _radiotherapy(spans, i, french) or _denied(spans, i)):
            side = _side_of(spans, i, paired, views)
            if side:
                found.append((i, side))
        for entry in span.entries:
            if entry.side and (paired[i] or not entry.place):
                found.append((i, entry.side))
    if not found:
        return ""
    found = _of_one_language(spans, found)
    if parts <= 1:
        lettered = {i - 2 for i, _ in found if spans[i].roles & _LETTERS.keys()}
        found = [one for one in found if one[0] not in lettered or spans[one[0]].words != ("2",)]  # `OS 2 GENOU D`
    sides = {side for _, side in found}
    if cut and ((joined and len(sides) == 1) or _goes_on(spans, found)):
        return ""
    if "B" in sides:
        return "B"
    if sides == {"R", "L"}:
        return "B" if parts <= 1 or _together(spans, found) else MIXED
    return next(iter(sides), "")


def _goes_on(spans: Sequence[Span], found: Sequence[tuple[int, str]]) -> bool:
    """`GENOU DROIT ET`, `POIGNET D + COU`: the other side may have followed where the text was cut."""
    if len({side for _, side in found}) != 1 or found[-1][0] >= len(spans) - 1:
        return False
    last, before = spans[-1], spans[-2]
    joined = "connector" in before.roles or last.before in {"+", ","}
    if "connector" in last.roles:
        return True
    if "connector" in before.roles and last.place is None and len(last.words[0]) == 1:
        return True
    repeated = last.place is not None and any(span.place == last.place for span in spans[:-1])
    return joined and (repeated or last.how == "cut" or (not last.entries and not _slight(last)))


def _of_one_language(spans: Sequence[Span], found: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """`CALCANEUM G R`: after a French letter an English one is the beginning of a word, and the other way round."""
    letters = [spans[i].words[0] for i, _ in found if spans[i].words[0] in _ALL_LETTERS]
    if not letters:
        return found
    other = _ENGLISH_LETTERS if letters[0] in _FRENCH else _FRENCH
    return [(i, side) for i, side in found if spans[i].words[0] not in other]


_FRENCH, _ENGLISH_LETTERS = stems("french_letters"), stems("english_letters")
_ALL_LETTERS = _FRENCH | _ENGLISH_LETTERS
_ENGLISH_SIDES = stems("english_sides")


def _denied(spans: Sequence[Span], i: int) -> bool:
    """`GENOU GAUCHE ET NON DROIT`."""
    return i > 0 and spans[i - 1].words[-1] in _DENYING and spans[i].before == " "


_DENYING = stems("denying")


def _radiotherapy(spans: Sequence[Span], i: int, french: Collection[str]) -> bool:
    """`RT_SEIN_G`: before a French word RT is radiotherapy, not the right side."""
    after = spans[i + 1] if i + 1 < len(spans) else None
    return spans[i].words == ("rt",) and after is not None and after.place is not None and after.words[0] in french


def _side_of(spans: Sequence[Span], i: int, paired: Sequence[bool], views: bool) -> str:
    roles = spans[i].roles
    for role, side in _WORDS.items():
        if role in roles:
            return "" if _of_disease(spans, i, paired) or (views and _of_view(spans, i, paired)) else side
    if "two" in roles:
        return "B" if i + 1 < len(spans) and paired[i + 1] and _counted(spans, i) else ""
    for role, side in _LETTERS.items():
        if role in roles:
            counts = _letter_counts(spans, i, paired) and not _of_disease(spans, i, paired)
            return side if counts and not (views and _of_view(spans, i, paired)) else ""
    return ""


def _counted(spans: Sequence[Span], i: int) -> bool:
    return not (i and spans[i - 1].words[-1].isdigit())


def _of_view(spans: Sequence[Span], i: int, paired: Sequence[bool]) -> bool:
    """Whether the side is that of a view, a lobe, a chamber or a deficit named just before or after."""
    before, after = _neighbours(spans, i)
    if before is not None and "oblique_view" in before.roles and any(paired[: i - 1]):
        return False
    if before is not None and "side_view" in before.roles:
        return True
    return after is not None and "side_view" in after.roles and not (before is not None and before.place)


def _of_disease(spans: Sequence[Span], i: int, paired: Sequence[bool]) -> bool:
    """Whether the side is that of a disease named just before it, or after it in English."""
    before, after = _neighbours(spans, i)
    if after is not None and after.before == " " and paired[i + 1] and spans[i].words[0] in _ENGLISH_SIDES:
        return False  # `DVT LT LEG`
    if (
        after is not None
        and after.roles & {"disease", "removal"}
        and spans[i].before == ","
        and spans[i].words[0] in _ENGLISH_SIDES
    ):
        return True  # `CAROTIDS, LEFT AMAUROSIS`
    # `RX COXARTHROSE G`: where the disease alone tells the one place, the side is the place's.
    place = before.place if before is not None else None
    named = place is not None and (not place.weak or (paired[i - 1] and len(place.parts) == 1))
    disease = -1 if named else _disease_before(spans, i, paired)
    return disease >= 0 and not _of_limb_before(spans, disease, paired) and not _of_limb(spans, i, paired)


def _neighbours(spans: Sequence[Span], i: int) -> tuple[Span | None, Span | None]:
    """The spans beside ``i``, where no sign parts them."""
    before = spans[i - 1] if i and spans[i].before not in _PARTED else None
    after = spans[i + 1] if i + 1 < len(spans) and spans[i + 1].before not in _PARTED else None
    return before, after


_PARTED = frozenset({";", ",", "+"})


def _of_limb_before(spans: Sequence[Span], disease: int, paired: Sequence[bool]) -> bool:
    """`GENOU ENTORSE GAUCHE`: the side of a limb's disease is the limb's; not of one added after a comma."""
    together = disease > 0 and spans[disease].before in {" ", "-"}
    return together and paired[disease - 1] and _is_limb(spans[disease - 1])


def _disease_before(spans: Sequence[Span], i: int, paired: Sequence[bool]) -> int:
    """The disease whose side stands at ``i``, or -1: `otite gauche`, `otite moyenne chronique gauche`.

    So for an organ taken out, beside the part: `POUMON GAUCHE, LOBECTOMIE SUP DROITE`.
    """
    for back in range(i - 1, max(i - 2 - _WORDS_BETWEEN, -1), -1):
        span = spans[back]
        if spans[back + 1].before in _PARTED:
            return -1
        if "disease" in span.roles or ("removal" in span.roles and not paired[back]):
            return back
        if span.place is not None or span.roles - _PASSED:
            return -1
    return -1


def _letter_counts(spans: Sequence[Span], i: int, paired: Sequence[bool]) -> bool:
    """A letter is a side beside a paired part only: not an article, a dimension (`3 D`) or a word of something else."""
    letter = spans[i].words[0]
    before = spans[i - 1] if i else None
    after = spans[i + 1] if i + 1 < len(spans) else None
    dimension = before is not None and before.words[-1] in _DIMENSIONS and not (i > 1 and _numbered(spans[i - 2]))
    if dimension or (before is not None and "lettered" in before.roles):
        return False  # `VITAMINE D`
    if letter == _OR_DOCTOR:
        return (paired[i - 1] or _after_slight(spans, i, paired)) if i and not _names_doctor(after) else False
    if after is not None and paired[i + 1] and after.before in {" ", "-", "/"}:
        unknown = before is not None and not before.entries and before.words[0] not in _WEIGHTINGS
        if unknown and spans[i].before == " ":
            return False
        told = before is not None and paired[i - 1] and spans[i].before == " "
        return told or not (
            letter in {"l", "d"} and after.words[0][0] in _VOWELS and not (letter == "l" and _english(after))
        )
    if before is None or spans[i].before == ";":
        ends = after is None or after.before in _PARTED
        return i > 0 and ends and (paired[i - 1] or _after_slight(spans, i, paired))
    return paired[i - 1] or _after_slight(spans, i, paired)


# `GENOU DR`, but `GENOU DR MARTIN`, and `DR GENOU`, which is digital radiography.
_OR_DOCTOR = "dr"


def _names_doctor(after: Span | None) -> bool:
    """Whether a word that the lexicon does not have as it stands follows."""
    if after is None or after.before in _PARTED or len(after.words[0]) < 3 or not after.words[0].isalpha():
        return False
    return not after.entries or after.how != "exact"


def _after_slight(spans: Sequence[Span], i: int, paired: Sequence[bool]) -> bool:
    """Whether words of views alone stand between a paired part and the letter, and after it."""
    after = spans[i + 1] if i + 1 < len(spans) else None
    back = i - 1
    while back >= 0 and not paired[back] and _slight(spans[back]):
        back -= 1
    ends = after is None or after.before in {";", ","} or bool(after.roles & _INDICATIONS)
    if back >= 0 and paired[back]:
        return after is None or ends or _slight(after)
    return ends and _of_limb(spans, i, paired)


def _of_limb(spans: Sequence[Span], i: int, paired: Sequence[bool]) -> bool:
    """`FEMUR EWING G`: the letter that ends a text is the side of a limb before it, whose disease has no side apart."""
    if spans[i].before != " ":
        return False
    for back in range(i - 1, max(i - 2 - _WORDS_BETWEEN, -1), -1):
        place = spans[back].place
        if place is not None and not place.weak:
            return paired[back] and _is_limb(spans[back])
        passed = place is not None or not spans[back].entries or spans[back].roles & _OF_DISEASE
        if spans[back].before in {";", ","} or not passed:
            return False
    return False


_INDICATIONS = frozenset({"strong_indication", "weak_indication"})


def _is_limb(span: Span) -> bool:
    return span.place is not None and bool(LIMBS & set(span.place.regions))


LIMBS = frozenset({"UL", "LL"})
# Roles of words between a disease and its side: `LITHIASE URETER DISTAL G`, `otite moyenne chronique gauche`.
_PASSED = frozenset({"plain_word", "slight"})
_OF_DISEASE = frozenset({"disease", "weak_indication"})
_WORDS_BETWEEN = 3


def _numbered(span: Span) -> bool:
    """Fingers and toes have numbers: `DOIGT 4 D`."""
    return span.words[-1] in _NUMBERED


def _slight(span: Span) -> bool:
    """Words of views or of the kind of exam between a part and its side: `PIED F P G`, `EPAULE ARTHRO G`."""
    if span.entries and all(entry.contrast and not entry.place for entry in span.entries):
        return True
    if (span.place is not None and span.place.weak) or is_level(span.words[0]):
        return True
    return all(len(word) <= 2 or word.isdigit() for word in span.words) or bool(span.roles & _BETWEEN)


_BETWEEN = frozenset({"noise", "slight", "procedure"})
_WEIGHTINGS = stems("weightings")
_ENGLISH = stems("english_with_vowel")
_NUMBERED = stems("numbered_places")


def _english(span: Span) -> bool:
    return span.words[0] in _ENGLISH


def _together(spans: Sequence[Span], found: list[tuple[int, str]]) -> bool:
    """`droite et gauche` side by side is both, whatever the parts."""
    places = [i for i, _ in found]
    between = spans[min(places) + 1 : max(places)]
    return all("connector" in span.roles for span in between)
