"""The tree of the lexicon's words, and what a phrase in it says in an exam of a category."""

from __future__ import annotations

from dataclasses import dataclass, field

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LexiconEntry:
    """What a phrase of the lexicon says: a place, an exam, or the role of a word around them."""

    parts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    paired: bool = False
    place: bool = False
    role: str = ""
    category: str = ""
    contrast: str = ""
    side: str = ""
    only: frozenset[str] = frozenset()
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Meaning:
    """All that a phrase says in an exam of one category.

    ``place``: what it names; an entry that holds for this category only wins over the general one.
    ``roles``: its roles among the words around places. ``names_exam``: it names an exam, and no place with it.
    ``categories``: those that its entries tell. ``contrast``: what an exam of this name always has.
    """

    entries: tuple[LexiconEntry, ...] = ()
    place: LexiconEntry | None = None
    roles: frozenset[str] = frozenset()
    names_exam: bool = False
    categories: tuple[str, ...] = ()
    contrast: str = ""


NOTHING = Meaning()


def meaning_of(*entries: LexiconEntry) -> Meaning:
    """What these entries say together."""
    if not entries:
        return NOTHING
    return Meaning(
        entries,
        _place(entries),
        frozenset(entry.role for entry in entries if entry.role),
        any(entry.category and not entry.place for entry in entries),
        tuple(entry.category for entry in entries if entry.category),
        next((entry.contrast for entry in entries if entry.contrast), ""),
    )


def _place(entries: tuple[LexiconEntry, ...]) -> LexiconEntry | None:
    places = [entry for entry in entries if entry.place]
    if not places:
        return None
    return next((entry for entry in places if entry.only), None) or next((e for e in places if e.parts), places[0])


@dataclass(slots=True)
class WordNode:
    """A node of the tree of words: what follows, and what the phrase up to here says."""

    next: dict[str, WordNode] = field(default_factory=dict)
    entries: tuple[LexiconEntry, ...] = ()
    _meanings: dict[str, Meaning] = field(default_factory=dict)

    def meaning(self, category: str) -> Meaning:
        """What the phrase says in an exam of this category; put together once, and most mean the same in all."""
        found = self._meanings.get(category)
        if found is None:
            here = tuple(entry for entry in self.entries if not entry.only or (category or UNKNOWN) in entry.only)
            same = next((other for other in self._meanings.values() if other.entries == here), None)
            found = self._meanings[category] = same or meaning_of(*here)
        return found
