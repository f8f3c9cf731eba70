"""Exams and imaging acts: by accession number, visit, time and what was examined; the best total where they compete."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum

from eds_spark_imaging.crossing.assignment import best_assignment
from eds_spark_imaging.crossing.evidence import State, Trait, nearest, overlap, same_region, total, trait
from eds_spark_imaging.crossing.pairs import Pair
from eds_spark_imaging.crossing.patient import Act, Exam


class ActMethod(StrEnum):
    """What an exam and an act were brought together by, best first."""

    ACCESSION_NUMBER = "accession_number"
    VISIT = "visit"
    TIME = "time"


# Projection radiography is CR or DX as the machine has it.
_ALIKE = {"CR": "DX", "RG": "DX", "IVUS": "US"}
_MEMBERS = {
    "ABDOMENPELVIS": ("ABDOMEN", "PELVIS"),
    "CHESTABDOMEN": ("CHEST", "ABDOMEN"),
    "CHESTABDPELVIS": ("CHEST", "ABDOMEN", "PELVIS"),
    "HEADNECK": ("HEAD", "NECK"),
    "NECKCHEST": ("NECK", "CHEST"),
}
_ENOUGH = 3.0
_CLEAR = 1.0
_TOGETHER = timedelta(minutes=20)  # acts of one exam are coded together
_DAY = timedelta(days=1)

Weighed = Mapping[tuple[int, int], tuple[Trait, ...]]
Known = Mapping[str, frozenset[int]]  # by exam, the visits that its header names, or the only one that holds it


def act_pairs(exams: tuple[Exam, ...], acts: tuple[Act, ...], visits: Known) -> list[Pair]:
    """The acts that each exam may have been done under. An exam may have several acts, and an act several exams."""
    weighed = {
        (i, j): traits
        for i, exam in enumerate(exams)
        for j, act in enumerate(acts)
        if total(traits := weigh(exam, act, visits)) > 0
    }
    first_of = _repeated(acts, weighed)
    settled = best_assignment({(i, j): total(traits) for (i, j), traits in weighed.items() if j not in first_of})
    taken = {(s.row, s.column) for s in settled if total(weighed[s.row, s.column]) >= _ENOUGH and s.margin >= _CLEAR}
    unsure = {(s.row, s.column) for s in settled if s.margin < _CLEAR}
    taken |= {(i, j) for j, first in first_of.items() for i, column in taken if column == first and (i, j) in weighed}
    busy = {s.column for s in settled} | first_of.keys()
    taken |= set(_further_acts(exams, acts, weighed, taken, busy))
    taken |= set(_further_exams(exams, acts, weighed, taken, {s.row for s in settled}))
    return _pairs(exams, acts, weighed, taken, unsure)


def _repeated(acts: tuple[Act, ...], weighed: Weighed) -> dict[int, int]:
    """Acts that stand twice with one code, time and visit, by the first of them, where one exam alone may have them.

    An act is coded anew for its anaesthesia or its second operator, where a source does not keep the activity.
    """
    groups: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for j, act in enumerate(acts):
        groups[act.meaning.code, act.at, act.visit_id].append(j)
    claims: defaultdict[int, set[int]] = defaultdict(set)
    for (i, j), traits in weighed.items():
        if total(traits) >= _ENOUGH:
            claims[j].add(i)
    found = {}
    for group in groups.values():
        if len(group) > 1 and len(set().union(*(claims[j] for j in group))) == 1:
            (exam,) = set().union(*(claims[j] for j in group))
            first = max(group, key=lambda j: (total(weighed.get((exam, j), ())), -j))
            found.update({j: first for j in group if j != first})
    return found


def weigh(exam: Exam, act: Act, visits: Known) -> tuple[Trait, ...]:
    """What speaks for and against the act; nothing where the two cannot be one."""
    modality = _modality(exam, act)
    if modality is False:
        return ()
    accession = overlap(exam.accessions, {act.accession} if act.accession else ())
    known = visits.get(exam.uid, frozenset())
    visit = overlap(known, {act.visit_id} if act.visit_id is not None else ())  # type: ignore[arg-type, type-var]
    time = _time(exam, act)
    if time is None and not accession and not visit:
        return ()
    place = overlap(frozenset({exam.hospital}) if exam.hospital else frozenset(), act.hospitals)
    return (
        trait("accession_number", accession, 8.0, 4.0),
        trait("visit", visit, 2.5, 3.5),
        trait("hospital", place, 0.5, 5.0),
        trait("modality", modality, 2.0, 9.0),
        trait("region", same_region(exam.regions, act.meaning.regions), 1.5, 4.0),
        trait("body_part", _parts(exam, act), 1.0, 0.7),
        trait("contrast", _contrast(exam, act), 0.8, 1.5),
        trait("side", None, 0.0, 0.0),
        time or trait("time", None, 0.0, 0.0),
    )


def _modality(exam: Exam, act: Act) -> bool | None:
    """Whether the exam has a modality of the act; the series of a PET-CT are of both."""
    return overlap(_alike(exam.modalities), _alike(act.meaning.modalities))


def _alike(modalities: Iterable[str]) -> frozenset[str]:
    return frozenset(_ALIKE.get(modality, modality) for modality in modalities)


def _parts(exam: Exam, act: Act) -> bool | None:
    """Whether a part of the body is named by both; a part and what it lies in are of one region, but not the same."""
    named = {member for part in act.meaning.body_parts for member in _MEMBERS.get(part, (part,))}
    return overlap(frozenset(m for part in exam.parts for m in _MEMBERS.get(part, (part,))), named)


def _contrast(exam: Exam, act: Act) -> bool | None:
    if exam.contrast is None or act.meaning.contrast not in ("with", "without"):
        return None
    return exam.contrast == (act.meaning.contrast == "with")


def _time(exam: Exam, act: Act) -> Trait | None:
    """How near the act is: by minutes where both have a time, else by days; None where the exam has no date."""
    gap = nearest(exam.moments, act.at)
    if gap is None:
        return None
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


def _further_acts(
    exams: tuple[Exam, ...],
    acts: tuple[Act, ...],
    weighed: Weighed,
    taken: set[tuple[int, int]],
    busy: set[int],
) -> Iterable[tuple[int, int]]:
    """Acts left over that belong to an exam which has one: chest and abdomen, PET and CT."""
    own = dict(sorted(taken))
    for j, act in enumerate(acts):
        if j in busy:
            continue
        fitting = [i for i in own if (i, j) in weighed and _goes_with(exams[i], act, acts[own[i]], weighed[i, j])]
        if len(fitting) == 1:
            yield fitting[0], j


def _goes_with(exam: Exam, act: Act, first: Act, traits: tuple[Trait, ...]) -> bool:
    states = {part.name: part.state for part in traits}
    if states["accession_number"] is State.AGREE:
        return True
    if act.meaning.code == first.meaning.code or State.DIFFER in states.values():
        return False
    if act.visit_id != first.visit_id:
        return False
    together = abs(act.at - first.at) <= _TOGETHER or (
        act.at.date() == first.at.date() and not (act.timed and first.timed)
    )
    other_modality = not overlap(_alike(act.meaning.modalities), _alike(first.meaning.modalities))
    covered = bool(act.meaning.regions) and frozenset(act.meaning.regions) <= exam.regions
    return together and (other_modality or covered or (not exam.regions and act.timed and act.at == first.at))


def _further_exams(
    exams: tuple[Exam, ...],
    acts: tuple[Act, ...],
    weighed: Weighed,
    taken: set[tuple[int, int]],
    busy: set[int],
) -> Iterable[tuple[int, int]]:
    """Exams left over that were done under an act which has one: each part of the body, or each machine, its own."""
    own: defaultdict[int, list[int]] = defaultdict(list)
    for row, column in taken:
        own[column].append(row)
    for i, exam in enumerate(exams):
        if i in busy:
            continue
        fitting = [
            j for j in own if (i, j) in weighed and _shares(exam, acts[j], [exams[r] for r in own[j]], weighed[i, j])
        ]
        if len(fitting) == 1:
            yield i, fitting[0]


def _shares(exam: Exam, act: Act, holders: list[Exam], traits: tuple[Trait, ...]) -> bool:
    states = {part.name: part.state for part in traits}
    if states["accession_number"] is State.AGREE:
        return True
    if any(exam.accessions & holder.accessions for holder in holders):
        return State.DIFFER not in states.values()
    return False


def _pairs(
    exams: tuple[Exam, ...],
    acts: tuple[Act, ...],
    weighed: Weighed,
    taken: set[tuple[int, int]],
    unsure: set[tuple[int, int]],
) -> list[Pair]:
    of_exam, of_act = Counter(i for i, _ in weighed), Counter(j for _, j in weighed)
    doubtful = _doubtful(weighed, taken, unsure)
    return [
        Pair(
            uid=exams[i].uid,
            event_id=acts[j].act_id,
            method=_method(traits),
            gap=nearest(exams[i].moments, acts[j].at),
            rivals=of_exam[i] + of_act[j] - 2,
            ambiguous=(i, j) in doubtful,
            accepted=(i, j) in taken,
            traits=traits,
        )
        for (i, j), traits in weighed.items()
    ]


def _doubtful(
    weighed: Weighed,
    taken: set[tuple[int, int]],
    unsure: set[tuple[int, int]],
) -> set[tuple[int, int]]:
    """The pairs without a clear best, with those that might take their place."""
    rows, columns = {i for i, _ in unsure}, {j for _, j in unsure}
    return {(i, j) for i, j in weighed if (i in rows or j in columns) and (i, j) not in taken}


def _method(traits: tuple[Trait, ...]) -> ActMethod:
    states = {part.name: part.state for part in traits}
    if states["accession_number"] is State.AGREE:
        return ActMethod.ACCESSION_NUMBER
    return ActMethod.VISIT if states["visit"] is State.AGREE else ActMethod.TIME
