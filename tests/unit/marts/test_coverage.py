"""Coverage of simulated hospitals whose starts, steps and breaks are known: found, and none invented."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from eds_spark_imaging.marts.coverage import coverage_of
from eds_spark_imaging.marts.segments import segments_of
from eds_spark_imaging.tables.marts import CoverageState

MONTHS = 240  # from January 2005
BREAK = 217  # February 2023
SUSPENDED, NOT_CONNECTED = CoverageState.SUSPENDED, CoverageState.NOT_CONNECTED


@dataclass
class Cell:
    """A category of a hospital: its first month, exams a month at full level, and what was counted."""

    start: int
    rate: float
    counts: NDArray[np.int64]


@dataclass
class Hospital:
    cells: list[Cell]
    gap: int  # months without feed from BREAK on

    @property
    def counts(self) -> list[int]:
        return [int(n) for n in np.sum([cell.counts for cell in self.cells], axis=0)]


def hospital(random: np.random.Generator) -> Hospital:
    """Categories of all sizes, connected at once or later, some in steps, with seasons, growth and stray dates."""
    first, gap = int(random.integers(0, 150)), int(random.integers(1, 5)) if random.random() < 0.8 else 0
    cells = []
    for _ in range(8):
        rate = float(np.exp(random.uniform(np.log(0.5), np.log(400))))
        start = first + (0 if random.random() < 0.5 else int(random.integers(0, 40)))
        expected = np.zeros(MONTHS)
        expected[start:] = rate
        if random.random() < 0.4:
            expected[start : start + int(random.integers(6, 30))] *= random.uniform(0.3, 0.7)
        years = np.arange(MONTHS) / 12
        expected *= np.maximum(1 + 0.02 * (years - start / 12), 0) * (1 + 0.15 * np.sin(years * 2 * np.pi))
        expected[BREAK : BREAK + gap] = 0
        counts = random.poisson(expected)
        if random.random() < 0.2 and start > 3:
            counts[random.integers(0, start - 1)] += 1  # the wrong date of a single exam
        cells.append(Cell(start, rate, counts))
    return Hospital(cells, gap)


@pytest.fixture(scope="module")
def hospitals() -> list[Hospital]:
    random = np.random.default_rng(20230201)
    return [hospital(random) for _ in range(40)]


def test_starts_are_found_within_a_month(hospitals: list[Hospital]) -> None:
    found = [
        abs(coverage.t_0 - cell.start) <= 1
        for h in hospitals
        for cell in h.cells
        if cell.rate >= 3 and (coverage := coverage_of(cell.counts.tolist(), h.counts)).t_0 is not None
    ]
    assert len(found) > 150
    assert np.mean(found) >= 0.95


def test_the_break_is_found_always_and_none_is_invented(hospitals: list[Hospital]) -> None:
    invented, cells = 0, 0
    for h in hospitals:
        gap = set(range(BREAK, BREAK + h.gap))
        for cell in h.cells:
            states = coverage_of(cell.counts.tolist(), h.counts).states
            still = {month for month, state in enumerate(states) if state == SUSPENDED}
            assert gap <= still
            invented += bool(still - gap)
            cells += 1
    assert invented <= cells / 100  # what is chance in one of a thousand gaps is met now and then


def test_a_stray_date_is_no_start() -> None:
    counts = [0] * 60 + [40] * 60
    counts[7] = 1
    coverage = coverage_of(counts)
    assert (coverage.t_0, coverage.t_1, coverage.c_0, coverage.reference) == (60, 119, 1.0, 40.0)
    assert coverage.states[7] == NOT_CONNECTED
    assert set(coverage.states[60:]) == {CoverageState.COMPLETE}


@pytest.mark.parametrize("before", [0, 500])
def test_steps_are_partial_and_the_rectangle_tells_its_error(before: int) -> None:
    """The error is that of edsteva's ``error_between_t0_t1``: months outside the rectangle are not in it."""
    coverage = coverage_of([0] * before + [20] * 12 + [100] * 36 + [0] * 9)
    assert coverage.states[before : before + 12] == (CoverageState.PARTIAL,) * 12
    assert (coverage.t_0, coverage.t_1) == (before, before + 47)
    assert coverage.c_0 == pytest.approx((12 * 0.2 + 36) / 48)
    assert coverage.error == pytest.approx((12 * (0.2 - coverage.c_0) ** 2 + 36 * (1 - coverage.c_0) ** 2) / 48)


