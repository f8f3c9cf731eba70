"""Exams and reports: by accession number, by the title, by visit, by time; the best total where they compete."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from itertools import chain, pairwise
from math import log2

from eds_spark_imaging.crossing import titles
from eds_spark_imaging.crossing.anatomy import same_part, same_region, same_side
from eds_spark_imaging.crossing.candidates import Known, Weighed, weighed
from eds_spark_imaging.crossing.evidence import Trait, agreeing, nearest, one_of, overlap, total, trait
from eds_spark_imaging.crossing.numbers import same_accession
from eds_spark_imaging.crossing.pairs import Pair, contenders, pairs_of
from eds_spark_imaging.crossing.patient import Exam, Report, has_time
from eds_spark_imaging.crossing.requests import assigned, exams_of_one_report, with_request
from eds_spark_imaging.tables.crossing_words import ReportMethod

# Classes of imaging reports; those of one sort of exam name its modalities.
CLASSES: Mapping[str, frozenset[str]] = {
    "CR-IMAG": frozenset(),
    "CR-ECHO-COEUR": frozenset({"US"}),
    "CR-ECHO-OBS": frozenset({"US"}),
    "CR-DOP-MI": frozenset({"US"}),
    "CR-CORO": frozenset({"XA", "RF"}),
}
_WRITTEN = ((0, 3.2), (12, 2.8), (24, 1.5), (48, 0.7))  # hours after the exam, and what they weigh
_EARLY = timedelta(days=2)
_SAYING = ("accession_number", "title_date", "region", "body_part", "title_words", "modality", "visit")
_SOON = 1.5
_VERSIONS = timedelta(days=31)  # from a report to its later versions, where the number tells of them
_ALONE = 3.5  # a visit in which there was no other exam
_ENOUGH = 2.5
_CLEAR = 1.5


def report_pairs(exams: tuple[Exam, ...], reports: tuple[Report, ...], visits: Known, days: int) -> list[Pair]:
    """The reports that may be of each exam, at most one of them accepted; without an accession number or title that
    names the exam, or its visit, no report of more than ``days`` after it.
    """
    alone = frozenset(visit for visit, n in Counter(chain(*visits.values())).items() if n == 1)
    found = weighed(exams, reports, visits, (_EARLY, timedelta(days=days)), partial(weigh, alone=alone))
    first = _first_versions(found, reports)
    best, sharers, _ = assigned(first, _ENOUGH, exams_of_one_report(exams, reports), lambda *_: False)
    of_exam, of_report = Counter(i for i, _ in first), Counter(j for _, j in first)
    accepted = {
        (s.row, s.column)
        for s in best
        if s.margin >= _CLEAR
        and _is_enough(found[s.row, s.column], is_alone=of_exam[s.row] == of_report[s.column] == 1)
    }
    accepted = with_request(accepted, first, sharers, {})
    ambiguous = contenders(first, best, _CLEAR) - accepted
    return pairs_of(exams, reports, found, accepted, ambiguous=ambiguous, method=_method)


def weigh(exam: Exam, report: Report, known: frozenset[int], alone: frozenset[int] = frozenset()) -> tuple[Trait, ...]:
    """What speaks for and against the report; nothing where it cannot be the exam's.

    ``known`` is the exam's visit, ``alone`` are those of one exam. The words of a title are no sure sign of the
    modality: they do not stand against the exam's own accession number.
    """
    named = CLASSES.get(report.note_class.strip().upper())
    if named is None or (named and overlap(exam.modalities, named) is False):
        return ()
    day = bool(report.told & set(exam.days)) if report.told and exam.days else None
    number = same_accession(exam, report.accession)
    modality = overlap(exam.modalities, titles.modalities(report.title))
    if modality is False and not number:
        return ()
    part = same_part(exam.parts, report.parts)
    region = same_region(exam.regions, report.regions)
    return (
        trait("accession_number", number, 8.0, 12.0),
        trait("title_date", day, 4.0, 9.0),
        trait("region", region or (None if part else region), 1.5, 6.5),
        trait("body_part", part, 1.0, 2.0),
        trait("side", same_side(exam.side, report.side), 1.0, 3.0),
        trait("contrast", _contrast(exam, report), 0.5, 1.5),
        trait("title_words", _words(exam, report), 1.0 if region else 2.0, 0.0),
        trait("modality", modality if modality is not None else (True if named else None), 1.5, 5.0),
        trait("visit", one_of(report.visit_id, known), _ALONE if report.visit_id in alone else 2.5, 3.5),
        trait("hospital", overlap(exam.places, report.hospitals), 0.5, 5.0),
        _time(exam, report, report.visit_id in known & alone),
    )


def _first_versions(found: Weighed, reports: tuple[Report, ...]) -> Weighed:
    """``found`` without corrected versions and addenda: later reports like another one, both of one exam alone, or of a
    number that no two exams have.
    """
    exams_of: defaultdict[int, set[int]] = defaultdict(set)
    named_by: defaultdict[int, set[int]] = defaultdict(set)
    for (i, j), traits in found.items():
        if total(traits) >= _ENOUGH:
            exams_of[j].add(i)
            if "accession_number" in agreeing(traits):
                named_by[j].add(i)

    def is_later(j: int, first: int) -> bool:
        alone = exams_of[j] == exams_of[first] and len(exams_of[j]) == 1
        number = reports[j].accession
        numbered = number is not None and number == reports[first].accession and len(named_by[j]) <= 1
        soon = reports[j].at - reports[first].at <= _VERSIONS  # numbers are used again
        return (alone or (numbered and soon)) and _of_one(reports[first], reports[j])

    in_time = sorted(exams_of, key=lambda j: (reports[j].at, reports[j].note_id))
    later = {j for n, j in enumerate(in_time) if any(is_later(j, first) for first in in_time[:n])}
    return {(i, j): traits for (i, j), traits in found.items() if j not in later}


def _of_one(one: Report, other: Report) -> bool:
    """Whether two reports are of one exam by what they say: one accession number, or one title and one visit, which
    either may lack.
    """
    if one.note_class != other.note_class or same_part(one.parts, other.parts) is False:
        return False
    if one.accession is not None and other.accession is not None:
        return one.accession == other.accession
    placed = len({one.visit_id, other.visit_id} - {None}) == 1
    alike = one.parts == other.parts and titles.words(one.title) == titles.words(other.title)
    return placed and bool(one.parts or titles.modalities(one.title)) and alike


def _contrast(exam: Exam, report: Report) -> bool | None:
    return None if exam.contrast is None or report.contrast is None else exam.contrast == report.contrast


def _is_enough(traits: tuple[Trait, ...], *, is_alone: bool) -> bool:
    """Whether a pair may be accepted; a report that says nothing of its exam only in its visit, within a day, or within
    days where neither has another candidate.
    """
    agree = agreeing(traits)
    soon = any(part.name == "time" and part.weight >= _SOON for part in traits)
    enough = total(traits) >= _ENOUGH and (soon or not agree.isdisjoint(_SAYING))
    return enough or (is_alone and "time" in agree and total(traits) >= _CLEAR)


def _words(exam: Exam, report: Report) -> bool | None:
    """Whether the description and the title share the words of what was examined."""
    said = titles.words(report.title)
    if not said or not exam.words:
        return None
    common = len(said & exam.words) / min(len(said), len(exam.words))
    return True if common >= 0.5 else None


def _time(exam: Exam, report: Report, in_visit_alone: bool) -> Trait:
    """Reports are written in the hours or days after the exam; a later change may have moved their date.

    That the date is late says little where the visit has no other exam.
    """
    gap = nearest(exam.moments, report.at)
    if gap is None:
        return trait("time", None, 0.0, 0.0)
    hours = gap.total_seconds() / 3600
    timed = exam.timed and has_time(report.at)
    if (-3 if timed else -24) <= hours <= 48:
        if timed and hours < -0.1:
            return trait("time", False, 0.0, 2.0)  # clocks may differ
        return trait("time", True, _curve(max(hours, 0.0)), 0.0)
    if hours < 0:
        return trait("time", False, 0.0, min(4.0 - hours / 24, 9.0))
    return trait("time", hours <= 96, 0.5, 0.5 if in_visit_alone else min(0.5 + log2(hours / 96), 3.0))


def _curve(hours: float) -> float:
    """Most reports are written within half a day, few after a day."""
    for (first, high), (last, low) in pairwise(_WRITTEN):
        if hours <= last:
            return high + (low - high) * (hours - first) / (last - first)
    return _WRITTEN[-1][1]


def _method(agree: frozenset[str]) -> ReportMethod:
    if "accession_number" in agree:
        return ReportMethod.ACCESSION_NUMBER
    if "title_date" in agree:
        return ReportMethod.TITLE
    return ReportMethod.VISIT if "visit" in agree else ReportMethod.TIME
