"""A phrase of the lexicon that was found in a text."""

from __future__ import annotations

from dataclasses import dataclass, field

from eds_spark_imaging.terminology.lexicon import UNKNOWN, LexiconEntry


@dataclass(slots=True)
class Span:
    """A phrase found: its words, the break before it, what it says here, and how it was found.

    ``place``: what the phrase names; a meaning that holds for this category only wins over the general one.
    ``roles``: its roles among the words around places.
    """

    words: tuple[str, ...]
    before: str
    entries: tuple[LexiconEntry, ...]
    how: str = "exact"
    place: LexiconEntry | None = field(init=False, default=None)
    roles: frozenset[str] = field(init=False, default=frozenset())

    def __post_init__(self) -> None:
        if self.entries:
            self.place = _place(self.entries)
            self.roles = frozenset(entry.role for entry in self.entries if entry.role)


def _place(entries: tuple[LexiconEntry, ...]) -> LexiconEntry | None:
    places = [entry for entry in entries if entry.place]
    if not places:
        return None
    return next((entry for entry in places if entry.only), None) or next((e for e in places if e.parts), places[0])


def holding(entries: tuple[LexiconEntry, ...], category: str) -> tuple[LexiconEntry, ...]:
    """The meanings that words have in an exam of this category."""
    if not any(entry.only for entry in entries):
        return entries
    return tuple(entry for entry in entries if not entry.only or (category or UNKNOWN) in entry.only)
