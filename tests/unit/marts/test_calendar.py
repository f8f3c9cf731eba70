"""Dates that are plausible, and wrong: they make no history of decades."""

from __future__ import annotations

import pytest

from eds_spark_imaging.marts.calendar import without_strays


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
