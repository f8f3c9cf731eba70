"""Dates that are plausible, and wrong: they make no history of decades."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from eds_spark_imaging.marts.calendar import _fit, without_strays


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([1] + [0] * 60 + [3, 4], [0] * 61 + [3, 4]),
        ([1] + [0] * 59 + [3, 4], [1] + [0] * 59 + [3, 4]),  # a rare kind of exam
        ([3] + [0] * 60 + [3, 4], [3] + [0] * 60 + [3, 4]),
        ([1, 1] + [0] * 60 + [3, 4], [0] * 62 + [3, 4]),
        ([1] + [0] * 60 + [1] + [0] * 60 + [3], [0] * 122 + [3]),
        ([7] + [0] * 60 + [9000], [0] * 61 + [9000]),
        ([2], [2]),
    ],
)
def test_strays(counts: list[int], expected: list[int]) -> None:
    assert without_strays(counts) == expected


Counts = list[tuple[str, dt.date, int]]
MONTHS = [dt.date(2020 + n // 12, n % 12 + 1, 1) for n in range(60)]
# A feed that began slowly.
CT: Counts = [("scanner", month, 12 if n < 24 else 100) for n, month in enumerate(MONTHS)]


def calendar(counts: Counts, running: dt.date = dt.date(2026, 1, 1)) -> list[dict[str, Any]]:
    last = max(month for _, month, _ in counts)
    names = ("hospital_code", "exam_category", "month", "exams", "_last", "_running")
    rows = [dict(zip(names, ("066", *cell, last, running), strict=True)) for cell in counts]
    found = _fit(())(pa.Table.from_pylist(rows)).to_pylist()
    return sorted(found, key=lambda row: (row["exam_category"], row["month"]))


def test_a_wrong_date_in_one_category_changes_nothing_of_another() -> None:
    alone = calendar(CT)
    assert (alone[0]["t_0"], alone[0]["t_1"], len(alone)) == (MONTHS[0], MONTHS[-1], 60)
    stray = ("echographie", dt.date(1975, 3, 1), 1)
    for others in ([stray], [stray, ("echographie", MONTHS[30], 9)]):
        rows = calendar(CT + others)
        assert [row for row in rows if row["exam_category"] == "scanner" and row["month"] >= MONTHS[0]] == alone
        before = [row for row in rows if row["month"] < MONTHS[0]]
        told = [(row["exam_category"], row["month"], row["exams"]) for row in before]
        assert told == [stray, ("scanner", stray[1], 0)]
        assert {(row["state"], row["completeness"]) for row in before} == {("not_connected", 0.0)}


def test_the_month_of_today_is_running_though_an_exam_is_dated_in_the_next() -> None:
    rows = calendar([*CT, ("scanner", dt.date(2025, 1, 1), 1)], running=MONTHS[-1])
    assert [row["state"] for row in rows[-3:]] == ["complete", "running", "running"]
    assert {row["t_1"] for row in rows} == {MONTHS[-2]}
