"""Which exams and events are worth weighing: those near in time, and those that a number or a visit brings together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from eds_spark_imaging.crossing.evidence import Trait, total
from eds_spark_imaging.crossing.numbers import same_accession
from eds_spark_imaging.crossing.patient import Act, Exam, Report

_FLOOR = -6.0  # weaker pairs are not even shown as candidates

Event = TypeVar("Event", Act, Report)  # Python 3.11 has no other way

Known = Mapping[str, frozenset[int]]  # by exam, the visit that it was in, or those that it may have been in
Weighed = dict[tuple[int, int], tuple[Trait, ...]]


def weighed(
    exams: Sequence[Exam],
    events: Sequence[Event],
    visits: Known,
    reach: tuple[timedelta, timedelta],
    weigh: Callable[[Exam, Event, frozenset[int]], tuple[Trait, ...]],
) -> Weighed:
    """The traits of the pairs (place of the exam, place of the event) for which not too much speaks against.

    Events from ``reach[0]`` before the exam to ``reach[1]`` after it are weighed, others only where they share an
    accession number or a visit with it.
    """
    by_time = sorted((time, j) for j, event in enumerate(events) for time in event.times)
    times: list[datetime] = [at for at, _ in by_time]
    by_accession: defaultdict[str, list[int]] = defaultdict(list)
    by_visit: defaultdict[int, set[int]] = defaultdict(set)
    for j, event in enumerate(events):
        if event.accession is not None:
            by_accession[event.accession].append(j)
        if event.visit_id is not None:
            by_visit[event.visit_id].add(j)
    found: Weighed = {}
    for i, exam in enumerate(exams):
        known = visits.get(exam.uid, frozenset())
        near = {j for number, of_number in by_accession.items() if same_accession(exam, number) for j in of_number}
        near.update(j for visit in known for j in by_visit.get(visit, ()))
        for moment in exam.moments:
            first, last = bisect_left(times, moment - reach[0]), bisect_right(times, moment + reach[1])
            near.update(j for _, j in by_time[first:last])
        for j in sorted(near):
            traits = weigh(exam, events[j], known)
            if traits and total(traits) > _FLOOR:
                found[i, j] = traits
    return found