def test_months_without_exams_at_full_level_belong_to_a_trend() -> None:
    """Months with exams alone are those that had some by chance: their mean lies above the rate."""
    random = np.random.default_rng(20230201)
    with_some, with_none = [], []
    for _ in range(20):
        counts = random.poisson(1, 120).tolist()
        coverage = coverage_of(counts)
        assert coverage.t_1 is not None
        for month, state in enumerate(coverage.states):
            if state == CoverageState.COMPLETE:
                with_some.append(counts[month])
            elif state == CoverageState.NO_ACTIVITY and month <= coverage.t_1:
                with_none.append(counts[month])
    assert np.mean(with_some) == pytest.approx(1 / (1 - np.exp(-1)), rel=0.05)  # of a Poisson count that is not 0
    assert np.mean(with_some + with_none) == pytest.approx(1, rel=0.05)


def test_no_exams_in_a_segment_below_half_of_the_level_are_partial() -> None:
    coverage = coverage_of([2, 0, 3, 2, 0, 3, 2, 2, 0, 2] + [9] * 30)
    assert coverage.states == (CoverageState.PARTIAL,) * 10 + (CoverageState.COMPLETE,) * 30


def test_a_gap_is_told_by_the_hospital_where_a_cell_is_too_small_for_it() -> None:
    small = ([1, 0, 0] * 20)[:60]
    whole = [50] * 30 + [0] * 2 + [50] * 28
    small[30] = small[31] = 0
    assert {m for m, s in enumerate(coverage_of(small, whole).states) if s == SUSPENDED} == {30, 31}
    assert SUSPENDED not in coverage_of(small).states


def test_a_large_category_that_stops_takes_no_other_with_it() -> None:
    """The hospital falls from 105 to 5 exams a month; the 5 are all of a category that goes on as ever."""
    small, large = [5] * 60, [100] * 30 + [0] * 30
    whole = [a + b for a, b in zip(small, large, strict=True)]
    assert set(coverage_of(small, whole).states) == {CoverageState.COMPLETE}
    assert {m for m, s in enumerate(coverage_of(large, whole).states) if s == SUSPENDED} == set(range(30, 60))


def test_a_month_that_is_not_over_is_not_judged() -> None:
    whole = [140] * 24 + [4]
    for counts, level in (([40] * 24 + [3], 3 / 40), ([40] * 24 + [0], 0.0)):
        coverage = coverage_of(counts, whole, running=1)
        assert coverage.states == (*(CoverageState.COMPLETE,) * 24, CoverageState.RUNNING)
        assert (coverage.t_1, coverage.c_0, coverage.completeness[-1]) == (23, 1.0, level)
    assert coverage_of([0, 7], running=1).states == (NOT_CONNECTED, CoverageState.RUNNING)
    assert coverage_of([7], [9], running=1).states == (CoverageState.RUNNING,)
    assert coverage_of([40] * 24 + [3, 1], running=2).states[23:] == (
        CoverageState.COMPLETE,
        CoverageState.RUNNING,
        CoverageState.RUNNING,
    )


def test_a_declared_suspension_needs_no_evidence() -> None:
    assert coverage_of([5, 5, 5, 0, 5], declared={3}).states[3] == SUSPENDED
    assert coverage_of([5, 5, 5, 1, 5], declared={3}).states[3] == SUSPENDED


def test_nothing_is_ever_said_of_no_exams() -> None:
    nothing = coverage_of([0, 0, 0])
    assert (nothing.t_0, nothing.c_0, set(nothing.states)) == (None, None, {NOT_CONNECTED})
    other = coverage_of([0, 0, 0, 0], [0, 9, 8, 9])
    assert other.states == (NOT_CONNECTED, *(CoverageState.NO_ACTIVITY,) * 3)


@given(st.lists(st.integers(0, 50), max_size=40))
def test_segments_cover_every_month_once_and_keep_the_sum(counts: list[int]) -> None:
    segments = segments_of(np.array(counts, dtype=np.int64))
    assert [m for s in segments for m in range(s.start, s.end)] == list(range(len(counts)))
    assert sum(s.rate * (s.end - s.start) for s in segments) == pytest.approx(sum(counts))


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_every_month_has_a_state_and_those_outside_have_no_coverage(counts: list[int]) -> None:
    coverage = coverage_of(counts)
    assert len(coverage.states) == len(counts) == len(coverage.completeness)
    for month, state in enumerate(coverage.states):
        if coverage.t_0 is not None and month < coverage.t_0:
            assert state == NOT_CONNECTED
        if not counts[month]:
            assert state != CoverageState.COMPLETE
