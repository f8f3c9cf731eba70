"""Exams and visits: by the visit number in the header, by acts and reports, by the interval of the visit."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import datetime, time, timedelta

from eds_spark_imaging.crossing.evidence import Trait, nearest, overlap, total, trait
from eds_spark_imaging.crossing.numbers import same_visit_number
from eds_spark_imaging.crossing.pairs import Pair
from eds_spark_imaging.crossing.patient import Exam, Visit, VisitKind, has_time
from eds_spark_imaging.tables.crossing_words import VisitMethod

# Days after which a visit without end, or with one that lies far off, says nothing any more.
_USUAL = {
    VisitKind.INPATIENT: timedelta(days=45),
    VisitKind.OTHER: timedelta(days=3),
    VisitKind.EMERGENCY: timedelta(days=2),
    VisitKind.DAY: timedelta(days=1),
    VisitKind.CONSULTATION: timedelta(days=1),
}
# How long a visit without end may be taken for one that goes on.
_ONGOING = {
    VisitKind.INPATIENT: timedelta(days=14),
    VisitKind.OTHER: timedelta(days=3),
    VisitKind.EMERGENCY: timedelta(days=2),
    VisitKind.DAY: timedelta(hours=12),
    VisitKind.CONSULTATION: timedelta(hours=12),
}
# For how long a visit with an end may last before that end is rather one that was set in bulk, years later.
_LONGEST = {kind: usual + timedelta(days=45) for kind, usual in _USUAL.items()} | {
    VisitKind.INPATIENT: timedelta(days=150),  # rehabilitation, psychiatry
    VisitKind.OTHER: timedelta(days=120),
    VisitKind.DAY: timedelta(days=250),  # a series of sessions
}
_IN_ANOTHER = 5.0  # acts or report are in another visit
_IN_NONE = 1.1  # or in none, as if the visit had got lost
_STALE = timedelta(days=31)  # how far an exam may lie from the visit that its number names
_EDGE = timedelta(hours=2, minutes=5)  # clocks in UTC, and patients whose exam comes before their registration
_WAIT = timedelta(hours=4)  # from a visit to its exam, where there is no other visit that day
_ENOUGH = 4.0
_CLEAR = 2.0
_TWICE = timedelta(hours=1)  # how far apart a visit may begin that was recorded twice, and deleted once
_HELD = 3.2  # of the time of a visit that holds the exam, or lies beside it
_FLOOR = -6.0

Evidence = Mapping[tuple[str, int], VisitMethod]


def visit_pairs(
    exams: tuple[Exam, ...], visits: tuple[Visit, ...], by_events: Evidence, unplaced: Container[str] = ()
) -> list[Pair]:
    """The visits that each exam may have been in; at most one of them is accepted, and no deleted one.

    ``by_events`` names the method for exams and visits that an accepted act or report brings together; ``unplaced`` are
    exams whose acts and report are in no visit, though others of the patient are.
    """
    return [pair for exam in exams for pair in _of_exam(exam, visits, by_events, exam.uid in unplaced)]


def _of_exam(exam: Exam, visits: tuple[Visit, ...], by_events: Evidence, is_unplaced: bool) -> list[Pair]:
    valid = tuple(visit for visit in visits if not visit.deleted)
    events = {
        visit.visit_id: by_events[exam.uid, visit.visit_id]
        for visit in _where_events_tell(exam, valid)
        if (exam.uid, visit.visit_id) in by_events
    }
    weighed = []
    for visit in visits:
        by_event = events.get(visit.visit_id)
        against = _IN_ANOTHER if events else _IN_NONE if is_unplaced else None
        traits = weigh(exam, visit, valid, by_event, against)
        if traits and total(traits) > _FLOOR:
            weighed.append((total(traits), visit, traits, by_event))
    deleted = [(score, visit) for score, visit, *_ in weighed if visit.deleted]
    found = [entry for entry in weighed if not entry[1].deleted]
    found.sort(key=lambda entry: (-entry[0], entry[1].visit_id))
    best = found[0][0] if found else 0.0
    near = [entry for entry in found if best - entry[0] < _CLEAR and entry[0] > 0]
    pairs = []
    for score, visit, traits, by_event in found:
        ambiguous = len(near) > 1 and best - score < _CLEAR and score > 0
        named = same_visit_number(exam, visit.number)
        elsewhere = any(other >= score and not _twins(visit, invalid) for other, invalid in deleted)
        pairs.append(
            Pair(
                uid=exam.uid,
                event_id=visit.visit_id,
                method=VisitMethod.VISIT_NUMBER if named else by_event or VisitMethod.INTERVAL,
                gap=_gap(exam, visit),
                rivals=sum(entry[0] > 0 for entry in found) - (score > 0),
                ambiguous=ambiguous,
                accepted=score == best and score >= _ENOUGH and not ambiguous and not elsewhere,
                traits=traits,
            )
        )
    return pairs


def weigh(
    exam: Exam, visit: Visit, visits: tuple[Visit, ...], by_event: VisitMethod | None, against: float | None
) -> tuple[Trait, ...]:
    """What speaks for and against the visit; nothing where nothing brings the two together. ``against`` is how much
    the exam's acts and report speak against a visit that they are not in.
    """
    named = same_visit_number(exam, visit.number)
    time = _time(exam, visit, visits)
    if not named and by_event is None and (time is None or time.weight < -1):
        return ()
    return (
        trait("visit_number", named, 9.0, 4.0),
        trait("event", True if by_event else None if against is None else False, 7.0, against or 0.0),
        trait("hospital", overlap(exam.hospitals, visit.hospitals), 1.0, 6.0),
        time or trait("time", None, 0.0, 0.0),
    )


def _time(exam: Exam, visit: Visit, visits: tuple[Visit, ...]) -> Trait | None:
    """How well the exam lies within the visit: best of its moments."""
    found = [_within(moment, exam.timed, visit, visits) for moment in exam.moments]
    return max(found, key=lambda part: part.weight) if found else None


def _within(moment: datetime, timed: bool, visit: Visit, visits: tuple[Visit, ...]) -> Trait:
    usual = visit.start + _USUAL[visit.kind]
    closed = visit.end is not None and visit.start <= visit.end <= visit.start + _LONGEST[visit.kind]
    end = visit.end if closed and visit.end else usual
    first = visit.start if timed and has_time(visit.start) else _midnight(visit.start)
    last = end if timed and (has_time(end) or not closed) else _midnight(end) + timedelta(days=1)
    if first <= moment <= last:
        if closed or moment.date() == visit.start.date():
            return trait("time", True, 4.0, 0.0)
        ongoing = moment - visit.start <= _ONGOING[visit.kind] and not _followed(visit, moment, visits)
        return trait("time", True, 3.2 if ongoing else 1.5, 0.0)
    if first - _EDGE <= moment <= last + _EDGE:
        return trait("time", True, 3.2, 0.0)
    if first.date() <= moment.date() <= last.date():
        soon = last < moment <= last + _WAIT and _alone(visit, moment, visits)
        return trait("time", True, 3.2 if soon else 1.5, 0.0)
    if visit.end is not None and visit.start <= moment <= visit.end:
        return trait("time", True, 1.0, 0.0)  # a visit that nobody closed in time
    away = min(abs(moment - visit.start), abs(moment - end))
    return trait("time", False, 0.0, 1.0 if away <= _STALE else 4.5)


def hosts(exam: Exam, visits: tuple[Visit, ...]) -> frozenset[str]:
    """The hospitals of stays that hold the exam, where no visit to its own hospital does: patients are driven there."""
    held = [v for v in visits if not v.deleted and (time := _time(exam, v, visits)) and time.weight >= _HELD]
    if any(overlap(exam.hospitals, visit.hospitals) for visit in held):
        return frozenset()
    return frozenset(code for visit in held if visit.kind is VisitKind.INPATIENT for code in visit.hospitals)


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.date(), time.min)


def _followed(visit: Visit, moment: datetime, visits: tuple[Visit, ...]) -> bool:
    """Whether a later visit to the same hospital had begun by then: the one without end was over."""
    return any(
        visit.start + timedelta(days=1) < other.start <= moment and overlap(visit.hospitals, other.hospitals)
        for other in visits
    )


def _where_events_tell(exam: Exam, visits: tuple[Visit, ...]) -> tuple[Visit, ...]:
    """The visits for which acts and reports may speak.

    Those of what was done in the emergency department are often put down to the stay that follows: they move the exam
    neither from the visit of its time that the header names, nor from one that holds it to one that had not begun.
    """
    named = tuple(
        visit
        for visit in visits
        if same_visit_number(exam, visit.number) and (time := _time(exam, visit, visits)) and time.weight > 0
    )
    return named or tuple(visit for visit in visits if not (_is_later(visit, exam) and _is_held(exam, visit, visits)))


def _is_later(visit: Visit, exam: Exam) -> bool:
    """Whether the visit had not begun at the exam."""
    return has_time(visit.start) and exam.timed and all(moment < visit.start for moment in exam.moments)


def _is_held(exam: Exam, later: Visit, visits: tuple[Visit, ...]) -> bool:
    """Whether a visit to the hospital of a ``later`` one, which was closed before that, holds the exam."""
    return any(
        overlap(visit.hospitals, later.hospitals) and visit.start <= moment <= visit.end <= later.start + _EDGE
        for visit in visits
        if visit.end is not None
        for moment in exam.moments
    )


def _alone(visit: Visit, moment: datetime, visits: tuple[Visit, ...]) -> bool:
    """Whether the visit is the only one of that day."""
    day = moment.date()
    return not any(
        other.visit_id != visit.visit_id and other.start.date() <= day <= (other.end or other.start).date()
        for other in visits
    )


def _twins(visit: Visit, deleted: Visit) -> bool:
    """Whether a deleted visit is one that was recorded again: within the hour, or as the same kind on the day."""
    recorded_twice = visit.kind is deleted.kind and visit.start.date() == deleted.start.date()
    return bool(overlap(visit.hospitals, deleted.hospitals)) and (
        recorded_twice or abs(visit.start - deleted.start) <= _TWICE
    )


def _gap(exam: Exam, visit: Visit) -> timedelta | None:
    """From the exam to the nearest edge of the visit; nothing where the exam lies within it."""
    end = visit.end or visit.start
    if any(visit.start <= moment <= end for moment in exam.moments):
        return timedelta(0)
    edges = [gap for edge in (visit.start, end) if (gap := nearest(exam.moments, edge)) is not None]
    return min(edges, key=abs, default=None)
