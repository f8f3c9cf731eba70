"""Chapters, blocks and categories of CIM-10 against known truth, and selections of codes."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.terminology.cim10_hierarchy import (
    Cim10Group,
    cim10_block,
    cim10_category,
    cim10_chapter,
    cim10_groups,
    cim10_hierarchy,
    cim10_pattern,
    cim10_prefixes,
)

CATEGORIES = st.builds("{}{:02}".format, st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), st.integers(0, 99))


# From the tabular list of ICD-10 (WHO, version 2019).
@pytest.mark.parametrize(
    ("code", "chapter", "groups"),
    [
        ("C34.1", "II", ["C00-C97", "C00-C75", "C30-C39"]),
        ("D48", "II", ["D37-D48"]),
        ("D50", "III", ["D50-D53"]),
        ("C50", "II", ["C00-C97", "C00-C75", "C50"]),
        ("I219", "IX", ["I20-I25"]),
        ("H59", "VII", ["H55-H59"]),
        ("H60", "VIII", ["H60-H62"]),
        ("F03+00", "V", ["F00-F09"]),
        ("M16", "XIII", ["M00-M25", "M15-M19"]),
        ("O94", "XV", ["O94-O99"]),
        ("S72.0", "XIX", ["S70-S79"]),
        ("T31", "XIX", ["T20-T32", "T29-T32"]),
        ("W19", "XX", ["V01-X59", "W00-X59", "W00-W19"]),
        ("Y83", "XX", ["Y40-Y84", "Y83-Y84"]),
        ("U07.1", "XXII", ["U00-U49"]),
        ("Z511", "XXI", ["Z40-Z54"]),
        ("C98", "II", []),  # no such category; its place would be in the chapter
        ("A14", "I", []),
    ],
)
def test_chapter_and_blocks(code: str, chapter: str, groups: list[str]) -> None:
    found = cim10_chapter(code)
    assert found is not None
    assert found.key == chapter
    assert [group.key for group in cim10_groups(code)] == [chapter, *groups]
    block = cim10_block(code)
    assert (block.key if block else None) == (groups[-1] if groups else None)


@pytest.mark.parametrize("code", [None, "", "ZBQK002", "34", "V00", "T99", "K95"])
def test_what_no_chapter_holds(code: str | None) -> None:
    assert cim10_chapter(code) is None
    assert cim10_block(code) is None


@pytest.mark.parametrize(("code", "category"), [("c34.1", "C34"), ("C169+8", "C16"), ("CIM10:I21", "I21"), ("x", None)])
def test_category(code: str, category: str | None) -> None:
    assert cim10_category(code) == category


def test_the_hierarchy_has_22_chapters_and_274_blocks() -> None:
    levels = [group.level for group in cim10_hierarchy()]
    assert (levels.count("chapter"), levels.count("block")) == (22, 274)
    assert len({group.key for group in cim10_hierarchy()}) == 296
    for group in cim10_hierarchy():
        assert group.first <= group.last
        assert group.title_fr
        assert group.title_en


def test_chapters_do_not_meet_and_blocks_nest() -> None:
    groups = cim10_hierarchy()
    for i, one in enumerate(groups):
        for other in groups[i + 1 :]:
            apart = one.last < other.first or other.last < one.first
            within = other.first in one and other.last in one
            assert apart or (within and other.level == "block"), (one.key, other.key)


@given(CATEGORIES)
def test_groups_run_from_wide_to_narrow(category: str) -> None:
    groups = cim10_groups(category)
    for wide, narrow in itertools.pairwise(groups):
        assert narrow.first in wide
        assert narrow.last in wide
    assert [group.level for group in groups[:1]] == ["chapter"] * bool(groups)


@given(CATEGORIES, st.text("0123456789", max_size=2))
def test_a_code_has_the_groups_of_its_category(category: str, rest: str) -> None:
    assert cim10_groups(f"{category}.{rest}") == cim10_groups(category)


@pytest.mark.parametrize(
    ("selection", "prefixes"),
    [
        ("C34*", ("C34",)),
        ("c34.-", ("C34",)),
        ("C34", ("C34",)),
        ("C34.1%", ("C341",)),
        ("I21.9", ("I219",)),
        ("C16.9+8", ("C169+8",)),
        ("I20-I22", ("I20", "I21", "I22")),
        ("C34*, I60 - I61, C34", ("C34", "I60", "I61")),
        ("D98-E01", ("D98", "D99", "E00", "E01")),
        ("C50-C50", ("C50",)),
    ],
)
def test_a_selection_as_prefixes(selection: str, prefixes: tuple[str, ...]) -> None:
    assert cim10_prefixes(selection) == prefixes


@pytest.mark.parametrize(
    "selection", ["", "C34,", "C*", "C3", "lung", "I25-I20", "I20.1-I20.3", "I20-I2", "C34%%", "*"]
)
def test_what_is_not_a_selection(selection: str) -> None:
    with pytest.raises(ConfigError, match="CIM-10"):
        cim10_prefixes(selection)


@given(CATEGORIES, CATEGORIES, CATEGORIES, st.text("0123456789", max_size=2))
def test_a_range_takes_the_codes_between_its_ends(first: str, last: str, category: str, rest: str) -> None:
    assume(first <= last)
    taken = re.search(cim10_pattern(f"{first}-{last}"), category + rest) is not None
    assert taken == (first <= category <= last)


@given(st.sampled_from(cim10_hierarchy()), CATEGORIES)
def test_the_range_of_a_group_selects_what_the_group_holds(group: Cim10Group, category: str) -> None:
    selected = category in cim10_prefixes(f"{group.first}-{group.last}")
    assert selected == (group in cim10_groups(category))


@given(st.text(max_size=30))
def test_any_text_has_groups_or_none(text: str) -> None:
    assert isinstance(cim10_groups(text), tuple)


def test_a_plus_is_no_operator_in_a_pattern() -> None:
    assert re.search(cim10_pattern("C16.9+8"), "C169+8")
    assert not re.search(cim10_pattern("C16.9+8"), "C16998")
