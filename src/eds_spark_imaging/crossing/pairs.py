"""Pairs of an exam and an event of its patient: which are accepted, which are ambiguous, and by what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from eds_spark_imaging.crossing.assignment import Assigned
from eds_spark_imaging.crossing.candidates import Event, Weighed
from eds_spark_imaging.crossing.evidence import Trait, agreeing, nearest, total
from eds_spark_imaging.crossing.patient import Exam

_CONTENDER = 2.0  # how much less may speak for a pair than for the one that it might replace

Places = set[tuple[int, int]]  # pairs, by the place of the exam and that of the event


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


def pairs_of(
    exams: Sequence[Exam],
    events: Sequence[Event],
    found: Weighed,
    accepted: Places,
    *,
    ambiguous: Places,
    method: Callable[[frozenset[str]], str],
) -> list[Pair]:
    """All pairs that were weighed; ``method`` names what brought a pair together, from the traits that agree."""
    of_exam, of_event = _likely(found)
    return [
        Pair(
            uid=exams[i].uid,
            event_id=events[j].event_id,
            method=method(agreeing(traits)),
            gap=nearest(exams[i].moments, events[j].at),
            rivals=of_exam[i] + of_event[j] - 2 * (total(traits) > 0),
            ambiguous=(i, j) in ambiguous,
            accepted=(i, j) in accepted,
            traits=traits,
        )
        for (i, j), traits in found.items()
    ]


def _likely(found: Weighed) -> tuple[Counter[int], Counter[int]]:
    """For each exam and for each event, the pairs for which more speaks than against."""
    likely = [pair for pair, traits in found.items() if total(traits) > 0]
    return Counter(i for i, _ in likely), Counter(j for _, j in likely)


def contenders(found: Weighed, assigned: Iterable[Assigned], clear: float) -> Places:
    """The pairs of which the best assignment does not say clearly which holds: those with a margin below ``clear``,
    and what might take their place.
    """
    unsure = {(s.row, s.column): total(found[s.row, s.column]) for s in assigned if s.margin < clear}
    of_row = {i: weight for (i, _), weight in unsure.items()}
    of_column = {j: weight for (_, j), weight in unsure.items()}
    return {
        (i, j)
        for (i, j), traits in found.items()
        if total(traits) > 0
        and total(traits) >= min(of_row.get(i, float("inf")), of_column.get(j, float("inf"))) - _CONTENDER
    }
