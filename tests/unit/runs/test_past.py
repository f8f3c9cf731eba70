"""Ids of runs, whose order is that of the runs."""

from __future__ import annotations

import datetime as dt

import pytest

from eds_spark_imaging.runs.past import Past

NOON = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("before", "stamp"),
    [
        ("20260131T115959999999-parse-5b1f0e", "20260131T120000000000"),
        ("20260131T120000000000", "20260131T120000000001"),
        ("20260131T133000999999-build-5b1f0e", "20260131T133001000000"),
        ("20260131T1330000000000", "20260131T133000000001"),  # as earlier versions made them longer
        ("9-build", "90"),
    ],
)
def test_an_id_sorts_after_those_before_whatever_the_clock_says(before: str, stamp: str) -> None:
    past = Past()
    past.none_before(before)
    given = [past.next_id("parse", NOON) for _ in range(3)]
    assert given[0].split("-")[:2] == [stamp, "parse"]
    assert before < given[0] < given[1] < given[2]
