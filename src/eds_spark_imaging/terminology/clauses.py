"""Clauses of a request that tell why it is made: `IRM hanche D. Chute hier, mollet gauche gonflé`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from eds_spark_imaging.terminology.lexicon import Lexicon
from eds_spark_imaging.terminology.parts import agree
from eds_spark_imaging.terminology.sides import LIMBS
from eds_spark_imaging.terminology.span import Span
from eds_spark_imaging.terminology.text import stems

# The scope of what stands in such a clause: a place there is no part of the exam, a side there is not the exam's.
REASON = "reason"
_OF_OTHERS = frozenset({"strong", REASON})
# What parts clauses.
BOUNDS = frozenset({";", ","})
_BEFORE_OTHERS = stems("before_other_exams")
_RESULTS = stems("results")
_OF_PATIENTS = frozenset({"disease", "removal", "prosthesis", "device"})
SIDES = frozenset({"right", "left", "both_sides", "right_letter", "left_letter"})
# Letters of a word that is no code.
_SHORTEST = 4


def with_reasons(lexicon: Lexicon, found: Sequence[Span], scopes: list[str]) -> list[str]:
    """The scopes of the spans, where another clause names the exam and its place, else a place as labels do."""
    if not any(span.place for span in found):
        return scopes
    clauses = _clauses(found)
    named = any(span.meaning.categories for span in found)
    exams = {clause for clause in clauses if _names_exam(found, scopes, clause)} if named else set()
    needed = 1 if exams else 2
    exams = exams or _label(lexicon, found, scopes, clauses)
    parts = [part for clause in exams for part in _parts(found, clause)]
    reason = False
    for clause in clauses if exams else ():
        start, end = clause
        goes_on = reason and found[start].before == ","  # `vomiting, distended abdomen`
        reason = clause not in exams and (goes_on or _weight(lexicon, found, scopes, clause, parts) >= needed)
        if reason:
            scopes[start:end] = [REASON if scope in {"", "weak"} else scope for scope in scopes[start:end]]
    return scopes


def _weight(
    lexicon: Lexicon, found: Sequence[Span], scopes: Sequence[str], clause: tuple[int, int], parts: Sequence[str]
) -> int:
    """How much in a clause tells of the patient; its first word may too (`suivi`)."""
    start, end = clause
    told = sum(_tells_of_patient(lexicon, found[i], parts) for i in range(start, end) if not scopes[i])
    return told + (scopes[start] == "weak")


def _label(
    lexicon: Lexicon, found: Sequence[Span], scopes: Sequence[str], clauses: Sequence[tuple[int, int]]
) -> set[tuple[int, int]]:
    """The first clause with a place, where all its words are those of labels."""
    for start, end in clauses:
        if any(span.place for span in found[start:end]):
            parts = _parts(found, (start, end))
            told = any(scopes[i] or _tells_of_patient(lexicon, found[i], parts) for i in range(start, end))
            return set() if told else {(start, end)}
    return set()


def of_exam(lexicon: Lexicon, found: Sequence[Span], scopes: Sequence[str], parts: Sequence[str]) -> list[bool]:
    """The spans whose side is the exam's; in a reason only beside its ``parts``, if they are limbs."""
    outside = [scope not in _OF_OTHERS for scope in scopes]
    if REASON not in scopes or any(one and span.roles & SIDES for one, span in zip(outside, found, strict=True)):
        return outside
    for start, end in _clauses(found):
        places = [span.place for span in found[start:end] if span.place is not None and span.place.parts]
        if places and all(LIMBS & {*place.regions} and {*place.parts} == {*parts} for place in places):
            outside[start:end] = [scope != "strong" for scope in scopes[start:end]]
    return outside


def _clauses(found: Sequence[Span]) -> list[tuple[int, int]]:
    starts = [i for i, span in enumerate(found) if span.before in BOUNDS]  # of the first word too
    return list(pairwise([*starts, len(found)]))


def _names_exam(found: Sequence[Span], scopes: Sequence[str], clause: tuple[int, int]) -> bool:
    """Whether a clause names an exam and a place, and no result: `dilated CBD on US`, `scanner cérébral normal`."""
    start, end = clause
    named = placed = False
    for i in range(start, end):
        span = found[i]
        if span.meaning.categories and not (i > start and found[i - 1].words[0] in _BEFORE_OTHERS):
            named = True
        if span.place is not None and span.place.parts and scopes[i] != "strong":
            placed = True
    return named and placed and all(found[i].words[0] not in _RESULTS for i in range(start, end))


def _tells_of_patient(lexicon: Lexicon, span: Span, parts: Sequence[str]) -> int:
    """Two for a disease, or a device elsewhere (`pacemaker`); one for a word that no name of a place or an exam has."""
    if not span.entries:
        word = span.words[0]
        return len(word) >= _SHORTEST and word.isalpha() and word not in lexicon.known
    if not span.roles.isdisjoint(_OF_PATIENTS):
        return 2
    place = span.place
    called = place is not None and place.weak and not (span.meaning.names_exam or "noise" in span.roles)
    elsewhere = called and place is not None and bool(place.parts) and not agree(lexicon, place.parts, parts)
    return 2 if elsewhere else 0


def _parts(found: Sequence[Span], clause: tuple[int, int]) -> list[str]:
    return [part for span in found[slice(*clause)] if span.place is not None for part in span.place.parts]
