"""Months that a change touches. Their predicates are tested with rows in tests/transforms and tests/jobs."""

import datetime as dt

import pytest

from eds_spark_imaging.marts.months import ALL_MONTHS, Months, together


def day(month: str) -> dt.date:
    return dt.date.fromisoformat(f"{month}-01")


@pytest.mark.parametrize(
    ("months", "ranges"),
    [
        ((), []),
        (("2020-12", "2020-11", "2021-01"), [("2020-11", "2021-02")]),
        (("2020-02", "2020-04"), [("2020-02", "2020-03"), ("2020-04", "2020-05")]),
        (("9999-11", "9999-12"), [("9999-11", None)]),  # no date comes after
    ],
)
def test_neighbours_are_one_range(months: tuple[str, ...], ranges: list[tuple[str, str | None]]) -> None:
    found = Months(frozenset(map(day, months)))._ranges()
    assert found == [(day(first), day(end) if end else None) for first, end in ranges]


def test_every_month_beside_some_is_every_month() -> None:
    january, february = (Months(frozenset([day(m)])) for m in ("2020-01", "2020-02"))
    assert together([january, february]).days == {day("2020-01"), day("2020-02")}
    assert together([]).days == frozenset()
    assert together([january, ALL_MONTHS]) == ALL_MONTHS
