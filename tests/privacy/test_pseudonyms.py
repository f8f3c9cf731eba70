"""Pseudonyms against Python's own hmac; shifts keep intervals, order, hours and days of the week."""

from __future__ import annotations

import datetime as dt
import hmac
from typing import TYPE_CHECKING

import pytest
from frames import frame

from eds_spark_imaging.config import ProjectConfig
from eds_spark_imaging.config.sections.projects import Precision
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.privacy.keys import project_key

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

KEYS = (b"k" * 32, bytes(range(64)), b"longer than one block of SHA-256, so it is hashed first: " * 2)
VALUES = ["8000000001", "", "Élodie ^ 日本", "1.2.840.113619.2.55.3", "x" * 200, None]


@pytest.mark.spark
@pytest.mark.parametrize("key", KEYS)
def test_a_keyed_hash_is_that_of_hmac(spark: SparkSession, key: bytes) -> None:
    from pyspark.sql import functions as F

    from eds_spark_imaging.privacy.pseudonyms import key_frame, keyed_hash, pseudonym, with_key

    rows = frame(spark, "value:string", *[(value,) for value in VALUES]).coalesce(1)
    keyed = with_key(rows, key_frame(spark, key))
    found = keyed.select("value", keyed_hash("uid", F.col("value")), pseudonym("uid", F.col("value"))).collect()
    for value, whole, short in found:
        expected = value if value is None else hmac.new(key, f"uid\x1f{value}".encode(), "sha256").hexdigest()
        assert (whole, short) == (expected, expected and expected[:32])


@pytest.mark.parametrize(
    "columns",
    [
        ("ipp", "patient_id", "other_patient_ids"),
        ("visit_care_site_id", "unit_care_site_id"),
        ("station_name", "scheduled_station_name", "performed_station_name"),
        ("source_application_entity_title", "scheduled_station_ae_title", "performed_station_ae_title"),
        ("accession_number", "request_accession_number"),
        ("admission_id", "visit_occurrence_source_value"),
    ],
)
def test_columns_of_one_domain_join(columns: tuple[str, ...]) -> None:
    from eds_spark_imaging.privacy.pseudonyms import domain
    from eds_spark_imaging.tables import Catalogue

    assert len({domain(column) for column in columns}) == 1
    assert set(columns) <= {name for table in Catalogue() for name in table.names}


@pytest.mark.spark
def test_the_key_stands_in_no_plan(spark: SparkSession, capsys: pytest.CaptureFixture[str]) -> None:
    from pyspark.sql import functions as F

    from eds_spark_imaging.privacy.keys import pads
    from eds_spark_imaging.privacy.pseudonyms import key_frame, pseudonym, with_key

    key = bytes(range(1, 33))
    keyed = with_key(spark.range(3), key_frame(spark, key)).select(pseudonym("person_id", F.col("id")))
    keyed.explain(extended=True)
    shown = capsys.readouterr().out.lower()
    assert "_inner" in shown
    assert not any(part.hex()[:16] in shown for part in (key, *pads(key)))


@pytest.mark.spark
def test_a_shift_keeps_intervals_order_and_hours(spark: SparkSession) -> None:
    from pyspark.sql import functions as F

    from eds_spark_imaging.privacy.dates import moved, shift_days
    from eds_spark_imaging.privacy.pseudonyms import key_frame, with_key
    from eds_spark_imaging.tables.spec import DATE, STRING, WALL_CLOCK

    # The second one lies in the hour that Paris has not.
    times = [dt.datetime(2024, 2, 28, 23, 59, 59, 250000), dt.datetime(2024, 3, 31, 2, 30), dt.datetime(2025, 1, 1)]
    rows = frame(spark, "p:bigint t:timestamp_ntz", *[(p, t) for p in range(300) for t in times])
    days = F.col("days")
    keyed = with_key(rows, key_frame(spark, b"k" * 32)).withColumn("days", shift_days(F.col("p")))
    found = keyed.select(
        "p",
        "t",
        "days",
        moved(F.col("t"), WALL_CLOCK, days, Precision.SECOND).alias("second"),
        moved(F.col("t"), WALL_CLOCK, days, Precision.MINUTE).alias("minute"),
        moved(F.col("t"), WALL_CLOCK, days, Precision.HOUR).alias("hour"),
        moved(F.col("t").cast("date"), DATE, days, Precision.HOUR).alias("date"),
        moved(F.col("t").cast("string").substr(12, 15), STRING, days, Precision.MINUTE).alias("text"),
    ).collect()
    by_patient: dict[int, set[int]] = {}
    for row in found:
        by_patient.setdefault(row["p"], set()).add(row["days"])
        shift, time = dt.timedelta(days=row["days"]), row["t"]
        assert row["second"] == time.replace(microsecond=0) + shift
        assert row["minute"] == time.replace(second=0, microsecond=0) + shift
        assert row["hour"] == time.replace(minute=0, second=0, microsecond=0) + shift
        assert row["date"] == time.date() + shift
        assert row["text"] == time.strftime("%H:%M:00")
    shifts = [one for patient in by_patient.values() for one in patient]
    assert len(shifts) == len(by_patient), "one shift a patient"
    assert all(d % 7 == 0 and 0 < abs(d) <= 364 for d in shifts)
    assert len(set(shifts)) > 80, "300 draws of 104 values"
    assert min(shifts) < -300
    assert max(shifts) > 300


def test_projects_with_one_secret_have_keys_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("s" * 40 + "\n")
    file.chmod(0o600)
    keys = {project_key(ProjectConfig(name, str(file))) for name in ("heart", "lung")}
    assert [len(key) for key in keys] == [32, 32]


@pytest.mark.parametrize(("content", "mode", "said"), [("short", 0o600, "32 bytes"), ("s" * 40, 0o644, "chmod 600")])
def test_a_key_of_no_use(tmp_path: Path, content: str, mode: int, said: str) -> None:
    file = tmp_path / "key"
    file.write_text(content)
    file.chmod(mode)
    with pytest.raises(ConfigError, match=said) as caught:
        project_key(ProjectConfig("heart", str(file)))
    assert content not in str(caught.value)


def test_a_key_of_the_environment_is_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDS_IMAGING_PROJECT_KEY_FILE", raising=False)
    monkeypatch.setenv("EDS_IMAGING_PROJECT_KEY", "s" * 40 + "\udcff")  # as Python has a byte that is no text
    assert len(project_key(ProjectConfig("heart"))) == 32


def test_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EDS_IMAGING_PROJECT_KEY_FILE", "EDS_IMAGING_PROJECT_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="no key"):
        project_key(ProjectConfig("heart"))
