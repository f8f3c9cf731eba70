"""One patient's exams with their visits, acts and reports, each of which helps the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from eds_spark_imaging.crossing.acts import act_pairs
from eds_spark_imaging.crossing.candidates import Known
from eds_spark_imaging.crossing.pairs import Pair
from eds_spark_imaging.crossing.patient import Patient
from eds_spark_imaging.crossing.reports import report_pairs
from eds_spark_imaging.crossing.visits import visit_pairs
from eds_spark_imaging.tables.crossings import VisitMethod


class Settled(NamedTuple):
    """The pairs of one patient."""

    visits: list[Pair]
    acts: list[Pair]
    reports: list[Pair]


def settle(patient: Patient, report_days: int) -> Settled:
    """Visits as far as headers and intervals tell, acts and reports with their help, then visits again with theirs."""
    known = _accepted(visit_pairs(patient.exams, patient.visits, {}))
    acts = act_pairs(patient.exams, patient.acts, known)
    by_acts = dict(_evidence(acts, {act.act_id: act.visit_id for act in patient.acts}, VisitMethod.ACT))
    known = _accepted(visit_pairs(patient.exams, patient.visits, by_acts))
    reports = report_pairs(patient.exams, patient.reports, known, report_days)
    by_reports = _evidence(reports, {r.note_id: r.visit_id for r in patient.reports}, VisitMethod.REPORT)
    visits = visit_pairs(patient.exams, patient.visits, {**dict(by_reports), **by_acts})
    return Settled(visits, acts, reports)


def _accepted(pairs: Iterable[Pair]) -> Known:
    return {pair.uid: frozenset({pair.event_id}) for pair in pairs if pair.accepted}


def _evidence(
    pairs: Iterable[Pair], visit_of: dict[int, int | None], method: VisitMethod
) -> Iterator[tuple[tuple[str, int], VisitMethod]]:
    for pair in pairs:
        visit_id = visit_of[pair.event_id]
        if pair.accepted and visit_id is not None:
            yield (pair.uid, visit_id), method
