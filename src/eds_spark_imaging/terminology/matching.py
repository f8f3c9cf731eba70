"""Words to spans: the longest phrases of the lexicon that a text holds, with what they say.

Words that the lexicon does not know are tried as the beginning of a phrase that was cut, as words written together,
as an abbreviation, then as a misspelling; how a span was found is kept (``how``), since it bounds the confidence.
"""

from __future__ import annotations

from functools import lru_cache

from eds_spark_imaging.terminology.abbreviating import SHORTEST_FIRST, combined_phrase
from eds_spark_imaging.terminology.completing import LONGEST_PHRASE, begins_words, cut_phrase, doubtful_end, may_begin
from eds_spark_imaging.terminology.guessing import guesses
from eds_spark_imaging.terminology.lexicon import Lexicon
from eds_spark_imaging.terminology.misspelling import misspelt, misspelt_phrase
from eds_spark_imaging.terminology.span import Span
from eds_spark_imaging.terminology.text import Words, stems
from eds_spark_imaging.terminology.word_tree import NOTHING, LexiconEntry, Meaning, WordNode, meaning_of

_SHORTEST_GUESSED = 5
# `rachis` alone is a noun that adjectives later in the text may belong to.
_SPINAL = frozenset({"SPINE", "SPINALCORD"})
_CONNECTORS = stems("joining_places")
# Adjectives that begin names of places, and are no noun that another adjective belongs to.
_NO_HEADS = stems("no_heads")
_SIDES = frozenset({"right", "left", "both_sides"})


def spans(lexicon: Lexicon, text: Words, category: str, cut: int) -> list[Span]:
    """The text as spans, first to last; each word is in one span, unknown words in spans without entries.

    ``cut`` is the number of letters from which the last word may be the beginning of one that was cut; 0: it is whole.
    """
    found: list[Span] = []
    forms, breaks = text
    odd = [misspelt(lexicon, form) for form in forms]
    slips = True in odd
    head = ""
    i = 0
    while i < len(forms):
        if head and (breaks[i] == ";" or found[-1].meaning.names_exam):
            head = ""
        if forms[i] not in lexicon.root.next and _stands_alone(lexicon, text, i, head):
            found.append(Span((forms[i],), breaks[i]))
            i += 1
            continue
        shared = head if head and _may_share(lexicon, forms[i], found) else ""
        span, length = _at(lexicon, text, i, category, shared)
        if cut and i + length < len(forms) <= i + LONGEST_PHRASE:
            span, length = cut_phrase(lexicon, text, i, category, cut=cut, earlier=found) or (span, length)
        if cut and span is not None and i + 1 == len(forms) and doubtful_end(lexicon, text, span, cut, found):
            span = Span((forms[i],), breaks[i])
        if length <= 1:
            span, length = combined_phrase(lexicon, text, i, category) or (span, length)
        if slips and length <= 1 and any(odd[i : i + 3]):
            span, length = misspelt_phrase(lexicon, text, i, category) or (span, length)
        if cut and span is None and shared and i + 1 == len(forms) and found[-1].words[0] in _CONNECTORS:
            span = _cut_second(lexicon, text, head, category, cut)
        if span is None:
            span, length = _first_half(lexicon, text, i, category), 1
        if span is None and cut and i + 1 == len(forms) and begins_words(lexicon, forms[i]):
            span, length = Span((forms[i],), breaks[i]), 1  # cut, and no one word that it begins
        if span is None:
            found.extend(_unknown(lexicon, forms[i], breaks[i], category))
            i += 1
            continue
        if span.place and (length > 1 or set(span.place.parts) & _SPINAL) and forms[i] not in _NO_HEADS:
            head = forms[i]
        found.append(span)
        i += length
    return found


def _cut_second(lexicon: Lexicon, text: Words, head: str, category: str, cut: int) -> Span | None:
    """`RACHIS CERVICAL ET DORSA`: the last adjective of a noun that stood before, where it was cut."""
    last = Words((head, text.forms[-1]), (text.breaks[-1], " "))
    found = cut_phrase(lexicon, last, 0, category, cut=cut, earlier=()) if len(text.forms[-1]) >= 3 else None
    return found[0] if found else None


def _stands_alone(lexicon: Lexicon, text: Words, i: int, head: str) -> bool:
    """Whether a word says nothing (``_says_nothing``), and is not the second of a phrase whose noun stood before."""
    forms, breaks = text
    if not _says_nothing(lexicon, forms[i]) or (i + 1 < len(forms) and breaks[i + 1] == "-"):
        return False
    noun = lexicon.root.next.get(head) if head else None
    return noun is None or forms[i] not in noun.next


@lru_cache(maxsize=65536)
def _says_nothing(lexicon: Lexicon, word: str) -> bool:
    """Whether no phrase begins with a word, with one that it abbreviates, or with one that it may stand for.

    So it is of most words of consoles; a beginning of few letters abbreviates nothing, unless the text was cut there.
    """
    if word in lexicon.root.next or word in lexicon.combining:
        return False
    if len(word) >= SHORTEST_FIRST and may_begin(lexicon, word):
        return False
    return not (misspelt(lexicon, word) and guesses(lexicon, word))


def _may_share(lexicon: Lexicon, word: str, found: list[Span]) -> bool:
    """Whether a word may belong to a noun before; a letter (`RACHIS C ET D`) only after a place of it: `GENOU D`.

    A side only after `et`: `ventricule droit et gauche`, but `grand trochanter droit`, which is no `grand droit`.
    """
    last = found[-1] if found else None
    if any(entry.role in _SIDES for entry in lexicon.singles.get(word, ())):
        return last is not None and last.words[0] in _CONNECTORS
    of_spine = last is not None and last.place is not None and "SP" in last.place.regions
    return len(word) > 1 or of_spine or (last is not None and last.words[0] in _CONNECTORS)


