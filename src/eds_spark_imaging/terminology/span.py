"""A phrase of the lexicon that was found in a text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from eds_spark_imaging.terminology.lexicon import UNKNOWN, LexiconEntry


@dataclass(frozen=True)
class Span:
    """A phrase found: its words, the break before it, what it says here, and how it was found."""

    words: tuple[str, ...]
    before: str
    entries: tuple[LexiconEntry, ...]
    how: str = "exact"

    @cached_property
    def place(self) -> LexiconEntry | None:
        """The place that the phrase names; a meaning that holds for this category only wins over the general one."""
        places = [entry for entry in self.entries if entry.place]
        if not places:
            return None
        return next((entry for entry in places if entry.only), None) or next((e for e in places if e.parts), places[0])

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles of the phrase among the words around places."""
        return frozenset(entry.role for entry in self.entries if entry.role)


def holding(entries: tuple[LexiconEntry, ...], category: str) -> tuple[LexiconEntry, ...]:
    """The meanings that words have in an exam of this category."""
    if not any(entry.only for entry in entries):
        return entries
    return tuple(entry for entry in entries if not entry.only or (category or UNKNOWN) in entry.only)
