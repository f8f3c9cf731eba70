"""Clauses of a request that tell why it is made: `IRM hanche D. Chute hier, mollet gauche gonflé`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

from eds_spark_imaging.terminology.lexicon import Lexicon
from eds_spark_imaging.terminology.parts import agree
from eds_spark_imaging.terminology.sides import LIMBS
from eds_spark_imaging.terminology.span import Span
from eds_spark_imaging.terminology.text import stems

# The scope of what stands in such a clause: a place there is no part of the exam, a side there is not the exam's.
REASON = "reason"
_BOUNDS = frozenset({";", ","})
_BEFORE_OTHERS = stems("before_other_exams")
_RESULTS = stems("results")
_OF_PATIENTS = frozenset({"disease", "removal", "prosthesis", "device"})
_SIDES = frozenset({"right", "left", "both_sides", "right_letter", "left_letter"})
# Letters of a word that is no code.
_SHORTEST = 4


def with_reasons(lexicon: Lexicon, found: Sequence[Span], scopes: list[str]) -> list[str]:
    """The scopes of the spans, where another clause names the exam and its place."""
    if not any(span.meaning.categories for span in found) or all(span.before not in _BOUNDS for span in found[1:]):
        return scopes
    clauses = list(_clauses(found))
    exams = [_names_exam(found[start:end], scopes[start:end]) for start, end in clauses]
    if not any(exams):
        return scopes
    parts = _parts([found[i] for (start, end), exam in zip(clauses, exams, strict=True) if exam for i in range(start, end)])
    reason = False
    for (start, end), exam in zip(clauses, exams, strict=True):
        goes_on = reason and found[start].before == ","  # `vomiting, distended abdomen`
        told = (_tells_of_patient(lexicon, found[i], parts) for i in range(start, end) if not scopes[i])
        reason = not exam and (goes_on or scopes[start] == "weak" or any(told))
        if reason:
            scopes[start:end] = [REASON if scope in {"", "weak"} else scope for scope in scopes[start:end]]
    return scopes


def of_exam(lexicon: Lexicon, found: Sequence[Span], scopes: Sequence[str], parts: Sequence[str]) -> list[bool]:
    """The spans whose side is the exam's; in a reason only beside its ``parts``, if they are limbs."""
    outside = [scope not in {"strong", REASON} for scope in scopes]
    if REASON not in scopes or any(one and span.roles & _SIDES for one, span in zip(outside, found, strict=True)):
        return outside
    for start, end in _clauses(found):
        places = [span.place for span in found[start:end] if span.place is not None and span.place.parts]
        if places and all(LIMBS & {*place.regions} and {*place.parts} == {*parts} for place in places):
            outside[start:end] = [scope != "strong" for scope in scopes[start:end]]
    return outside


def _clauses(found: Sequence[Span]) -> Iterator[tuple[int, int]]:
    starts = [i for i, span in enumerate(found) if not i or span.before in _BOUNDS]
    return pairwise([*starts, len(found)])


def _names_exam(clause: Sequence[Span], scopes: Sequence[str]) -> bool:
    if any(span.words[0] in _RESULTS for span in clause):
        return False
    others = (span.words[0] in _BEFORE_OTHERS for span in clause)
    named = any(span.meaning.categories and not other for span, other in zip(clause, chain([False], others), strict=False))
    return named and any(
        span.place is not None and bool(span.place.parts) and scope != "strong"
        for span, scope in zip(clause, scopes, strict=True)
    )


def _tells_of_patient(lexicon: Lexicon, span: Span, parts: Sequence[str]) -> bool:
    """A disease, a device elsewhere (`pacemaker`), or a word that is in no name of a place or an exam."""
    word = span.words[0]
    if not span.entries:
        return len(word) >= _SHORTEST and word.isalpha() and word not in lexicon.known
    called = span.place is not None and span.place.weak and not (span.meaning.names_exam or "noise" in span.roles)
    elsewhere = called and bool(span.place.parts) and not agree(lexicon, span.place.parts, parts)
    return elsewhere or bool(span.roles & _OF_PATIENTS)


def _parts(spans: Sequence[Span]) -> list[str]:
    return [part for span in spans if span.place is not None for part in span.place.parts]
