"""What is known of a person whose identity was merged with others."""

from __future__ import annotations

from datetime import date

import pytest
from frames import frame, rows
from pyspark.sql import SparkSession

from eds_spark_imaging.linkage import survivors, traits_of_persons
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
