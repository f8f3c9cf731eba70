"""Exams and imaging acts: by accession number, visit, time and what was examined; the best total where they compete."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from eds_spark_imaging.crossing.candidates import Known, Weighed, weighed
from eds_spark_imaging.crossing.evidence import State, Trait, nearest, overlap, same_region, total, trait
from eds_spark_imaging.crossing.pairs import Pair, contenders, rivals_of
from eds_spark_imaging.crossing.patient import Act, Exam
from eds_spark_imaging.crossing.requests import acts_of_one_exam, assigned, exams_of_one_act, with_request
from eds_spark_imaging.tables.crossings import ActMethod

# Projection radiography is CR or DX as the machine has it.
_ALIKE = {"CR": "DX", "RG": "DX", "IVUS": "US"}
_MEMBERS = {
    "ABDOMENPELVIS": ("ABDOMEN", "PELVIS"),
    "CHESTABDOMEN": ("CHEST", "ABDOMEN"),
    "CHESTABDPELVIS": ("CHEST", "ABDOMEN", "PELVIS"),
    "HEADNECK": ("HEAD", "NECK"),
    "NECKCHEST": ("NECK", "CHEST"),
}
_REACH = (timedelta(days=4), timedelta(days=4))
ENOUGH = 3.0
_CLEAR = 1.0


def act_pairs(exams: tuple[Exam, ...], acts: tuple[Act, ...], visits: Known) -> list[Pair]:
    """The acts that each exam may have been done under. An exam may have several acts, and an act several exams.

    What one request has besides is accepted with the pair that it goes with, and competes with nobody.
    """
    found = weighed(exams, acts, visits, _REACH, weigh)
    shares, follows = exams_of_one_act(exams, acts, found), acts_of_one_exam(exams, acts, found)
    settled, sharers, followers = assigned(found, ENOUGH, shares, follows)
    taken = {(s.row, s.column) for s in settled if total(found[s.row, s.column]) >= ENOUGH and s.margin >= _CLEAR}
    taken = with_request(taken, found, sharers, followers)
    taken |= _named(found, taken)
    return _pairs(exams, acts, found, taken, contenders(found, settled, _CLEAR) - taken)


def weigh(exam: Exam, act: Act, known: frozenset[int]) -> tuple[Trait, ...]:
    """What speaks for and against the act; nothing where the two cannot be one. ``known`` is the exam's visit."""
    modality = overlap(alike(exam.modalities), alike(act.meaning.modalities))
    if modality is False:
        return ()
    place = overlap(frozenset({exam.hospital}) if exam.hospital else frozenset(), act.hospitals)
    return (
        trait("accession_number", overlap(exam.accessions, one(act.accession)), 8.0, 5.0),
        trait("visit", overlap(known, one(act.visit_id)), 2.5, 3.5),
        trait("hospital", place, 0.5, 5.0),
        trait("modality", modality, 2.0 if _of_its_own(exam, act) else 1.0, 9.0),
        trait("region", same_region(exam.regions, act.meaning.regions), 1.5, 3.2),
        trait("body_part", same_part(exam.parts, act.meaning.body_parts), 1.0, 0.5),
        trait("contrast", _contrast(exam, act), 0.8, 1.5),
        _time(exam, act),
    )


def _of_its_own(exam: Exam, act: Act) -> bool:
    """Whether the act is of the modality that names the exam, not of one that comes with it."""
    return exam.main_modality is None or bool(alike((exam.main_modality,)) & alike(act.meaning.modalities))


def one(value: Any) -> frozenset[Any]:
    """The value as a set, empty where there is none."""
    return frozenset() if value is None else frozenset({value})


def alike(modalities: Iterable[str]) -> frozenset[str]:
    """Modalities with those that stand for one another made one."""
    return frozenset(_ALIKE.get(modality, modality) for modality in modalities)


def same_part(one: Iterable[str], other: Iterable[str]) -> bool | None:
    """Whether a part of the body is in both, composites taken apart; the whole body tells nothing."""
    parts = [frozenset(member for part in side for member in _MEMBERS.get(part, (part,))) for side in (one, other)]
    return None if any("WHOLEBODY" in side for side in parts) else overlap(*parts)


def _contrast(exam: Exam, act: Act) -> bool | None:
    if exam.contrast is None or act.meaning.contrast not in ("with", "without"):
        return None
    return exam.contrast == (act.meaning.contrast == "with")


def _time(exam: Exam, act: Act) -> Trait:
    """How near the act is: by minutes where both have a time, else by days."""
    gap = nearest(exam.moments, act.at)
    if gap is None:
        return trait("time", None, 0.0, 0.0)
    days = min(abs((act.at.date() - day).days) for day in exam.days)
    if days == 0:
        if not (exam.timed and act.timed):
            return trait("time", True, 2.0, 0.0)
        hours = abs(gap).total_seconds() / 3600
        early = gap < -timedelta(hours=2)
        return trait("time", True, max(3.0 - 0.25 * hours - 0.5 * early, 0.8), 0.0)
    if exam.timed and act.timed and abs(gap) <= timedelta(hours=8):
        return trait("time", True, 1.5, 0.0)  # over midnight
    return trait("time", False, 0.0, min(1.0 + days, 6.0))


def _named(found: Weighed, taken: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Further pairs that an accession number names, where either side has a pair already."""
    rows, columns = {i for i, _ in taken}, {j for _, j in taken}
    return {
        (i, j)
        for (i, j), traits in found.items()
        if (i in rows or j in columns) and _states(traits)["accession_number"] is State.AGREE and total(traits) >= 9.0
    }


def _pairs(
    exams: tuple[Exam, ...],
    acts: tuple[Act, ...],
    found: Weighed,
    taken: set[tuple[int, int]],
    ambiguous: set[tuple[int, int]],
) -> list[Pair]:
    of_exam, of_act = rivals_of(found)
    return [
        Pair(
            uid=exams[i].uid,
            event_id=acts[j].act_id,
            method=_method(traits),
            gap=nearest(exams[i].moments, acts[j].at),
            rivals=of_exam[i] + of_act[j] - 2 * (total(traits) > 0),
            ambiguous=(i, j) in ambiguous,
            accepted=(i, j) in taken,
            traits=traits,
        )
        for (i, j), traits in found.items()
    ]


def _method(traits: tuple[Trait, ...]) -> ActMethod:
    states = _states(traits)
    if states["accession_number"] is State.AGREE:
        return ActMethod.ACCESSION_NUMBER
    return ActMethod.VISIT if states["visit"] is State.AGREE else ActMethod.TIME


def _states(traits: tuple[Trait, ...]) -> dict[str, State]:
    return {part.name: part.state for part in traits}
