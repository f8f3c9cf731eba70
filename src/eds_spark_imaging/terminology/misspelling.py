"""Phrases with one misspelt word: `abomino-pelvien`, `rachis lombiare`; the other words of the phrase tell which."""

from __future__ import annotations

from collections.abc import Iterator

from rapidfuzz.distance import OSA

from eds_spark_imaging.terminology.guessing import guesses
from eds_spark_imaging.terminology.lexicon import Lexicon
from eds_spark_imaging.terminology.span import Span
from eds_spark_imaging.terminology.text import Words
from eds_spark_imaging.terminology.word_tree import LexiconEntry, WordNode, meaning_of

_SHORTEST = 5
_SHORTEST_FIRST = 5


def misspelt_phrase(lexicon: Lexicon, text: Words, i: int, category: str) -> tuple[Span, int] | None:
    """The longest place from ``i`` on of which one word is misspelt by one letter, where its other words are right."""
    forms, breaks = text
    node = lexicon.root.next.get(forms[i])
    slips = 0
    if node is None or (not node.next and i + 1 < len(forms)):
        node = _first_word(lexicon, forms[i]) if misspelt(lexicon, forms[i]) else None
        slips = 1
    best: tuple[tuple[str, ...], LexiconEntry] | None = None
    said: tuple[str, ...] = (forms[i],)
    for j in range(i + 1, len(forms)):
        if node is None or breaks[j] not in {" ", "-", "/"}:
            break
        word = forms[j] if forms[j] in node.next else ""
        if not word and not slips and misspelt(lexicon, forms[j]):
            slips, word = 1, _nearest(node, forms[j])
        node = node.next.get(word)
        said = (*said, word)
        place = node and next((entry for entry in node.meaning(category).entries if entry.place), None)
        if place and slips:
            best = said, place
    return (Span(best[0], breaks[i], meaning_of(best[1]), "typo"), len(best[0])) if best else None


def misspelt(lexicon: Lexicon, word: str) -> bool:
    """Whether a word may be a misspelt one: unknown, and long enough."""
    return len(word) >= _SHORTEST and word.isalpha() and word not in lexicon.known


def _first_word(lexicon: Lexicon, word: str) -> WordNode | None:
    """Where phrases with this first word go on, were it spelt right."""
    near = guesses(lexicon, word) if len(word) >= _SHORTEST_FIRST else ()
    return lexicon.root.next[near[0][0]] if len(near) == 1 and near[0][1] == "typo" else None


def _nearest(node: WordNode, word: str) -> str:
    near = set(_within_a_slip(node, word))
    return near.pop() if len(near) == 1 else ""


def _within_a_slip(node: WordNode, word: str) -> Iterator[str]:
    for other in node.next:
        if len(other) >= _SHORTEST and other[0] == word[0] and OSA.distance(word, other, score_cutoff=1) <= 1:
            yield other
