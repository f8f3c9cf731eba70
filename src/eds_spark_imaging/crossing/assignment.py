"""The assignment of two sides that compete: the pairs whose weights add up to most, each row and column once.

Kuhn, The Hungarian method for the assignment problem (1955), by shortest augmenting paths. What one patient has is
split into parts that share no row or column, so the squares are small.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from math import inf
from typing import NamedTuple

_LARGE = 120  # rows or columns of a part above which pairs are taken by weight, best first

Weights = Mapping[tuple[int, int], float]


class Assigned(NamedTuple):
    """A pair of the best assignment; ``margin`` is what the whole would lose at least by any other place of the two."""

    row: int
    column: int
    margin: float


def best_assignment(weights: Weights) -> list[Assigned]:
    """The pairs (row, column) of the greatest total weight, by row; pairs of no positive weight are never taken.

    Among equal totals the one that the order of rows and columns gives is taken: the same input has the same output.
    """
    positive = {pair: weight for pair, weight in sorted(weights.items()) if weight > 0}
    chosen: dict[int, int] = {}
    for rows, columns in _parts(positive):
        chosen.update(_greedy(positive, rows) if max(len(rows), len(columns)) > _LARGE else _hungarian(positive, rows))
    exchange = _Exchange(positive, chosen)
    return [Assigned(row, column, exchange.margin(row, column)) for row, column in sorted(chosen.items())]


def _parts(weights: Weights) -> Iterator[tuple[list[int], list[int]]]:
    """Rows and columns of each connected part."""
    of_row, of_column = _neighbours(weights)
    seen: set[int] = set()
    for first in of_row:
        if first in seen:
            continue
        rows, columns, waiting = {first}, set(), [first]
        while waiting:
            for column in of_row[waiting.pop()]:
                columns.add(column)
                more = set(of_column[column]) - rows
                rows |= more
                waiting += more
        seen |= rows
        yield sorted(rows), sorted(columns)


def _neighbours(weights: Weights) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    of_row, of_column = defaultdict(list), defaultdict(list)
    for row, column in weights:
        of_row[row].append(column)
        of_column[column].append(row)
    return of_row, of_column


def _greedy(weights: Weights, rows: list[int]) -> dict[int, int]:
    chosen: dict[int, int] = {}
    taken: set[int] = set()
    among = set(rows)
    for (row, column), _ in sorted(weights.items(), key=lambda item: (-item[1], item[0])):
        if row in among and row not in chosen and column not in taken:
            chosen[row] = column
            taken.add(column)
    return chosen


def _hungarian(weights: Weights, rows: list[int]) -> dict[int, int]:
    """Least cost with potentials, a row at a time; each row has a column of its own of cost 0, which is no pair."""
    columns = sorted({column for row, column in weights if row in set(rows)})
    width = len(columns) + len(rows)
    row_potential, column_potential = [0.0] * (len(rows) + 1), [0.0] * (width + 1)
    owner = [0] * (width + 1)  # of each column, the row (from 1) that has it; column 0 starts a path

    def cost(i: int, j: int) -> float:
        if j <= len(columns):
            return -weights.get((rows[i - 1], columns[j - 1]), -inf)
        return 0.0 if j - len(columns) == i else inf

    for row in range(1, len(rows) + 1):
        owner[0], here = row, 0
        least, before, done = [inf] * (width + 1), [0] * (width + 1), [False] * (width + 1)
        while owner[here]:
            done[here] = True
            i, delta, following = owner[here], inf, 0
            for j in range(1, width + 1):
                if done[j]:
                    continue
                reduced = cost(i, j) - row_potential[i] - column_potential[j]
                if reduced < least[j]:
                    least[j], before[j] = reduced, here
                if least[j] < delta:
                    delta, following = least[j], j
            for j in range(width + 1):
                if done[j]:
                    row_potential[owner[j]] += delta
                    column_potential[j] -= delta
                else:
                    least[j] -= delta
            here = following
        while here:
            owner[here] = owner[before[here]]
            here = before[here]
    return {rows[owner[j] - 1]: columns[j - 1] for j in range(1, len(columns) + 1) if owner[j]}


class _Exchange:
    """What the whole loses where a pair is given up, by one exchange with another row or column."""

    def __init__(self, weights: Weights, chosen: Mapping[int, int]) -> None:
        self._weights = weights
        self._chosen = chosen
        self._holder = {column: row for row, column in chosen.items()}
        self._of_row, self._of_column = _neighbours(weights)

    def margin(self, row: int, column: int) -> float:
        """The smallest loss by which ``row`` or ``column`` goes elsewhere, or stays alone."""
        own = self._weights[row, column]
        losses = [own]
        losses += [own - self._weights[row, c] + self._displaced(c, column) for c in self._of_row[row] if c != column]
        losses += [own - self._weights[r, column] + self._left(row, r) for r in self._of_column[column] if r != row]
        return min(losses)

    def _displaced(self, lost: int, free: int) -> float:
        """What the holder of the column ``lost`` loses where it may have ``free`` instead."""
        other = self._holder.get(lost)
        return 0.0 if other is None else self._weights[other, lost] - self._weight(other, free)

    def _left(self, row: int, other: int) -> float:
        """What is lost where ``other`` leaves its column, which ``row`` may have."""
        left = self._chosen.get(other)
        return 0.0 if left is None else self._weights[other, left] - self._weight(row, left)

    def _weight(self, row: int, column: int) -> float:
        return self._weights.get((row, column), 0.0)
