"""The job `marts` counts the months that changed, and then the marts are those that counting all gives."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import lakes
import pytest
from frames import rows

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("few_attributes")]

MARTS = ("link_quality", "activity", "device_day", "clock_fault", "coverage", "fill_rate")
Exam = tuple[str, str | None, str, str]  # UID, moment, category, modality


def write(context: Context, run: str, exams: list[Exam]) -> None:
    """The lake's exams, each with one series on a machine of its modality."""
    moments = {uid: dt.datetime.fromisoformat(at) if at else None for uid, at, *_ in exams}
    quality = {uid: "complete" if moment else "missing" for uid, moment in moments.items()}
    studies = rows(
        "study_instance_uid study_datetime study_datetime_quality exam_category",
        *[(uid, moments[uid], quality[uid], kind) for uid, _, kind, _ in exams],
        hospital_code="066",
        link_method="ipp",
        link_status="linked",
    )
    series = rows(
        "study_instance_uid device_serial_number modality series_datetime",
        *[(uid, f"SN-{modality}", modality, moments[uid]) for uid, _, _, modality in exams],
        series_datetime_source="series",
    )
    voltages = rows("study_instance_uid main_modality", *[(uid, modality) for uid, *_, modality in exams], kvp=120.0)
    lakes.write_exams(context, studies, series, run)
    lakes.write(context, "imaging_acquisition", voltages, run)


def content(context: Context) -> dict[str, list[str]]:
    """What the marts say, without the runs."""
    frames = {name: context.lake.read(f"imaging_{name}") for name in MARTS}
    return {
        name: sorted(str(row) for row in frame.drop("changed_run", "row_hash").collect())
        for name, frame in frames.items()
    }


def months_written(context: Context, name: str, run: str) -> set[str]:
    rows = context.lake.read(f"imaging_{name}").where(f"changed_run > '{run}'").collect()
    return {f"{row['month' if 'month' in row else 'day']:%Y-%m}" for row in rows}


@pytest.mark.slow
def test_months_that_changed_are_counted_again(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.config import SuspensionConfig
    from eds_spark_imaging.marts.months import Months
    from eds_spark_imaging.pipeline.marts import _INPUTS, marts
    from eds_spark_imaging.pipeline.touched import Touched, touched_since
    from eds_spark_imaging.runs.context import Context

    context = lakes.open_context(spark, tmp_path / "lake")
    many = [(f"m{n}", f"20{19 + n // 12}-{n % 12 + 1:02}-07 10:00", "scanner", "CT") for n in range(60)]
    exams = [*many, ("a", "2020-05-04 09:00", "irm", "MR"), ("u", None, "irm", "MR")]
    write(context, context.new_run_id("build"), exams)
    marts(context)
    seen = {name: context.lake.version(name) for name in _INPUTS}
    run = context.new_run_id("test")

    # One more in May 2020, one moves from January to March 2021, one loses its date, one is of another category.
    moved = {"m24": "2021-03-09 11:00", "m30": None}
    kind = {"m40": "irm"}
    exams = [(uid, moved.get(uid, at), kind.get(uid, category), modality) for uid, at, category, modality in exams]
    write(context, context.new_run_id("build"), [*exams, ("b", "2020-05-30 23:59", "irm", "MR")])
    days = {dt.date(2020, 5, 1), dt.date(2021, 1, 1), dt.date(2021, 3, 1), dt.date(2021, 7, 1), dt.date(2022, 5, 1)}
    touched = touched_since(context.lake, seen, {name: context.lake.version(name) for name in _INPUTS})
    assert touched.trusted == touched.dated == touched.series == Months(frozenset({*days, None}))
    now = {name: context.lake.version(name) for name in _INPUTS}
    feed = tmp_path / "lake" / "imaging_study" / "_change_data"
    feed.rename(tmp_path / "gone")  # as `maintain` does in time
    assert touched_since(context.lake, seen, now) == Touched()
    (tmp_path / "gone").rename(feed)
    marts(context)
    months = {f"{day:%Y-%m}" for day in days}
    for name in ("activity", "device_day", "fill_rate"):
        assert months_written(context, name, run) <= months
    counted = content(context)
    assert any("2020, 5, 30" in row for row in counted["device_day"])
    assert not any("2021-01-01" in row for row in counted["activity"])

    # What marts do not read changes nothing; under other rules everything is counted, and nothing is found to differ.
    elsewhere = Context(spark, replace(context.config, spark={"spark.app.name": "other"}))
    assert elsewhere.config.fingerprint != context.config.fingerprint
    other = Context(spark, replace(context.config, suspensions=(SuspensionConfig("1999-01", "1999-02", "nowhere"),)))
    for each, counts in ((elsewhere, {}), (other, {"rows": 0})):
        before = each.new_run_id("test")
        marts(each)
        (run_row,) = each.lake.read("imaging_run").where(f"job = 'marts' AND run_id > '{before}'").collect()
        assert {name: number for name, number in (run_row["counts"] or {}).items() if name == "rows"} == counts
        assert content(each) == counted
        for name in MARTS:
            assert not each.lake.read(f"imaging_{name}").where(f"changed_run > '{before}'").count(), name


def test_a_series_of_another_month_than_that_which_changed(spark: SparkSession, tmp_path: Path) -> None:
    """The exam's hospital is that of all its series, of whatever month these are."""
    from eds_spark_imaging.marts.months import Months
    from eds_spark_imaging.pipeline.marts import _INPUTS
    from eds_spark_imaging.pipeline.touched import touched_since

    context = lakes.open_context(spark, tmp_path / "lake")
    midnight = [dt.datetime(2026, 1, 31, 23, 50), dt.datetime(2026, 2, 1, 0, 10)]

    def write_exam(hospital: str, station: str, run: str) -> None:
        studies = rows("study_instance_uid study_datetime", ("1", midnight[0]), hospital_code=hospital)
        series = rows(
            "series_instance_uid series_datetime station_name",
            ("1.1", midnight[0], station),
            ("1.2", midnight[1], None),
            study_instance_uid="1",
        )
        lakes.write_exams(context, studies, series, run)

    write_exam("A", "", "1-build")
    for name in _INPUTS:
        context.lake.create(name)
    seen = {name: context.lake.version(name) for name in _INPUTS}
    write_exam("B", "X", "2-build")
    touched = touched_since(context.lake, seen, {name: context.lake.version(name) for name in _INPUTS})
    assert touched.series == Months(frozenset({dt.date(2026, 1, 1), dt.date(2026, 2, 1)}))
    assert touched.trusted == Months(frozenset({dt.date(2026, 1, 1)}))
