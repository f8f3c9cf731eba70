"""Words to spans: the longest phrases of the lexicon that a text holds, with what they say.

Words that the lexicon does not know are tried as the beginning of a phrase that was cut, as words written together,
as an abbreviation, then as a misspelling; how a span was found is kept (``how``), since it bounds the confidence.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from eds_spark_imaging.terminology.lexicon import UNKNOWN, Lexicon, LexiconEntry, WordNode
from eds_spark_imaging.terminology.text import Words

# Systems cut descriptions at 16 characters (SH), some at 64 (LO); a shorter text was not cut.
SHORT_TEXT = 16
CUT_AT = frozenset({15, 16, 63, 64})
CUT_FROM = 15
_SHORTEST_CUT = 3
_SHORTEST_ELSEWHERE = 5
_SHORTEST_ABBREVIATION = 5
_LEFT_OUT = 8
_SHORTEST_TYPO = 5
_TWO_SLIPS_FROM = 12
# `rachis` alone is a noun that adjectives later in the text may belong to.
_SPINAL = frozenset({"SPINE", "SPINALCORD"})
_CONNECTORS = frozenset({"et", "and", "ou", "or", "puis", "plus"})


@dataclass(frozen=True, slots=True)
class Span:
    """A phrase found: its words, the break before it, what it says here, and how it was found."""

    words: tuple[str, ...]
    before: str
    entries: tuple[LexiconEntry, ...]
    how: str = "exact"

    @property
    def place(self) -> LexiconEntry | None:
        """The place that the phrase names; a meaning that holds for this category only wins over the general one."""
        places = [entry for entry in self.entries if entry.place]
        if not places:
            return None
        return next((entry for entry in places if entry.only), None) or next((e for e in places if e.parts), places[0])

    @property
    def roles(self) -> frozenset[str]:
        """The roles of the phrase among the words around places."""
        return frozenset(entry.role for entry in self.entries if entry.role)


def spans(lexicon: Lexicon, text: Words, category: str, cut: int) -> list[Span]:
    """The text as spans, first to last; each word is in one span, unknown words in spans without entries.

    ``cut`` is the number of letters from which the last word may be the beginning of one that was cut; 0: it is whole.
    """
    found: list[Span] = []
    forms, breaks = text
    head = ""
    i = 0
    while i < len(forms):
        if breaks[i] == ";" or _names_exam(found[-1:]):
            head = ""
        span, length = _at(lexicon, text, i, category, head)
        if cut and i + length < len(forms) and len(forms[-1]) >= cut:
            span, length = _cut(lexicon, text, i, category, cut) or (span, length)
        if span is None:
            found.extend(_unknown(lexicon, forms[i], breaks[i], category))
            i += 1
            continue
        if span.place and (length > 1 or set(span.place.parts) & _SPINAL):
            head = forms[i]
        found.append(span)
        i += length
    return found


def shortest_cut(text: str) -> int:
    """How many letters a last word needs to count as one that was cut: few at the lengths where systems cut."""
    length = len(text.strip())
    return _SHORTEST_CUT if length in CUT_AT else _SHORTEST_ELSEWHERE if length >= CUT_FROM else 0


def _names_exam(last: list[Span]) -> bool:
    return bool(last) and any(entry.category and not entry.place for entry in last[0].entries)


def _at(lexicon: Lexicon, text: Words, i: int, category: str, head: str) -> tuple[Span | None, int]:
    forms, breaks = text
    entries, length = _longest(lexicon.root, forms, i, category)
    if head:
        shared, more = _shared_head(lexicon, head, forms, i, category)
        if more >= length and shared:
            return Span((head, *forms[i : i + more]), breaks[i], shared), more
    tail = _shared_tail(lexicon, forms, i, category) if length <= 1 else ()
    if tail:
        return Span(forms[i : i + 1], breaks[i], tail), 1
    return (Span(forms[i : i + length], breaks[i], entries), length) if entries else (None, 0)


def _longest(root: WordNode, forms: tuple[str, ...], i: int, category: str) -> tuple[tuple[LexiconEntry, ...], int]:
    node, length = root, 0
    best: tuple[LexiconEntry, ...] = ()
    for j in range(i, len(forms)):
        following = node.next.get(forms[j])
        if following is None:
            break
        node = following
        entries = _holding(node.entries, category)
        if entries:
            best, length = entries, j + 1 - i
    return best, length


def _holding(entries: tuple[LexiconEntry, ...], category: str) -> tuple[LexiconEntry, ...]:
    if not any(entry.only for entry in entries):
        return entries
    return tuple(entry for entry in entries if not entry.only or (category or UNKNOWN) in entry.only)


def _shared_head(
    lexicon: Lexicon, head: str, forms: tuple[str, ...], i: int, category: str
) -> tuple[tuple[LexiconEntry, ...], int]:
    """`rachis cervical et lombaire`: the second adjective belongs to the first noun too."""
    node = lexicon.root.next.get(head)
    if node is None:
        return (), 0
    entries, length = _longest(node, forms, i, category)
    return tuple(entry for entry in entries if entry.place), length


def _shared_tail(lexicon: Lexicon, forms: tuple[str, ...], i: int, category: str) -> tuple[LexiconEntry, ...]:
    """`cervical and lumbar spine`: the first adjective belongs to the last noun too."""
    node = lexicon.root.next.get(forms[i])
    if node is None or not node.next or any(entry.category for entry in node.entries):
        return ()
    for j in range(i + 2, min(i + 6, len(forms))):
        last = forms[j]
        noun = node.next.get(last)
        if noun is None or not any(entry.place for entry in noun.entries):
            continue
        between = forms[i + 1 : j]
        if all(word in _CONNECTORS or _are_place(lexicon, word, last) for word in between):
            return tuple(entry for entry in _holding(noun.entries, category) if entry.place)
    return ()


def _are_place(lexicon: Lexicon, first: str, second: str) -> bool:
    node = lexicon.root.next.get(first)
    noun = node.next.get(second) if node else None
    return noun is not None and any(entry.place for entry in noun.entries)


def _cut(lexicon: Lexicon, text: Words, i: int, category: str, cut: int) -> tuple[Span, int] | None:
    """The last words of a text that was cut, where all phrases that go on like this agree on something."""
    forms, breaks = text
    last = lexicon.root.next.get(forms[-1])
    if len(forms) - i > 4 or (last is not None and last.entries) or forms[-1] in lexicon.plain:
        return None
    node = lexicon.root
    for word in forms[i:-1]:
        following = node.next.get(word)
        if following is None:
            return None
        node = following
    if forms[-1] in node.next and cut != _SHORTEST_CUT:
        return None
    continued = _continued(lexicon, node, forms[-1])
    entry = _common(lexicon, tuple(leaf for child in continued for leaf in _leaves(child, category)))
    return (Span(forms[i:], breaks[i], (entry,), "cut"), len(forms) - i) if entry else None


def _continued(lexicon: Lexicon, node: WordNode, beginning: str) -> list[WordNode]:
    """The nodes that words with this beginning lead to."""
    if node is not lexicon.root:
        return [child for word, child in node.next.items() if word.startswith(beginning)]
    first, last = (bisect_left(lexicon.first_words, end) for end in (beginning, beginning + "\uffff"))
    return [node.next[word] for word in lexicon.first_words[first:last]]


def _leaves(node: WordNode, category: str) -> Iterator[LexiconEntry]:
    yield from (entry for entry in _holding(node.entries, category) if entry.place or entry.role)
    for child in node.next.values():
        yield from _leaves(child, category)


def _common(lexicon: Lexicon, entries: tuple[LexiconEntry, ...]) -> LexiconEntry | None:
    """What several meanings share: their common parts, or their one role; None where they share nothing."""
    if not entries:
        return None
    roles = {entry.role for entry in entries}
    if roles != {""}:
        return next((entry for entry in entries if entry.role), None) if len(roles) == 1 else None
    sets = [{member for part in entry.parts for member in lexicon.composites.get(part, (part,))} for entry in entries]
    shared = tuple(part for part in lexicon.parts if part in set.intersection(*sets))
    if not shared:
        return None
    regions = tuple(dict.fromkeys(region for part in shared for region in lexicon.parts[part].regions))
    return LexiconEntry(shared, regions, any(lexicon.parts[part].paired for part in shared), place=True)


def _unknown(lexicon: Lexicon, word: str, before: str, category: str) -> list[Span]:
    if word in lexicon.known or len(word) < _SHORTEST_ABBREVIATION or not word.isalpha():
        return [Span((word,), before, ())]
    return [
        Span((piece,), before if n == 0 else " ", _holding(lexicon.root.next[piece].entries, category), how)
        for n, (piece, how) in enumerate(guesses(lexicon, word))
    ] or [Span((word,), before, ())]


@lru_cache(maxsize=65536)
def _guesses(version: str, word: str) -> tuple[tuple[str, str], ...]:
    lexicon = _LOADED[version]
    return _joined(lexicon, word) or _abbreviation(lexicon, word) or _typo(lexicon, word)


_LOADED: dict[str, Lexicon] = {}


def guesses(lexicon: Lexicon, word: str) -> tuple[tuple[str, str], ...]:
    """What an unknown word may stand for: words of the lexicon, each with how it was found; empty if nothing."""
    _LOADED.setdefault(lexicon.version, lexicon)
    return _guesses(lexicon.version, word)


_JOINABLE = frozenset({"right", "left"})


def _joined(lexicon: Lexicon, word: str) -> tuple[tuple[str, str], ...]:
    """`chestabdomen`, `irmgenou`, `lknee`: words of the lexicon written together, at least one of them a place."""
    if word[0] in "lr" and any(entry.paired for entry in lexicon.singles.get(word[1:], ())):
        return (word[0], "joined"), (word[1:], "joined")
    if len(word) < 7:
        return ()
    best: dict[int, tuple[str, ...]] = {0: ()}
    for end in range(2, len(word) + 1):
        for start in sorted(best):
            piece = word[start:end]
            if start < end and len(piece) >= 2 and _piece(lexicon, piece) and end not in best:
                best[end] = (*best[start], piece)
    pieces = best.get(len(word), ())
    named = [piece for piece in pieces if any(entry.place for entry in lexicon.singles[piece])]
    return tuple((piece, "joined") for piece in pieces) if any(len(piece) > 3 for piece in named) else ()


def _piece(lexicon: Lexicon, piece: str) -> bool:
    entries = lexicon.singles.get(piece, ())
    if len(piece) == 2:
        return any(entry.role in _JOINABLE or (entry.category and not entry.place) for entry in entries)
    return any((entry.place and entry.parts) or entry.category or entry.role in _JOINABLE for entry in entries)


def _abbreviation(lexicon: Lexicon, word: str) -> tuple[tuple[str, str], ...]:
    """The beginning of words that all name the same parts."""
    near = (full for full in lexicon.spellings.get(word[0], ()) if full.startswith(word))
    longer = [full for full in near if full in lexicon.singles and len(full) <= len(word) + _LEFT_OUT]
    meanings = {entry.parts or (entry.role,) for full in longer for entry in lexicon.singles[full] if not entry.only}
    return ((longer[0], "abbreviated"),) if longer and len(meanings) == 1 else ()


def _typo(lexicon: Lexicon, word: str) -> tuple[tuple[str, str], ...]:
    """The one spelling within a slip or two of the keyboard, if no other is as near."""
    if len(word) < _SHORTEST_TYPO:
        return ()
    slips = 2 if len(word) >= _TWO_SLIPS_FROM else 1
    word = word[:-1] if word.endswith("le") else word
    near = process.extract(word, lexicon.spellings.get(word[0], ()), scorer=OSA.distance, score_cutoff=slips, limit=2)
    if not near or (len(near) > 1 and near[0][1] == near[1][1] and not _same(lexicon, near[0][0], near[1][0])):
        return ()
    if len(word) == _SHORTEST_TYPO and sorted(word) != sorted(near[0][0]) and len(near[0][0]) == len(word):
        return ()
    return ((near[0][0], "typo"),)


def _same(lexicon: Lexicon, one: str, other: str) -> bool:
    return lexicon.root.next[one].entries == lexicon.root.next[other].entries
