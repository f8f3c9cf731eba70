"""Which exams a change of the base centrale can reach."""

from __future__ import annotations

from typing import Any

import pytest
from frames import frame
from pyspark.sql import DataFrame, SparkSession

from eds_spark_imaging.linkage import changed_keys, exams_with, kept_keys, key_hashes

pytestmark = pytest.mark.spark

NAMES = "kind key person_id matched_ipp:string domain:string"
PERSONS = "person_id person_sex:string family_names:array<string>"


def hashes(spark: SparkSession, names: list[tuple[Any, ...]], persons: list[tuple[Any, ...]]) -> DataFrame:
    return key_hashes(frame(spark, NAMES, *names), frame(spark, PERSONS, *persons))


def test_keys_change_with_their_persons(spark: SparkSession) -> None:
    names = [
        ("ipp", "A", 1, "A", None), ("ipp", "B", 2, "B", None), ("ipp", "C", 3, "C", None), ("nip", "7", 1, "A", "G1"),
        ("nip", "7", 3, "C", "G2"), ("nip", "8", 2, "B", "G1"), ("visit", "9", 2, "B", None),
    ]  # fmt: skip
    persons = [(1, "M", ["X"]), (2, "F", ["Y"]), (3, "F", [])]
    before = hashes(spark, names, persons)
    assert changed_keys(hashes(spark, names[::-1], persons), before).count() == 0
    # 3 gets a name, the NIP of 2 another domain; a visit goes, another comes.
    after = [*names[:5], ("nip", "8", 2, "B", "G2"), ("visit", "10", 2, "B", None)]
    changed = changed_keys(hashes(spark, after, [*persons[:2], (3, "F", ["Z"])]), before)
    assert {tuple(row) for row in changed.collect()} == {
        ("ipp", "C"), ("nip", "7"), ("nip", "8"), ("visit", "9"), ("visit", "10")
    }  # fmt: skip


def test_exams_are_found_by_the_changed_keys_and_by_what_a_new_ipp_may_be_mistyped_as(spark: SparkSession) -> None:
    keys = frame(
        spark,
        "study_instance_uid kind key method",
        ("same", "ipp", "8000000001", "ipp"),
        ("same", "ipp", "8000000001", "other_patient_id"),
        ("other", "ipp", "8000000777", "ipp"),
        ("other kind", "nip", "8000000001", "nip"),
        ("swapped", "mistyped", "8000000010", "ipp_one_digit"),
        ("swapped", "ipp", "8000000001", "ipp_one_digit"),
        ("too short", "mistyped", "800000001", "ipp_one_digit"),
        ("too long", "mistyped", "80000000001", "ipp_one_digit"),
        ("two errors", "mistyped", "8000000022", "ipp_one_digit"),
    )
    kept = kept_keys(keys)
    assert kept.count() == 7  # one row a key, and none for each reading of a mistyped one
    changed = frame(spark, "kind key", ("ipp", "8000000001"))
    found = {row[0] for row in exams_with(changed, kept).collect()}
    assert found == {"same", "swapped", "too short", "too long"}
