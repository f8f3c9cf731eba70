"""Pairs of an exam and an event of its patient, as the crossing settles them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

from eds_spark_imaging.crossing.assignment import Settled
from eds_spark_imaging.crossing.evidence import Trait, total

_CONTENDER = 2.0  # how much less may speak for a pair than for the one that it might replace


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


def rivals_of(found: Mapping[tuple[int, int], tuple[Trait, ...]]) -> tuple[Counter[int], Counter[int]]:
    """For each exam and for each event, the pairs for which more speaks than against."""
    likely = [pair for pair, traits in found.items() if total(traits) > 0]
    return Counter(i for i, _ in likely), Counter(j for _, j in likely)


def contenders(
    found: Mapping[tuple[int, int], tuple[Trait, ...]], settled: Iterable[Settled], clear: float
) -> set[tuple[int, int]]:
    """The pairs of which the best assignment does not say clearly which holds: those with a margin below ``clear``,
    and what might take their place.
    """
    unsure = {(s.row, s.column): total(found[s.row, s.column]) for s in settled if s.margin < clear}
    of_row = {i: weight for (i, _), weight in unsure.items()}
    of_column = {j: weight for (_, j), weight in unsure.items()}
    return {
        (i, j)
        for (i, j), traits in found.items()
        if total(traits) > 0
        and total(traits) >= min(of_row.get(i, float("inf")), of_column.get(j, float("inf"))) - _CONTENDER
    }
