"""Levels of monthly counts: where a series of counts changes its rate, by the likelihood of Poisson counts.

The counts are cut into segments of constant rate. Each cut costs a penalty, so that noise makes none; the best cuts
are found exactly, by dynamic programming over the months (optimal partitioning, Jackson et al. 2005,
10.1109/LSP.2001.838216).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

PENALTY = (
    3.0  # of a cut, in units of log(months): above the 2 of the Bayesian criterion, since months are not independent
)


@dataclass(frozen=True)
class FeedSegment:
    """Months ``start`` to ``end`` (excluded), with so many counts a month."""

    start: int
    end: int
    rate: float


def segments_of(counts: NDArray[np.int64], penalty: float = PENALTY) -> list[FeedSegment]:
    """The segments of a series of monthly counts, in order; none for an empty one."""
    months = len(counts)
    if not months:
        return []
    sums = np.concatenate(([0.0], np.cumsum(counts, dtype=float)))
    cost_of_cut = penalty * np.log(max(months, 2))
    best = np.full(months + 1, np.inf)
    best[0] = -cost_of_cut
    before = np.zeros(months + 1, dtype=int)
    for end in range(1, months + 1):
        starts = np.arange(end)
        costs = best[:end] + cost_of_cut + _cost(sums[end] - sums[starts], end - starts)
        before[end] = int(np.argmin(costs))
        best[end] = costs[before[end]]
    cuts = [months]
    while cuts[-1] > 0:
        cuts.append(int(before[cuts[-1]]))
    cuts.reverse()
    return [FeedSegment(start, end, float(sums[end] - sums[start]) / (end - start)) for start, end in pairwise(cuts)]


def _cost(total: NDArray[np.float64], length: NDArray[np.int64]) -> NDArray[np.float64]:
    """Twice the negative log-likelihood of a segment at its own rate, but for what does not depend on the cuts."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 2 * np.where(total > 0, total - total * np.log(total / length), 0.0)
