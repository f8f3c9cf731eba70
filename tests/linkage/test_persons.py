"""What is known of a person whose identity was merged with others."""

from __future__ import annotations

from datetime import date

import pytest
from pyspark.sql import SparkSession

from eds_spark_imaging.linkage import survivors, traits_of_persons

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
    identity = spark.createDataFrame(
        [(f"S{n}", None, own) for n, (own, _, _) in enumerate(DATES)]
        + [(f"M{n}", f"S{n}", merged) for n, (_, merged, _) in enumerate(DATES)],
        "ipp string, merged_into_ipp string, birth_date date",
    ).selectExpr("*", "'A' AS birth_name", "'B' AS used_name", "'C' AS first_given_name", "'F' AS sex")
    person = spark.createDataFrame(
        [(n, f"S{n}") for n in range(len(DATES))], "person_id bigint, person_source_value string"
    ).selectExpr(
        "*", "CAST(NULL AS INT) AS year_of_birth", "CAST(NULL AS INT) AS month_of_birth",
        "CAST(NULL AS INT) AS day_of_birth", "CAST(NULL AS TIMESTAMP_NTZ) AS birth_datetime",
        "CAST(NULL AS TIMESTAMP_NTZ) AS death_datetime", "'f' AS gender_source_value",
    )  # fmt: skip
    rows = traits_of_persons(identity, person, survivors(identity, person)).collect()
    assert {r.person_id: r.person_birth_date for r in rows} == {n: known for n, (_, _, known) in enumerate(DATES)}
    assert all(sorted(r.family_names) == ["A", "B"] for r in rows)