def written_out(lexicon: Lexicon, text: Words) -> list[Span]:
    """The phrases of the lexicon that a text of an exam of no known category has as they stand, first to last."""
    found: list[Span] = []
    i = 0
    while i < len(text.forms):
        meaning, length = _longest(lexicon.root, text, i, "")
        if length:
            found.append(Span(text.forms[i : i + length], text.breaks[i], meaning))
        i += max(length, 1)
    return found


def _first_half(lexicon: Lexicon, text: Words, i: int, category: str) -> Span | None:
    """`facio` of `facio-cérébral`: the first half of a pair of places that no phrase names, or of one that was cut."""
    forms, breaks = text
    entry = lexicon.combining.get(forms[i])
    if entry is None or (i + 1 == len(forms) and len(forms[i]) < _SHORTEST_GUESSED):
        return None
    if i + 1 < len(forms):
        following, _ = _longest(lexicon.root, text, i + 1, category)
        second = forms[i + 1] in lexicon.combining or following.place is not None
        if not second or breaks[i + 1] not in {" ", "-", "/"}:
            return None
    return Span((forms[i],), breaks[i], meaning_of(entry), "abbreviated")


def _at(lexicon: Lexicon, text: Words, i: int, category: str, head: str) -> tuple[Span | None, int]:
    forms, breaks = text
    meaning, length = _longest(lexicon.root, text, i, category)
    if head:
        shared, more = _shared_head(lexicon, head, text, i, category)
        if more >= length and shared:
            return Span((head, *forms[i : i + more]), breaks[i], meaning_of(*shared)), more
    if length <= 1 and i + 1 < len(forms) and breaks[i + 1] == "-":
        hyphened = forms[i] + forms[i + 1]
        if any(entry.place for entry in lexicon.singles.get(hyphened, ())):
            return Span(forms[i : i + 2], breaks[i], lexicon.root.next[hyphened].meaning(category)), 2
    tail = _shared_tail(lexicon, forms, i, category) if length <= 1 else ()
    if tail:
        return Span(forms[i : i + 1], breaks[i], meaning_of(*tail)), 1
    return (Span(forms[i : i + length], breaks[i], meaning), length) if length else (None, 0)


def _longest(root: WordNode, text: Words, i: int, category: str) -> tuple[Meaning, int]:
    """The longest phrase from ``i`` on; a place does not reach over a sign: `CRANE+FACE` is two."""
    forms, breaks = text
    node = root.next.get(forms[i])
    if node is None:
        return NOTHING, 0
    best = node.meaning(category)
    length = 1 if best.entries else 0
    most = _ANY_NUMBER
    for j in range(i + 1, len(forms)):
        node = node.next.get(forms[j])
        if node is None:
            break
        most = min(most, _PARTS_OVER.get(breaks[j], _ANY_NUMBER))
        meaning = node.meaning(category)
        entries = meaning.entries
        if entries and not (most < _ANY_NUMBER and any(entry.place and len(entry.parts) > most for entry in entries)):
            best, length = meaning, j + 1 - i
    return best, length


# How many parts a place may name that reaches over a sign: none over these, one over a bracket (`THORAX (ABDOMEN`).
_ANY_NUMBER = 9
_PARTS_OVER = {"+": -1, ",": -1, ";": 1}


def _is_noun(lexicon: Lexicon, word: str) -> bool:
    return any(entry.role == "noun" for entry in lexicon.singles.get(word, ()))


def _shared_head(
    lexicon: Lexicon, head: str, text: Words, i: int, category: str
) -> tuple[tuple[LexiconEntry, ...], int]:
    """`rachis cervical et lombaire`: the second adjective belongs to the first noun too; a noun (`thorax`) does not."""
    node = lexicon.root.next.get(head)
    if node is None or _is_noun(lexicon, text.forms[i]):
        return (), 0
    meaning, length = _longest(node, text, i, category)
    return tuple(entry for entry in meaning.entries if entry.place), length


def _shared_tail(lexicon: Lexicon, forms: tuple[str, ...], i: int, category: str) -> tuple[LexiconEntry, ...]:
    """`cervical and lumbar spine`: the first adjective belongs to the last noun too."""
    node = lexicon.root.next.get(forms[i])
    if node is None or node.next.keys().isdisjoint(forms[i + 2 : i + 6]):
        return ()
    if any(entry.category for entry in node.entries) or _is_noun(lexicon, forms[i]):
        return ()
    for j in range(i + 2, min(i + 6, len(forms))):
        last = forms[j]
        noun = node.next.get(last)
        places = tuple(entry for entry in noun.meaning(category).entries if entry.place) if noun else ()
        if places and all(word in _CONNECTORS or _are_place(lexicon, word, last) for word in forms[i + 1 : j]):
            return places
    return ()


def _are_place(lexicon: Lexicon, first: str, second: str) -> bool:
    node = lexicon.root.next.get(first)
    noun = node.next.get(second) if node else None
    return noun is not None and any(entry.place for entry in noun.entries)


def _unknown(lexicon: Lexicon, word: str, before: str, category: str) -> list[Span]:
    if word in lexicon.known or len(word) < _SHORTEST_GUESSED or not word.isalpha():
        return [Span((word,), before)]
    return [
        Span((piece,), before if n == 0 else " ", lexicon.root.next[piece].meaning(category), how)
        for n, (piece, how) in enumerate(guesses(lexicon, word))
    ] or [Span((word,), before)]
