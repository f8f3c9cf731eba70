"""Errors of Spark as the command line tells them."""

from __future__ import annotations

import pytest

from eds_spark_imaging.cli.spark_errors import answering
from eds_spark_imaging.errors import QueryError

CAST = """[CAST_INVALID_INPUT] The value 'DUPONT^JEAN' of the type "STRING" cannot be cast to "INT" because it is \
malformed. Correct the value as per the syntax. SQLSTATE: 22018
== SQL (line 1, position 8) ==
CAST(patient_name AS INT)"""
LOST = "[INTERNAL_ERROR] An executor was lost. SQLSTATE: XX000"


def test_a_query_that_fails_on_its_data_is_a_mistake_of_the_query() -> None:
    with pytest.raises(QueryError, match="CAST_INVALID_INPUT") as caught, answering():
        raise RuntimeError(CAST)
    assert "DUPONT" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_failures_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="lost"), answering():
        raise RuntimeError(LOST)
