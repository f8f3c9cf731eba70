"""Ranges of keys: none of the keys outside, the widest gaps between them left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eds_spark_imaging.lake.pruning import ranges_of


def test_few_keys_are_named_one_by_one() -> None:
    assert ranges_of(["b", "a", "b", "c"]) == [("a", "a"), ("b", "b"), ("c", "c")]
    assert ranges_of([]) == []


@pytest.mark.parametrize(
    ("keys", "most", "expected"),
    [
        ([1, 2, 3, 50, 51, 90], 3, [(1, 3), (50, 51), (90, 90)]),
        (["1.2.7", "1.2.70", "1.2.71", "1.9.1", "1.9.2"], 2, [("1.2.7", "1.2.71"), ("1.9.1", "1.9.2")]),
        (["/a/1", "/a/2", "/z/1"], 2, [("/a/1", "/a/2"), ("/z/1", "/z/1")]),
    ],
)
def test_the_widest_gaps_are_left_out(keys: list[object], most: int, expected: list[tuple[object, object]]) -> None:
    assert ranges_of(keys, most) == expected


@given(st.lists(st.text(max_size=6) | st.from_regex(r"1\.2\.[0-9.]{1,8}", fullmatch=True)), st.integers(1, 8))
def test_every_key_lies_in_one_range_and_ranges_are_few_and_apart(keys: list[str], most: int) -> None:
    ranges = ranges_of(keys, most)
    assert len(ranges) <= most
    assert all(sum(low <= key <= high for low, high in ranges) == 1 for key in keys)
    ends = [end for each in ranges for end in each]
    assert ends == sorted(ends)
