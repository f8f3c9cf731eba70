"""The assignment by the best total: against every possibility, and what an exchange would cost."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from eds_spark_imaging.crossing.assignment import best_assignment

Weights = dict[tuple[int, int], float]
WEIGHTS = st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 3)), st.integers(-3, 12).map(float), max_size=14)
FEW = settings(max_examples=60)  # every order of columns is tried


def greatest_total(weights: Weights) -> float:
    """The greatest total by trying all orders of columns."""
    rows = sorted({row for row, _ in weights})
    columns: list[int | None] = [*sorted({column for _, column in weights}), *[None] * len(rows)]
    return max(
        (
            sum(
                max(weights.get((row, column), 0.0), 0.0)
                for row, column in zip(rows, order, strict=False)
                if column is not None
            )
            for order in permutations(columns, len(rows))
        ),
        default=0.0,
    )


@FEW
@given(WEIGHTS)
def test_the_total_is_the_greatest(weights: Weights) -> None:
    found = best_assignment(weights)
    assert len({s.row for s in found}) == len({s.column for s in found}) == len(found)
    assert all(weights[s.row, s.column] > 0 for s in found)
    assert sum(weights[s.row, s.column] for s in found) == greatest_total(weights)


@FEW
@given(WEIGHTS)
def test_a_margin_is_never_less_than_what_doing_without_the_pair_costs(weights: Weights) -> None:
    best = greatest_total(weights)
    for chosen in best_assignment(weights):
        without = {pair: weight for pair, weight in weights.items() if pair != (chosen.row, chosen.column)}
        assert chosen.margin >= best - greatest_total(without) - 1e-9
        assert chosen.margin >= 0


@FEW
@given(WEIGHTS)
def test_the_order_of_the_input_does_not_matter(weights: Weights) -> None:
    assert best_assignment(weights) == best_assignment(dict(reversed(list(weights.items()))))


def test_competing_pairs_are_assigned_together() -> None:
    # Row 0 fits both columns, row 1 the first only: first come would leave row 1 alone.
    found = best_assignment({(0, 0): 5.0, (0, 1): 4.0, (1, 0): 3.0})
    assert [(s.row, s.column) for s in found] == [(0, 1), (1, 0)]


def test_margins_of_an_exchange() -> None:
    found = best_assignment({(0, 0): 5.0, (0, 1): 2.0, (1, 0): 2.0, (1, 1): 5.0})
    assert {s.margin for s in found} == {5.0}
    found = best_assignment({(0, 0): 5.0, (0, 1): 4.5, (1, 0): 4.5, (1, 1): 5.0})
    assert {s.margin for s in found} == {1.0}


def test_a_large_part_is_assigned_too() -> None:
    weights = {(i, j): 10.0 - abs(i - j) for i in range(150) for j in range(150) if abs(i - j) < 3}
    assert all(s.row == s.column for s in best_assignment(weights))
