"""Phrases whose words are abbreviated: `sterno-clav`, `aorte asc`, `mass fac`."""

from __future__ import annotations

from functools import lru_cache

from eds_spark_imaging.terminology.completing import (
    LONGEST_PHRASE,
    SHORTEST_SECOND,
    begins_else,
    common,
    continued,
)
from eds_spark_imaging.terminology.lexicon import Lexicon
from eds_spark_imaging.terminology.span import Span
from eds_spark_imaging.terminology.text import Words
from eds_spark_imaging.terminology.word_tree import LexiconEntry, WordNode, meaning_of

# Letters that the beginning of a word needs: after a blank where it may begin another word, and as the first word.
_SHORTEST_APART = 4
SHORTEST_FIRST = 3


def combined_phrase(lexicon: Lexicon, text: Words, i: int, category: str) -> tuple[Span, int] | None:
    """The first word of a phrase, or the beginning of one, with the beginnings of the others."""
    forms, breaks = text
    if i + 1 == len(forms) or not _may_follow(text, i + 1):
        return None
    first = lexicon.root.next.get(forms[i])
    if first is not None and first.next and not _goes_on_with(lexicon, forms[i], forms[i + 1]):
        return None
    nodes, best, length = _firsts(lexicon, text, i, category), None, 0
    for j in range(i + 1, min(i + LONGEST_PHRASE, len(forms))):
        if not nodes or not _may_follow(text, j):
            break
        short = breaks[j] == " " and len(forms[j]) < _SHORTEST_APART
        if short and begins_else(lexicon, forms[j], category, diseases=False):
            break
        nodes = [child for node in nodes for word, child in node.next.items() if word.startswith(forms[j])]
        entry = common(lexicon, [entry for node in nodes for entry in _places(node, category)])
        if entry is not None:
            best, length = entry, j + 1 - i
    return (Span(forms[i : i + length], breaks[i], meaning_of(best), "abbreviated"), length) if best else None


@lru_cache(maxsize=65536)
def _goes_on_with(lexicon: Lexicon, first: str, beginning: str) -> bool:
    """Whether a phrase goes on from its first word with one that begins like this."""
    return any(word.startswith(beginning) for word in lexicon.root.next[first].next)


def _may_follow(text: Words, j: int) -> bool:
    return len(text.forms[j]) >= SHORTEST_SECOND and text.breaks[j] in {" ", "-", "/", "+"}


def _firsts(lexicon: Lexicon, text: Words, i: int, category: str) -> list[WordNode]:
    """Where the phrase may begin: at the word itself, else at the words that it is the beginning of."""
    word = text.forms[i]
    first = lexicon.root.next.get(word)
    if first is not None and first.next:
        return [first] if _may_be_first(lexicon, first, text, i) else []
    abbreviates = first is not None and all(entry.place for entry in first.entries)
    if not category or len(word) < SHORTEST_FIRST or not (abbreviates or word not in lexicon.known):
        return []
    return [node for _, node in continued(lexicon, lexicon.root, word) if node.next]


def _may_be_first(lexicon: Lexicon, first: WordNode, text: Words, i: int) -> bool:
    """A word that names no part alone (`veines`); one that does before a hyphen or an unknown abbreviation."""
    forms, breaks = text
    following = forms[i + 1]
    if not first.entries or all(entry.place and not entry.parts for entry in first.entries):
        return True
    if forms[i].endswith("o") and breaks[i + 1] == "-":
        return True
    return len(following) >= _SHORTEST_APART - 1 and following not in lexicon.known and following.isalpha()


def _places(node: WordNode, category: str) -> list[LexiconEntry]:
    return [entry for entry in node.meaning(category).entries if entry.place]
