"""Exams and imaging acts: by accession number, visit, time and what was examined; the best total where they compete."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from math import exp

from eds_spark_imaging.crossing.anatomy import of_one_side, same_part, same_region
from eds_spark_imaging.crossing.candidates import Known, Weighed, weighed
from eds_spark_imaging.crossing.evidence import Trait, agreeing, nearest, one_of, overlap, total, trait
from eds_spark_imaging.crossing.numbers import same_accession
from eds_spark_imaging.crossing.pairs import Pair, Places, contenders, pairs_of
from eds_spark_imaging.crossing.patient import Act, Exam
from eds_spark_imaging.crossing.requests import acts_of_one_exam, assigned, exams_of_one_act, with_request
from eds_spark_imaging.tables.crossing_words import ActMethod

# Projection radiography is CR or DX as the machine has it.
_ALIKE = {"CR": "DX", "RG": "DX", "IVUS": "US"}
_REACH = (timedelta(days=4), timedelta(days=4))
_ENOUGH = 3.0
_NAMED = 9.0  # an accession number, and no more than a little against it
_CLEAR = 0.7
_CLOCKS = timedelta(hours=2)  # exams of a wrong day have about the right hour
_AFTERWARDS = 0.5  # dated when it was invoiced, which says little of the day of the exam


def act_pairs(exams: tuple[Exam, ...], acts: tuple[Act, ...], visits: Known) -> list[Pair]:
    """The acts that each exam may have been done under. An exam may have several acts, and an act several exams.

    What one request has besides is accepted with the pair that it goes with, and competes with nobody.
    """
    found = weighed(exams, acts, visits, _REACH, weigh)
    shares, follows = exams_of_one_act(exams, acts), acts_of_one_exam(exams, acts)
    best, sharers, followers = assigned(found, _ENOUGH, shares, follows)
    accepted = {(s.row, s.column) for s in best if total(found[s.row, s.column]) >= _ENOUGH and s.margin >= _CLEAR}
    accepted = with_request(accepted, found, sharers, followers)
    accepted |= _named(found, accepted)
    ambiguous = contenders(found, best, _CLEAR) - accepted
    return pairs_of(exams, acts, found, accepted, ambiguous=ambiguous, method=_method)


def weigh(exam: Exam, act: Act, known: frozenset[int]) -> tuple[Trait, ...]:
    """What speaks for and against the act; nothing where the two cannot be one. ``known`` is the exam's visit."""
    number = same_accession(exam, act.accession)
    modality = overlap(alike(exam.modalities), alike(act.meaning.modalities))
    if modality is False:
        # Under its own number an exam may be of what else the technique gives: mammographies on CR plates.
        if not number or not overlap(alike(exam.modalities), alike(act.meaning.companions)):
            return ()
        modality = None
    return (
        trait("accession_number", number, 8.0, 8.0),
        trait("visit", one_of(act.visit_id, known), 2.5, 3.5),
        trait("hospital", overlap(exam.places, act.hospitals), 0.5, 5.0),
        trait("modality", modality, 2.0 if _of_its_own(exam, act) else 1.0, 9.0),
        trait("region", same_region(exam.regions, act.meaning.regions), 1.5, 4.5),
        trait("body_part", same_part(exam.parts, act.meaning.body_parts), 1.0, 0.5),
        trait("side", of_one_side(exam.side, act.meaning.sides), 0.5, 1.0),
        trait("contrast", _contrast(exam, act), 0.8, 1.5),
        _time(exam, act, known),
    )


def _of_its_own(exam: Exam, act: Act) -> bool:
    """Whether the act is of the modality that names the exam, not of one that comes with it."""
    return exam.main_modality is None or bool(alike((exam.main_modality,)) & alike(act.meaning.modalities))


def alike(modalities: Iterable[str]) -> frozenset[str]:
    """Modalities with those that stand for one another made one."""
    return frozenset(_ALIKE.get(modality, modality) for modality in modalities)


def _contrast(exam: Exam, act: Act) -> bool | None:
    if exam.contrast is None or act.meaning.contrast not in ("with", "without"):
        return None
    return exam.contrast == (act.meaning.contrast == "with")


def _time(exam: Exam, act: Act, known: frozenset[int]) -> Trait:
    """How near the act is: by minutes where both have a time, else by days. Within a visit acts are coded late."""
    gap = nearest(exam.moments, act.at)
    if gap is None:
        return trait("time", None, 0.0, 0.0)
    days = min(abs((act.at.date() - day).days) for day in exam.days)
    timed = exam.timed and act.timed
    if days == 0:
        if not timed:
            return trait("time", True, 2.0, 0.0)
        hours = abs(gap).total_seconds() / 3600
        early = gap < -timedelta(hours=2)
        # Where acts are dated by the exam itself the minutes tell; else hours tell little.
        return trait("time", True, max(3.0 + exp(-4 * hours) - 0.25 * hours - 0.5 * early, 0.8), 0.0)
    if timed and abs(gap) <= timedelta(hours=8):
        return trait("time", True, 1.5, 0.0)  # over midnight
    if act.visit_id in known and gap > timedelta(0):
        return trait("time", False, 0.0, _AFTERWARDS if act.is_afterwards else min(1.0 + 0.5 * days, 8.0))
    same_hour = not timed or abs(abs(gap) - timedelta(days=1)) <= _CLOCKS
    return trait("time", False, 0.0, 1.5 if days == 1 and same_hour else min(1.0 + 2.0 * days, 8.0))


def _named(found: Weighed, accepted: Places) -> Places:
    """Further pairs that an accession number names, where one side has a pair already and the other has none."""
    rows, columns = {i for i, _ in accepted}, {j for _, j in accepted}
    return {
        (i, j)
        for (i, j), traits in found.items()
        if (i in rows) != (j in columns) and "accession_number" in agreeing(traits) and total(traits) >= _NAMED
    }


def _method(agree: frozenset[str]) -> ActMethod:
    if "accession_number" in agree:
        return ActMethod.ACCESSION_NUMBER
    return ActMethod.VISIT if "visit" in agree else ActMethod.TIME
