"""What one request leads to: several acts for one exam (chest and abdomen, PET and CT), several exams for one act."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from eds_spark_imaging.crossing import titles
from eds_spark_imaging.crossing.anatomy import same_part
from eds_spark_imaging.crossing.assignment import Assigned, best_assignment
from eds_spark_imaging.crossing.candidates import Weighed
from eds_spark_imaging.crossing.evidence import agreeing, overlap, total
from eds_spark_imaging.crossing.numbers import of_one_order
from eds_spark_imaging.crossing.patient import Act, Exam, Report

_COUCH = timedelta(minutes=45)  # exams of one request follow on one another
_HALF_DAY = timedelta(hours=4)  # or come back, where one number holds them together
_NEAR = 3.0  # how much less than its best pair a pair may weigh that a request has besides
_BETTER = 1.5  # how much more than with its own exam an event must weigh to follow another event
_NUMBER = "accession_number"
_CODED = timedelta(minutes=20)  # and its acts are coded at one time

# Of what is left over, of that which it may go with, and of what they have in common: their places.
Rule = Callable[[int, int, int], bool]


def assigned(
    found: Weighed, enough: float, shares: Rule, follows: Rule
) -> tuple[list[Assigned], dict[int, int], dict[int, int]]:
    """The best assignment of exams and events, without those that a request has besides, which compete with nobody.

    Left over by a first assignment, an exam ``shares`` the event of another exam, an event ``follows`` another one of
    an exam. An event that suits the exam of another one clearly better than its own exam follows that one too.
    Returns the pairs, and by exam or event left over the one that it goes with.
    """
    weights = {pair: total(traits) for pair, traits in found.items()}
    named = {pair for pair, traits in found.items() if weights[pair] >= enough and _NUMBER in agreeing(traits)}
    first = best_assignment(_named_or_free(weights, named, enough))
    rows, columns = {s.row: s.column for s in first}, {s.column: s.row for s in first}
    unnumbered = {pair: total(part for part in traits if part.name != _NUMBER) for pair, traits in found.items()}
    best_of_row, best_of_column = _best(weights, 0), _best(unnumbered, 1)
    sharers: dict[int, int] = {}
    followers: dict[int, int] = {}
    for (i, j), weight in weights.items():
        near = weight >= max(enough, best_of_row[i] - _NEAR) and unnumbered[i, j] >= best_of_column[j] - _NEAR
        if not near and (i, j) not in named:
            continue
        if i not in rows and j in columns and shares(i, columns[j], j):
            sharers.setdefault(i, columns[j])
        elif i in rows and _free(j, columns, weights, weight) and follows(j, rows[i], i):
            followers.setdefault(j, rows[i])
    rest = {(i, j): weight for (i, j), weight in weights.items() if i not in sharers and j not in followers}
    return best_assignment(rest), sharers, followers


def _free(j: int, columns: Mapping[int, int], weights: Mapping[tuple[int, int], float], weight: float) -> bool:
    """Whether an event is left over, or assigned to an exam that it suits clearly less than with ``weight``."""
    return j not in columns or weight - weights[columns[j], j] >= _BETTER


def _named_or_free(
    weights: Mapping[tuple[int, int], float], named: set[tuple[int, int]], enough: float
) -> dict[tuple[int, int], float]:
    """Pairs that weigh enough; what an accession number names is of nothing else."""
    exams, events = {i for i, _ in named}, {j for _, j in named}
    return {
        (i, j): weight
        for (i, j), weight in weights.items()
        if weight >= enough and ((i, j) in named or (i not in exams and j not in events))
    }


def _best(weights: Mapping[tuple[int, int], float], side: int) -> dict[int, float]:
    best: dict[int, float] = {}
    for pair, weight in weights.items():
        best[pair[side]] = max(weight, best.get(pair[side], weight))
    return best


def with_request(
    accepted: set[tuple[int, int]], found: Weighed, sharers: dict[int, int], followers: dict[int, int]
) -> set[tuple[int, int]]:
    """The pairs ``accepted``, with those of exams and events that go with another one."""
    more = {(i, j) for i, first in sharers.items() for row, j in accepted if row == first}
    more |= {(i, j) for j, first in followers.items() for i, column in accepted if column == first}
    return accepted | {pair for pair in more if pair in found}


def acts_of_one_exam(exams: Sequence[Exam], acts: Sequence[Act]) -> Rule:
    """Whether an act goes with another one of the same exam: coded together, and the exam covers both.

    An act that stands twice under one code is its anaesthesia or a second operator's, where a source does not keep the
    activity.
    """

    def follows(j: int, first: int, i: int) -> bool:
        act, other, exam = acts[j], acts[first], exams[i]
        if not _coded_together(act, other):
            return False
        if act.meaning.code == other.meaning.code:
            return act.timed and act.at == other.at
        if not overlap(frozenset(act.meaning.modalities), other.meaning.modalities):
            return True  # each modality of the exam has its own
        covered = frozenset(act.meaning.regions)
        if covered & frozenset(other.meaning.regions):
            return False
        return covered <= exam.regions if exam.regions else act.at == other.at and act.timed

    return follows


def _coded_together(act: Act, other: Act) -> bool:
    """Whether two acts have one visit and one time, or one day where one has no time."""
    if act.visit_id != other.visit_id and None not in (act.visit_id, other.visit_id):
        return False
    return abs(act.at - other.at) <= _CODED if act.timed and other.timed else act.at.date() == other.at.date()


def exams_of_one_act(exams: Sequence[Exam], acts: Sequence[Act]) -> Rule:
    """Whether an exam shares the act of another one: done one after the other, of different parts of the body."""

    def shares(i: int, first: int, j: int) -> bool:
        exam, other = exams[i], exams[first]
        if not _one_request(exam, other):
            return False
        if of_one_order(exam, other):
            return True
        if not exam.regions or not other.regions or exam.regions & other.regions:
            return False
        return _covers_all(acts[j], exam.regions | other.regions)

    return shares


def exams_of_one_report(exams: Sequence[Exam], reports: Sequence[Report]) -> Rule:
    """Whether an exam shares the report of another one: done the same half day under one accession number, or of
    modalities that the title both names, or one after the other, of parts of the body that the title both names.
    """

    def shares(i: int, first: int, j: int) -> bool:
        exam, other = exams[i], exams[first]
        if of_one_order(exam, other):
            return _one_request(exam, other, _HALF_DAY)
        report = reports[j]
        if same_part(exam.parts, other.parts) is False and _one_request(exam, other):
            return bool(same_part(exam.parts, report.parts) and same_part(other.parts, report.parts))
        return _one_request(exam, other, _HALF_DAY) and _tells_of_both(report, exam.modalities, other.modalities)

    return shares


def _tells_of_both(report: Report, one: frozenset[str], other: frozenset[str]) -> bool:
    named = titles.modalities(report.title)
    return not one & other and bool(one & named and other & named)


def _one_request(exam: Exam, other: Exam, within: timedelta = _COUCH) -> bool:
    if exam.hospital != other.hospital and None not in (exam.hospital, other.hospital):
        return False
    if not exam.moments or not other.moments:
        return False
    if exam.timed and other.timed:
        return abs(exam.moments[0] - other.moments[0]) <= within
    return exam.days[0] == other.days[0]


def _covers_all(act: Act, regions: frozenset[str]) -> bool:
    covered = frozenset(act.meaning.regions)
    return not covered or "WB" in covered or regions <= covered
