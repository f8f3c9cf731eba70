"""Pairs of an exam and an event of its patient, as the crossing settles them."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from eds_spark_imaging.crossing.evidence import Trait, total


class Pair(NamedTuple):
    """An exam with a visit, act or report. ``gap`` is positive where the event is later, None where no time is known.

    ``accepted``: the event is the exam's. ``ambiguous``: another pair is about as good. ``rivals``: other pairs that
    could take its place.
    """

    uid: str
    event_id: int
    method: str
    gap: timedelta | None
    rivals: int
    ambiguous: bool
    accepted: bool
    traits: tuple[Trait, ...]

    @property
    def score(self) -> float:
        """The weight of what speaks for the pair less what speaks against it."""
        return total(self.traits)
