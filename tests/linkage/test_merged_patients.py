"""Merges followed: chains, circles, un-merges, missing rows."""

from __future__ import annotations

import pytest
from chispa import assert_df_equality
from frames import frame
from pyspark.sql import DataFrame, SparkSession

from eds_spark_imaging.linkage import survivors

pytestmark = pytest.mark.spark


def people(spark: SparkSession, *rows: tuple[int, str | None]) -> DataFrame:
    return frame(spark, "person_id person_source_value", *rows)


def test_every_ipp_and_person_has_its_survivor(spark: SparkSession) -> None:
    merges = [
        ("A1", "A2"), ("A2", "A3"), ("A3", None),  # a chain; A2 has no person row
        ("B1", "B2"), ("B2", "B3"), ("B3", "B2"),  # leads into a circle of two
        ("C1", "C1"),  # merged into itself: not merged
        ("D1", None),  # un-merged
        ("E1", "E2"),  # into an IPP that has no row of its own
        ("F1", None), ("F1", "F2"), (" F2 ", None),  # a row for each NIP, of which one knows of the merge
        (None, "G1"),
    ]  # fmt: skip
    identity = frame(spark, "ipp merged_into_ipp", *merges)
    person = people(
        spark, (1, "A1"), (3, "A3 "), (12, "B2"), (13, "B3"), (20, "C1"), (30, "D1"), (40, "E1"), (50, "F2"),
        (51, "F2"), (60, None), (70, "G1"),
    )  # fmt: skip
    expected = [
        ("A1", 1, "A3", 3), ("A2", None, "A3", 3), ("A3", 3, "A3", 3),
        ("B1", None, "B2", 12), ("B2", 12, "B2", 12), ("B3", 13, "B2", 12),
        ("C1", 20, "C1", 20),
        ("D1", 30, "D1", 30),
        ("E1", 40, "E2", 40), ("E2", None, "E2", 40),
        ("F1", None, "F2", 50), ("F2", 50, "F2", 50), ("F2", 51, "F2", 50),
        (None, 60, None, 60),
        ("G1", 70, "G1", 70),
    ]  # fmt: skip
    assert_df_equality(
        survivors(identity, person),
        frame(spark, "ipp person_id surviving_ipp:string surviving_person_id:bigint", *expected),
        ignore_row_order=True,
        ignore_nullable=True,
    )


def test_without_identities_everybody_survives(spark: SparkSession) -> None:
    rows = survivors(None, people(spark, (1, "A1"), (2, "A1"), (3, None))).collect()
    assert sorted((r.person_id, r.surviving_person_id) for r in rows) == [(1, 1), (2, 1), (3, 3)]


def test_a_chain_as_long_as_the_bound_is_followed_to_its_end(spark: SparkSession) -> None:
    identity = frame(spark, "ipp merged_into_ipp", *[(f"P{n}", f"P{n + 1}") for n in range(5)])
    found = survivors(identity, people(spark, (9, "P5")), max_hops=5)
    assert {r.surviving_person_id for r in found.collect()} == {9}
