"""From when to when a hospital's exams of a category are in the lake, and how completely: one state for each month.

Completeness of a month is its count over the reference level of the cell, and a rectangle from ``t_0`` to ``t_1`` of
height ``c_0`` is laid over it. ``c_0`` and ``error`` are those of edsteva (Remaki et al., medRxiv 2023.08.17.23294220,
its default metric) for this rectangle. Its ends are our own, and not edsteva's, which fit best: they are those of the
segments of constant rate that reach a tenth of the level, since a slow start is a start. The states come from the same
segments: what a month lacks, against what it should have.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eds_spark_imaging.marts.segments import FeedSegment, segments_of
from eds_spark_imaging.tables.marts import CoverageState

_REFERENCE: Final = 0.75  # quantile of the segments' rates, weighted by their months, that stands for full coverage
_OPEN: Final = 0.10  # of the reference: a segment below is not connected, or suspended
_FULL: Final = 0.50  # of the reference: a segment below is partial
_SURE: Final = 1e-3  # a gap is one where so few exams would be that improbable at the rate around it


@dataclass(frozen=True)
class Coverage:
    """The coverage of one cell. Months are numbers from 0; ``t_1`` is the last month with coverage.

    ``c_0``: mean completeness from ``t_0`` to ``t_1``; ``error``: mean squared distance of the completeness from it,
    over the same months. All None where the cell has no exams, but the ``states`` and what counts.
    """

    t_0: int | None
    t_1: int | None
    c_0: float | None
    error: float | None
    reference: float
    completeness: tuple[float, ...]
    states: tuple[CoverageState, ...]


def coverage_of(
    counts: Sequence[int],
    hospital_counts: Sequence[int] | None = None,
    declared: Collection[int] = (),
    *,
    running: int = 0,
) -> Coverage:
    """The coverage of a cell from its monthly ``counts``.

    ``hospital_counts``: those of all categories of its hospital, in which a gap is seen where the cell is too small
    for it. ``declared``: months in which the feed is known to have stood still. ``running``: so many months at the
    end are not over, and are left out of what is judged.
    """
    if not running:
        return _judged(counts, hospital_counts, declared)
    over = _judged(counts[:-running], hospital_counts[:-running] if hospital_counts is not None else None, declared)
    shares = [min(count / over.reference, 1.0) if over.reference else 0.0 for count in counts[-running:]]
    states = (*over.states, *(CoverageState.RUNNING for _ in shares))
    return replace(over, completeness=(*over.completeness, *shares), states=states)


def _judged(counts: Sequence[int], hospital_counts: Sequence[int] | None, declared: Collection[int]) -> Coverage:
    cell = np.asarray(counts, dtype=np.int64)
    whole = np.asarray(hospital_counts, dtype=np.int64) if hospital_counts is not None else cell
    segments = segments_of(cell)
    if not cell.sum():
        return Coverage(None, None, None, None, 0.0, (0.0,) * len(cell), _empty(whole, declared))
    reference = _reference(segments)
    running = [s for s in segments if s.rate >= _OPEN * reference]
    t_0 = _first(cell, running[0])
    t_1 = _last(cell, running[-1])
    completeness = np.minimum(cell / reference, 1.0)
    inside = completeness[t_0 : t_1 + 1]
    c_0, error = float(inside.mean()), float(inside.var())
    # What stands still in the hospital need not in the cell: another category, a large one, may have stopped.
    still = (_still(whole) & (cell < _OPEN * reference)) | _still(cell)
    still |= np.isin(np.arange(len(cell)), list(declared))
    states = tuple(
        CoverageState.SUSPENDED
        if month >= t_0 and still[month]
        else _state(month, cell, segments, (t_0, t_1), reference)
        for month in range(len(cell))
    )
    return Coverage(t_0, t_1, c_0, error, reference, tuple(completeness.tolist()), states)


def _state(
    month: int, counts: NDArray[np.int64], segments: list[FeedSegment], ends: tuple[int, int], reference: float
) -> CoverageState:
    if month < ends[0]:
        return CoverageState.NOT_CONNECTED
    level = next(s.rate for s in segments if s.start <= month < s.end) / reference
    if month <= ends[1] and level < _FULL:
        return CoverageState.PARTIAL
    return CoverageState.COMPLETE if month <= ends[1] and counts[month] else CoverageState.NO_ACTIVITY


def _reference(segments: list[FeedSegment]) -> float:
    """The rate that stands for full coverage: high among the rates of the months that have any."""
    rated = sorted((s.rate, s.end - s.start) for s in segments if s.rate > 0)
    months = sum(length for _, length in rated)
    seen = 0
    for rate, length in rated:
        seen += length
        if seen >= _REFERENCE * months:
            return rate
    return rated[-1][0]


def _first(counts: NDArray[np.int64], segment: FeedSegment) -> int:
    """The first month of a segment that has exams."""
    return segment.start + int(np.argmax(counts[segment.start : segment.end] > 0))


def _last(counts: NDArray[np.int64], segment: FeedSegment) -> int:
    return segment.end - 1 - int(np.argmax(counts[segment.start : segment.end][::-1] > 0))


def _still(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Months in which the feed stood still: low segments between higher ones, or at the end, that chance is not.

    The exams expected are those of the rate before the gap, or after it where that is lower.
    """
    segments = segments_of(counts)
    found = np.zeros(len(counts), dtype=bool)
    if not counts.sum():
        return found
    reference = _reference(segments)
    running = [n for n, s in enumerate(segments) if s.rate >= _OPEN * reference]
    for number, segment in enumerate(segments):
        if number in running or number < running[0]:
            continue
        before = segments[max(n for n in running if n < number)].rate
        later = [n for n in running if n > number]
        rate = min(before, segments[later[0]].rate) if later else before
        if np.exp(-rate * (segment.end - segment.start)) < _SURE:
            found[segment.start : segment.end] = True
    return found


def _empty(whole: NDArray[np.int64], declared: Collection[int]) -> tuple[CoverageState, ...]:
    """The states of a cell without exams: those of its hospital, where this has any."""
    if not whole.sum():
        return (CoverageState.NOT_CONNECTED,) * len(whole)
    first = int(np.argmax(whole > 0))
    still = _still(whole)
    return tuple(
        CoverageState.NOT_CONNECTED
        if month < first
        else CoverageState.SUSPENDED
        if still[month] or month in declared
        else CoverageState.NO_ACTIVITY
        for month in range(len(whole))
    )
