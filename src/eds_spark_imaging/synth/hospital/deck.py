"""Weighted choice by shuffled decks: every entry turns up in each round, so that small hospitals show all kinds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Deck(Generic[T]):
    """A deck with ``weight`` copies of each entry, shuffled, dealt to the end and shuffled anew."""

    def __init__(self, rng: Random, entries: Sequence[tuple[T, int]]) -> None:
        self._rng = rng
        self._entries = entries
        self._cards: list[T] = []

    def draw(self, fits: Callable[[T], bool]) -> T | None:
        """The next card that fits; the cards passed over keep their place. None where no entry at all fits."""
        card = self._next(fits)
        if card is None:
            self._refill()
            card = self._next(fits)
        return card

    def _next(self, fits: Callable[[T], bool]) -> T | None:
        for position in range(len(self._cards) - 1, -1, -1):
            if fits(self._cards[position]):
                return self._cards.pop(position)
        return None

    def _refill(self) -> None:
        """A fresh deck below one copy of each card left over: rarely fitting cards do not pile up."""
        left = [entry for entry, _ in self._entries if entry in self._cards]
        fresh = [entry for entry, weight in self._entries for _ in range(weight)]
        self._rng.shuffle(fresh)
        self._cards = fresh + left


class Turns:
    """Whose turn it is, at a rate that small hospitals keep as well: a deck of 100 yes and no."""

    def __init__(self, rng: Random, rate: float) -> None:
        yes = round(100 * rate)
        self._deck = Deck(rng, [(True, yes), (False, 100 - yes)])
        self._owed = 0

    def next(self) -> bool:
        """True at the rate, less the turns that were taken before."""
        if not self._deck.draw(lambda card: True):
            return False
        if self._owed:
            self._owed -= 1
            return False
        return True

    def take(self) -> None:
        """Use up a later turn out of order."""
        self._owed += 1
