"""Exams and reports: by accession number, by the title, by visit, by time; the best total where they compete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from math import log2

from eds_spark_imaging.crossing import titles
from eds_spark_imaging.crossing.acts import one, same_part
from eds_spark_imaging.crossing.candidates import Known, weighed
from eds_spark_imaging.crossing.evidence import State, Trait, nearest, overlap, same_region, total, trait
from eds_spark_imaging.crossing.pairs import Pair, contenders, rivals_of
from eds_spark_imaging.crossing.patient import Exam, Report
from eds_spark_imaging.crossing.requests import assigned, exams_of_one_report, with_request
from eds_spark_imaging.tables.crossings import ReportMethod

# Classes of imaging reports; those of one sort of exam name its modalities.
CLASSES: Mapping[str, frozenset[str]] = {
    "CR-IMAG": frozenset(),
    "CR-ECHO-COEUR": frozenset({"US"}),
    "CR-ECHO-OBS": frozenset({"US"}),
    "CR-DOP-MI": frozenset({"US"}),
    "CR-CORO": frozenset({"XA", "RF"}),
}
_SPECIAL = frozenset().union(*CLASSES.values())
_EARLY = timedelta(days=2)
_ENOUGH = 3.1
_CLEAR = 2.0


def report_pairs(exams: tuple[Exam, ...], reports: tuple[Report, ...], visits: Known, days: int) -> list[Pair]:
    """The reports that may be of each exam, at most one of them accepted; without an accession number or title that
    names the exam, or its visit, no report of more than ``days`` after it.
    """
    found = weighed(exams, reports, visits, (_EARLY, timedelta(days=days)), weigh)
    settled, sharers, _ = assigned(found, _ENOUGH, exams_of_one_report(exams), lambda *_: False)
    taken = {(s.row, s.column) for s in settled if total(found[s.row, s.column]) >= _ENOUGH and s.margin >= _CLEAR}
    taken = with_request(taken, found, sharers, {})
    ambiguous = contenders(found, settled, _CLEAR) - taken
    of_exam, of_report = rivals_of(found)
    return [
        Pair(
            uid=exams[i].uid,
            event_id=reports[j].note_id,
            method=_method(traits),
            gap=nearest(exams[i].moments, reports[j].at),
            rivals=of_exam[i] + of_report[j] - 2 * (total(traits) > 0),
            ambiguous=(i, j) in ambiguous,
            accepted=(i, j) in taken,
            traits=traits,
        )
        for (i, j), traits in found.items()
    ]


def weigh(exam: Exam, report: Report, known: frozenset[int]) -> tuple[Trait, ...]:
    """What speaks for and against the report; nothing where it cannot be the exam's."""
    named = CLASSES.get(report.note_class.strip().upper())
    if named is None or (named and overlap(exam.modalities, named) is False):
        return ()
    day = bool(report.told & set(exam.days)) if report.told and exam.days else None
    modality = overlap(exam.modalities, titles.modalities(report.title))
    if modality is False:
        return ()
    place = overlap(frozenset({exam.hospital}) if exam.hospital else frozenset(), report.hospitals)
    return (
        trait("accession_number", overlap(exam.accessions, one(report.accession)), 8.0, 7.0),
        trait("title_date", day, 4.0, 9.0),
        trait("region", same_region(exam.regions, report.regions), 1.5, 4.0),
        trait("body_part", same_part(exam.parts, report.parts), 1.0, 2.0),
        trait("title_words", _words(exam, report), 2.0, 0.0),
        trait("modality", modality or (True if named else None), 1.5, 9.0),
        trait("visit", overlap(known, one(report.visit_id)), 2.5, 3.5),
        trait("hospital", place, 0.5, 5.0),
        _time(exam, report),
    )


def _words(exam: Exam, report: Report) -> bool | None:
    """Whether the description and the title share the words of what was examined."""
    said = titles.words(report.title)
    if not said or not exam.words:
        return None
    common = len(said & exam.words) / min(len(said), len(exam.words))
    return True if common >= 0.5 else None


def _time(exam: Exam, report: Report) -> Trait:
    """Reports are written in the hours or days after the exam; a later change may have moved their date."""
    gap = nearest(exam.moments, report.at)
    if gap is None:
        return trait("time", None, 0.0, 0.0)
    hours = gap.total_seconds() / 3600
    timed = exam.timed and (report.at.hour, report.at.minute) != (0, 0)
    if (-3 if timed else -24) <= hours <= 48:
        return trait("time", True, max(3.0 - 0.03 * max(hours, 0.0), 1.0), 0.0)
    if hours < 0:
        return trait("time", False, 0.0, min(4.0 - hours / 24, 9.0))
    return trait("time", hours <= 96, 0.5, min(0.5 + log2(hours / 96), 3.0))


def _method(traits: tuple[Trait, ...]) -> ReportMethod:
    agree = {part.name for part in traits if part.state is State.AGREE}
    if "accession_number" in agree:
        return ReportMethod.ACCESSION_NUMBER
    if "title_date" in agree:
        return ReportMethod.TITLE
    return ReportMethod.VISIT if "visit" in agree else ReportMethod.TIME
