"""One patient's exams with their visits, acts and reports, each of which helps the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from eds_spark_imaging.crossing.acts import act_pairs
from eds_spark_imaging.crossing.candidates import Event, Known
from eds_spark_imaging.crossing.pairs import Pair
from eds_spark_imaging.crossing.patient import Exam, Patient
from eds_spark_imaging.crossing.reports import report_pairs
from eds_spark_imaging.crossing.visits import hosts, visit_pairs
from eds_spark_imaging.tables.crossing_words import VisitMethod


class Matches(NamedTuple):
    """The pairs of one patient."""

    visits: list[Pair]
    acts: list[Pair]
    reports: list[Pair]


def match(patient: Patient, report_days: int) -> Matches:
    """Visits as far as headers and intervals tell, acts and reports with their help, then visits again with theirs.

    Acts tell reports what was examined, and reports acts, where the header does not.
    """
    exams = tuple(exam._replace(hosts=hosts(exam, patient.visits)) for exam in patient.exams)
    act_visits = {act.act_id: act.visit_id for act in patient.acts}
    known = _possible(visit_pairs(exams, patient.visits, {}))
    acts = act_pairs(exams, patient.acts, known)
    known = _possible(visit_pairs(exams, patient.visits, dict(_evidence(acts, act_visits, VisitMethod.ACT))))
    reports = report_pairs(_told(exams, patient.acts, acts), patient.reports, known, report_days)
    acts = act_pairs(_told(exams, patient.reports, reports), patient.acts, known)
    by_acts = _evidence(acts, act_visits, VisitMethod.ACT)
    by_reports = _evidence(reports, {r.note_id: r.visit_id for r in patient.reports}, VisitMethod.REPORT)
    by_events = {**dict(by_reports), **dict(by_acts)}
    placed = {uid for uid, _ in by_events}
    unplaced = {p.uid for p in acts if p.accepted} & {p.uid for p in reports if p.accepted} - placed
    visits = visit_pairs(exams, patient.visits, by_events, unplaced if by_events else ())
    return Matches(visits, acts, reports)


def _possible(pairs: Iterable[Pair]) -> Known:
    """The visit of each exam, or those of which nothing tells yet which one it was."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for pair in pairs:
        if pair.accepted or pair.ambiguous:
            found[pair.uid].add(pair.event_id)
    return {uid: frozenset(visits) for uid, visits in found.items()}


def _told(exams: tuple[Exam, ...], events: Iterable[Event], pairs: Iterable[Pair]) -> tuple[Exam, ...]:
    """Exams whose headers lack what was examined, or the accession number, with that of their own events."""
    by_id = {event.event_id: event for event in events}
    own: defaultdict[str, list[Event]] = defaultdict(list)
    for pair in pairs:
        if pair.accepted:
            own[pair.uid].append(by_id[pair.event_id])
    return tuple(_told_by(exam, own[exam.uid]) for exam in exams)


def _told_by(exam: Exam, events: Sequence[Event]) -> Exam:
    told = exam.regions or exam.parts
    return exam._replace(
        accessions=exam.accessions or frozenset(event.accession for event in events if event.accession is not None),
        regions=exam.regions if told else frozenset().union(*(event.regions for event in events)),
        parts=exam.parts if told else frozenset().union(*(event.parts for event in events)),
    )


def _evidence(
    pairs: Iterable[Pair], visit_of: Mapping[int, int | None], method: VisitMethod
) -> Iterator[tuple[tuple[str, int], VisitMethod]]:
    for pair in pairs:
        visit_id = visit_of[pair.event_id]
        if pair.accepted and visit_id is not None:
            yield (pair.uid, visit_id), method
