"""What is known of a person whose identity was merged with others."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from frames import frame, rows
from pyspark.sql import SparkSession

from eds_spark_imaging.linkage import surviving_persons, survivors, traits_of_persons
from eds_spark_imaging.warehouse.contract import PATIENT_IDENTITY, PERSON

pytestmark = pytest.mark.spark

# The surviving identity's birth date, that of the one merged into it -> what is known.
DATES = [
    (date(1987, 12, 23), date(1987, 1, 1), date(1987, 12, 23)),
    (date(1987, 1, 1), date(1987, 12, 23), date(1987, 12, 23)),
    (date(1987, 1, 1), date(1950, 6, 7), date(1987, 1, 1)),
    (date(1900, 1, 1), date(1950, 6, 7), date(1950, 6, 7)),
    (None, date(1950, 6, 7), date(1950, 6, 7)),
    (date(1987, 12, 23), date(1950, 6, 7), date(1987, 12, 23)),
    (date(1987, 1, 1), None, date(1987, 1, 1)),
    (None, None, None),
]


def test_a_birth_date_that_tells_no_day_gives_way_to_one_of_the_same_year(spark: SparkSession) -> None:
    identities = rows(
        "ipp merged_into_ipp birth_date",
        *[(f"S{n}", None, own) for n, (own, _, _) in enumerate(DATES)],
        *[(f"M{n}", f"S{n}", merged) for n, (_, merged, _) in enumerate(DATES)],
        birth_name="A", used_name="B", first_given_name="C", sex="F",
    )  # fmt: skip
    people = rows("person_id person_source_value", *[(n, f"S{n}") for n in range(len(DATES))], gender_source_value="f")
    identity, person = frame(spark, PATIENT_IDENTITY, *identities), frame(spark, PERSON, *people)
    found = traits_of_persons(identity, person, survivors(identity, person)).collect()
    assert {r.person_id: r.person_birth_date for r in found} == {n: known for n, (_, _, known) in enumerate(DATES)}
    assert all(sorted(r.family_names) == ["A", "B"] for r in found)


def test_a_person_takes_from_those_merged_into_it_what_it_lacks(spark: SparkSession) -> None:
    early, late = datetime(2023, 5, 1), datetime(2024, 5, 1, 8)
    identity = frame(spark, "ipp merged_into_ipp", ("a", None), ("b", "a"), ("c", "b"), ("d", None), ("e", "d"))
    person = frame(
        spark,
        "person_id person_source_value year_of_birth:int death_datetime gender_source_value",
        (5, "a", 1950, None, None),
        (3, "b", 1951, early, "f"),
        (4, "c", 1952, late, "m"),
        (7, "d", None, early, None),
        (6, "e", 1960, late, None),
        (9, None, 1970, None, "m"),
    )
    found = surviving_persons(person, survivors(identity, person)).orderBy("person_id")
    assert found.columns == person.columns
    assert [tuple(row) for row in found.collect()] == [
        (5, "a", 1950, late, "f"),  # of the deaths of others the latest
        (7, "d", 1960, early, None),
        (9, None, 1970, None, "m"),
    ]
