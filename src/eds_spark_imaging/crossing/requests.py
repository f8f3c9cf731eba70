"""What one request leads to: several acts for one exam (chest and abdomen, PET and CT), several exams for one act."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from eds_spark_imaging.crossing.candidates import Weighed
from eds_spark_imaging.crossing.evidence import overlap, total
from eds_spark_imaging.crossing.patient import Act, Exam

_COUCH = timedelta(minutes=45)  # exams of one request follow on one another


def together(exams: Sequence[Exam], acts: Sequence[Act], found: Weighed, enough: float) -> dict[int, int]:
    """Acts that go with another act, by the one that stands for them.

    They are coded at one time in one visit, one exam alone may have them, and it covers them all. An act that stands
    twice under one code is its anaesthesia or a second operator's, where a source does not keep the activity.
    """
    groups: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for j, act in enumerate(acts):
        groups[act.at, act.visit_id].append(j)
    claims = _claims(found, enough, of_exams=False)
    followers: dict[int, int] = {}
    for group in groups.values():
        claimed = [j for j in group if claims[j]]
        if len(claimed) < 2 or len(set().union(*(claims[j] for j in claimed))) != 1:
            continue
        (i,) = claims[claimed[0]]
        first = max(claimed, key=lambda j: (total(found[i, j]), -j))
        followers.update({j: first for j in claimed if j != first and _covers(exams[i], acts[j], acts[first])})
    return followers


def _covers(exam: Exam, act: Act, first: Act) -> bool:
    """Whether an exam that has the act ``first`` may have ``act`` as well."""
    if act.meaning.code == first.meaning.code:
        return True
    if not overlap(frozenset(act.meaning.modalities), first.meaning.modalities):
        return True  # of each modality its own
    if exam.regions:
        return frozenset(act.meaning.regions) <= exam.regions
    return act.timed


def shared_acts(
    exams: Sequence[Exam], acts: Sequence[Act], found: Weighed, enough: float, followers: dict[int, int]
) -> dict[int, int]:
    """Exams that share the act of another exam, by the one that stands for them.

    They were done one after the other in one place, of different parts of the body, and one act alone may have them.
    """
    claims = _claims(found, enough, of_exams=True)
    alone = {i: ({followers.get(j, j) for j in those}) for i, those in claims.items()}
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for i, those in alone.items():
        if len(those) == 1:
            holders[next(iter(those))].append(i)
    sharers: dict[int, int] = {}
    for j, rows in holders.items():
        first = min(rows, key=lambda i: (exams[i].moments, exams[i].uid))
        sharers.update({i: first for i in rows if i != first and _one_request(exams[i], exams[first], acts[j])})
    return sharers


def _one_request(exam: Exam, first: Exam, act: Act) -> bool:
    if exam.hospital != first.hospital or not exam.moments or not first.moments:
        return False
    if abs(exam.moments[0] - first.moments[0]) > _COUCH:
        return False
    if exam.accessions & first.accessions:
        return True
    if not exam.regions or not first.regions or exam.regions & first.regions:
        return False
    covered = frozenset(act.meaning.regions)
    return not covered or "WB" in covered or exam.regions | first.regions <= covered


def _claims(found: Weighed, enough: float, *, of_exams: bool) -> defaultdict[int, set[int]]:
    """By exam the acts that it may have, or by act the exams."""
    claims: defaultdict[int, set[int]] = defaultdict(set)
    for (i, j), traits in found.items():
        if total(traits) >= enough:
            claims[i if of_exams else j].add(j if of_exams else i)
    return claims
