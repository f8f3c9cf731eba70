"""Numbers and parts of the body compared, each by what it means."""

from __future__ import annotations

import pytest

from eds_spark_imaging.crossing.anatomy import of_one_side, same_part, same_region, same_side
from eds_spark_imaging.crossing.numbers import same_accession, same_visit_number
from eds_spark_imaging.crossing.patient import Exam

EMPTY: frozenset[str] = frozenset()


def exam(accessions: set[str] = set(), orders: set[str] = set(), numbers: set[str] = set()) -> Exam:  # noqa: B006
    return Exam(
        "1", (), False, None, frozenset(numbers), frozenset(accessions), frozenset({"CT"}), "CT",
        admissions=frozenset(numbers), orders=frozenset(orders),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("accessions", "orders", "number", "same"),
    [
        ({"PSL0001234"}, EMPTY, "PSL0001234", True),
        ({"PSL0001234"}, EMPTY, "0001234", True),  # without the hospital's prefix
        ({"PSL0001234"}, EMPTY, "HND0001234", False),  # of another hospital
        ({"1234"}, EMPTY, "PSL0001234", None),  # too short to stand for the whole, and of another form
        ({"ABCDEFGH12345678"}, EMPTY, "ABCDEFGH1234567890", True),  # cut at the 16 signs of the header
        (EMPTY, {"0001234"}, "PSL0001234", True),
        (EMPTY, {"77"}, "PSL0001234", None),  # another number of the order says nothing
        ({"A1"}, {"PSL0001234"}, "PSL0001234", True),
        ({"A1"}, EMPTY, None, None),
        ({"2019001234-1"}, EMPTY, "2019001234", True),  # the order, without its line
        ({"2019001234"}, EMPTY, "PSL2019001234-2", True),
        ({"20190012341"}, EMPTY, "2019001234-1", True),  # a header that has no hyphens
        ({"2019001234-1"}, EMPTY, "2019001234-2", None),  # another line of the order
        ({"2019001234-1"}, EMPTY, "2019001299-1", False),
        ({"2019001234-1"}, EMPTY, "2019001299", None),
        ({"2019001234"}, EMPTY, "2019001235", False),
        ({"1001288A"}, EMPTY, "1001288", True),  # a letter for the line
        ({"NCK1001288A"}, EMPTY, "1001288", True),
        ({"1001288A"}, EMPTY, "1001288B", False),
        ({"0611001288"}, EMPTY, "NCK1001288", True),  # the hospital by its code, and by its trigram
        ({"0611001288"}, EMPTY, "NCK1001289", None),
        ({"A-1"}, EMPTY, "A", None),  # too short to be the number of an order
    ],
)
def test_accession_numbers(accessions: set[str], orders: set[str], number: str | None, same: bool | None) -> None:
    assert same_accession(exam(accessions, orders), number) is same


@pytest.mark.parametrize(
    ("numbers", "number", "same"),
    [
        ({"6612345678"}, "6612345678", True),
        ({"6612345678"}, "6687654321", False),  # another one of this form
        ({"VIS12"}, "6687654321", None),  # of another form: of another system
        (EMPTY, "6687654321", None),
        ({"6612345678"}, None, None),
        ({"0006612345678"}, "6612345678", True),  # zeros in front, which systems add and drop
        ({"6612345678"}, "0006612345678", True),
        ({"0006612345678"}, "6687654321", False),
        ({"000661"}, "661", None),  # too short to name a visit without them
    ],
)
def test_visit_numbers(numbers: set[str], number: str | None, same: bool | None) -> None:
    assert same_visit_number(exam(numbers=numbers), number) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"HEAD"}, {"BRAIN"}, True),
        ({"SKULL"}, {"BRAIN"}, True),
        ({"CHESTABDPELVIS"}, {"LIVER"}, True),
        ({"LSPINE"}, {"SPINE"}, True),
        ({"LSPINE"}, {"CSPINE"}, False),
        ({"LIVER"}, {"KIDNEY"}, False),
        ({"HAND"}, {"FOOT"}, False),
        ({"WHOLEBODY"}, {"FOOT"}, None),
        (set(), {"FOOT"}, None),
        ({"NOTATERM"}, {"NOTATERM"}, True),
    ],
)
def test_parts_of_the_body(one: set[str], other: set[str], same: bool | None) -> None:
    assert same_part(one, other) is same
    assert same_part(other, one) is same


def test_regions() -> None:
    assert same_region({"TH", "AP"}, {"AP"}) is True
    assert same_region({"TH"}, {"AP"}) is False
    assert same_region({"TH"}, {"WB"}) is None
    assert same_region({"TH"}, set()) is None


def test_sides() -> None:
    assert [same_side("R", other) for other in ("R", "L", "B", None)] == [True, False, None, None]
    assert [of_one_side("R", sides) for sides in ("unilateral", "bilateral", "either", "paired")] == [
        True,
        False,
        None,
        None,
    ]
    assert of_one_side("B", "bilateral") is True
    assert of_one_side(None, "bilateral") is None
