"""Errors of Spark as the command line tells them."""

from __future__ import annotations

import pytest
from py4j.protocol import Py4JError

from eds_spark_imaging.cli import doctor
from eds_spark_imaging.cli.spark_errors import answering, redacted
from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import QueryError, SetupError

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


JAVA = """An error occurred while calling o98.collectToPython.
: org.apache.spark.SparkException: Job aborted due to stage failure: row DUPONT^JEAN
\tat org.apache.spark.scheduler.DAGScheduler.abortStage(DAGScheduler.scala:1)
Caused by: java.io.IOException: Cannot run program DUPONT
"""


def test_of_java_the_classes_are_told() -> None:
    assert redacted(JAVA) == "Spark failed: org.apache.spark.SparkException, by java.io.IOException"


def test_doctor_goes_on_after_an_error_of_spark(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lost() -> str:
        raise Py4JError(JAVA)

    monkeypatch.setattr(doctor, "_checks", lambda _: iter([("one", lost), ("two", lambda: "there")]))
    with pytest.raises(SetupError, match="1 checks failed"):
        doctor.examine(Config())
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == ["FAIL", "ok"]
    assert "DUPONT" not in said[0]


def test_other_failures_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="lost"), answering():
        raise RuntimeError(LOST)
