"""A phrase of the lexicon that was found in a text."""

from __future__ import annotations

from eds_spark_imaging.terminology.word_tree import NOTHING, Meaning


class Span:
    """A phrase found: its words, the break before it, what it says here (``Meaning``), and how it was found."""

    __slots__ = ("before", "entries", "how", "meaning", "place", "roles", "words")

    def __init__(self, words: tuple[str, ...], before: str, meaning: Meaning = NOTHING, how: str = "exact") -> None:
        self.words = words
        self.before = before
        self.meaning = meaning
        self.how = how
        self.entries = meaning.entries
        self.place = meaning.place
        self.roles = meaning.roles
