"""Instances to exams and series: the rules that pick a value, whatever the order of files."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from chispa import assert_df_equality
from frames import Row, frame

from eds_spark_imaging.config import HospitalConfig
from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.dicom.declaration.coded import coded

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark

ATTRIBUTES = (
    attribute("StudyDate", "date", "study"),
    attribute("StudyTime", "time", "study"),
    attribute("StudyDescription", "string", "study"),
    attribute("PatientID", "string", "study", identifying=True),
    attribute("Modality", "string", "series"),
    attribute("SoftwareVersions", "string", "series", many=True),
    attribute("KVP", "double", "acquisition"),
    attribute("XRayTubeCurrent", "double", "acquisition", "min_max"),
    attribute("EchoTime", "double", "acquisition", "distinct"),
    attribute("AcquisitionDateTime", "datetime", "series", "min_max"),
    attribute("SeriesDate", "date", "series"),
    attribute("SeriesTime", "time", "series"),
    attribute("ConvolutionKernel", "string", "acquisition", many=True),
    *coded("AnatomicRegionSequence", "anatomic_region", "the body part", "series"),
    attribute("ViewCodeSequence.CodeValue", "string", "acquisition", "distinct", column="view_code", each=1),
    attribute("ViewCodeSequence.CodeMeaning", "string", "acquisition", "distinct", column="view_text", each=1),
)
COLUMNS = (
    "sop_instance_uid study_instance_uid series_instance_uid is_primary uid_conflict source study_date study_time"
    " study_description patient_id modality software_versions kvp x_ray_tube_current echo_time"
    " view_code:array<string> view_text:array<string> frame_ranges frame_periods frame_conflicts series_date"
    " series_time convolution_kernel anatomic_region_code_value anatomic_region_coding_scheme_designator"
    " anatomic_region_code_meaning"
    " acquisition_date acquisition_time acquisition_date_time content_date content_time image_position_patient"
    " image_orientation_patient frame_positions frame_orientations frame_pixel_spacings pixel_spacing rows columns"
    " number_of_frames image_type instance_number acquisition_number images_in_acquisition"
    " number_of_temporal_positions temporal_position_identifier institution_name institutional_department_name"
    " station_name source_application_entity_title performed_station_ae_title issuer_of_patient_id"
)
DEFAULTS: Row = {
    "study_instance_uid": "1",
    "series_instance_uid": "1.1",
    "is_primary": True,
    "source": "pacs",
    "modality": "CT",
}


def instances(spark: SparkSession, *rows: Row) -> DataFrame:
    from eds_spark_imaging.transforms.exams import usable_instances

    full = [{**DEFAULTS, "sop_instance_uid": f"1.1.{n}", **row} for n, row in enumerate(rows)]
    return usable_instances(frame(spark, COLUMNS, *full))


def studies(
    frame: DataFrame,
    hospitals: tuple[HospitalConfig, ...] = (),
    disputed: list[str] | None = None,
    **sources: str,
) -> dict[str, Any]:
    from pyspark.sql import functions as F

    from eds_spark_imaging.transforms.exams import studies as transform

    table = transform(ATTRIBUTES, sources, hospitals, F.lit(dt.date(2024, 6, 1)))
    rows = table.rows(table.groups(frame), frame, disputed).collect()
    return {row["study_instance_uid"]: row for row in rows}


def test_the_most_frequent_value_wins_ties_go_to_the_smallest_and_conflicts_are_named(spark: SparkSession) -> None:
    rows = [{"study_description": text} for text in ["CHEST"] * 7 + ["THORAX"] * 2 + [None]]
    rows += [{"study_instance_uid": "2", "patient_id": text} for text in ("B", "A")]
    forward = studies(instances(spark, *rows))
    backward = studies(instances(spark, *rows[::-1]).repartition(8))
    told = studies(instances(spark, *rows), disputed=["study_description", "patient_id"])
    for found in (forward, backward, told):
        assert found["1"]["study_description"] == "CHEST"
        assert found["1"]["conflicts"] == ["study_description"]
        assert found["2"]["patient_id"] == "A"
        assert found["2"]["conflicts"] == ["patient_id"]
        assert found["1"]["number_of_instances"] == 10


def test_rows_are_the_same_where_groups_that_are_alike_are_told_by_a_hash(spark: SparkSession) -> None:
    """An element that moves within an array, a value to the next column, a null, a frame: each makes a group unlike."""
    from pyspark.sql import functions as F

    from eds_spark_imaging.transforms import exams

    plain = {"station_name": "A", "kvp": 120.0, "study_description": "CHEST", "software_versions": ["a", None]}
    others: list[dict[str, Any]] = [
        {},
        {"x_ray_tube_current": 7.0, "echo_time": [2.0, 1.0], "view_code": ["b"], "view_text": [None]},
        {"software_versions": [None, "a"]},
        {"software_versions": ["a"]},
        {"software_versions": []},
        {"software_versions": None},
        {"kvp": 110.0},
        {"kvp": None},
        {"study_description": None, "patient_id": "CHEST"},
        {"modality": "SR"},
        {"frame_ranges": {"kvp": (70.0, 140.0)}},
        {"frame_periods": {"study_date": ("2024-01-01", "2024-01-02")}},
        {"frame_conflicts": ["convolution_kernel"]},
    ]
    rows = []
    for number, other in enumerate(others):
        for times in (1, 3):
            uids = {"study_instance_uid": f"{number}", "series_instance_uid": f"{number}.{times}"}
            rows += [{**plain, **uids}] * 2 + [{**plain, **uids, **other}] * times
    frame = instances(spark, *rows).repartition(3)
    series, acquisitions = exams.series(ATTRIBUTES), exams.acquisitions(ATTRIBUTES)
    tables = (
        (exams.studies(ATTRIBUTES, {}, (), F.lit(dt.date(2024, 6, 1))), frame),
        (series, frame),
        (acquisitions, exams.of_main_modality(frame, series.compared(frame))),
    )
    for table, given in tables:
        groups = table.compared(given)
        unlike = table.of_unlike(groups, given)
        found = table.rows(table.groups(unlike), unlike).unionByName(table.of_alike(groups))
        assert_df_equality(
            found, table.of(given), ignore_row_order=True, ignore_column_order=True, ignore_nullable=True
        )
        assert 0 < groups.where("_alike").count() < groups.count()


def test_acquisition_parameters_are_those_of_the_main_modality_frames_included(spark: SparkSession) -> None:
    from eds_spark_imaging.transforms.exams import acquisitions, of_main_modality, series

    frame = instances(
        spark,
        {"x_ray_tube_current": 200.0, "kvp": 120.0, "echo_time": [3.0, 1.0], "software_versions": ["a", "b"]},
        {"x_ray_tube_current": 80.0, "kvp": 120.0, "echo_time": [2.0, 1.0]},
        {"x_ray_tube_current": 90.0, "frame_ranges": {"x_ray_tube_current": (70.0, 320.0)}},
        {"modality": "SR", "kvp": 1.0, "x_ray_tube_current": 1.0},
    )
    main = of_main_modality(frame, series(ATTRIBUTES).groups(frame))
    (row,) = acquisitions(ATTRIBUTES).of(main).collect()
    assert (row["x_ray_tube_current_min"], row["x_ray_tube_current_max"]) == (70.0, 320.0)
    assert (row["kvp"], row["echo_time"], row["conflicts"]) == (120.0, [1.0, 2.0, 3.0], [])
    assert (row["main_modality"], row["number_of_instances"]) == ("CT", 3)
    (row,) = series(ATTRIBUTES).of(frame).collect()
    assert (row["main_modality"], row["modalities"], row["number_of_instances"]) == ("CT", ["CT", "SR"], 4)
    assert row["conflicts"] == ["modality"]
    assert row["software_versions"] == ["a", "b"]


def test_codes_keep_their_texts_and_frames_tell_when_a_series_ended(spark: SparkSession) -> None:
    from eds_spark_imaging.transforms.exams import acquisitions, series

    noon = dt.datetime(2024, 1, 31, 12)
    frame = instances(
        spark,
        {"view_code": ["B", None, "A"], "view_text": ["b", "no code", None], "acquisition_date_time": noon},
        {"view_code": ["A", "B"], "frame_periods": {"acquisition_date_time": ("2024-01-31 11:59:00", str(noon))}},
        {"view_text": [None, "b"], "acquisition_date_time": noon},
    )
    (row,) = acquisitions(ATTRIBUTES).of(frame).collect()
    pairs = list(zip(row["view_code"], row["view_text"], strict=True))
    assert pairs == [(None, "b"), (None, "no code"), ("A", None), ("B", None), ("B", "b")]
    (row,) = series(ATTRIBUTES).of(frame).collect()
    assert row["acquisition_date_time_min"] == noon - dt.timedelta(minutes=1)
    assert row["acquisition_date_time_max"] == noon


def test_a_series_without_values_has_nulls_of_the_declared_types(spark: SparkSession) -> None:
    from eds_spark_imaging.transforms.exams import acquisitions

    result = acquisitions(ATTRIBUTES).of(instances(spark, {"modality": "SR"}))
    types = dict(result.dtypes)
    assert (types["kvp"], types["x_ray_tube_current_min"], types["echo_time"]) == ("double", "double", "array<double>")
    (row,) = result.collect()
    assert (row["kvp"], row["echo_time"]) == (None, None)


def test_the_modality_that_names_an_exam(spark: SparkSession) -> None:
    found = studies(
        instances(
            spark,
            *[{"modality": m, "series_instance_uid": m} for m in ("CT", "PT", "SR")],
            *[{"study_instance_uid": "2", "series_instance_uid": m or "-", "modality": m} for m in (None, "PR", "US")],
        )
    )
    assert (found["1"]["main_modality"], found["1"]["modalities"]) == ("PT", ["CT", "PT", "SR"])
    assert (found["1"]["number_of_series"], found["2"]["main_modality"]) == (3, "US")


def test_the_date_of_an_exam_and_how_far_to_trust_it(spark: SparkSession) -> None:
    day = dt.date(2024, 1, 31)
    cases: dict[str, dict[str, Any]] = {
        "complete": {"study_date": day, "study_time": "10:30:00.5"},
        "date_only": {"study_date": day},
        "fallback": {"series_date": None, "acquisition_date": day, "acquisition_time": "11:00:00"},
        "implausible": {"study_date": dt.date(1900, 1, 1), "study_time": "00:00:00"},
        "missing": {"study_time": "10:30:00"},
        "future": {"study_date": dt.date(2024, 6, 3)},
    }
    found = studies(instances(spark, *[{"study_instance_uid": name, **row} for name, row in cases.items()]))
    quality = {name: row["study_datetime_quality"] for name, row in found.items()}
    assert quality == {**{name: name for name in cases}, "future": "implausible"}
    assert found["complete"]["study_datetime"] == dt.datetime(2024, 1, 31, 10, 30, 0, 500_000)
    assert found["date_only"]["study_datetime"] == dt.datetime(2024, 1, 31)
    assert found["fallback"]["study_datetime"] == dt.datetime(2024, 1, 31, 11)
    assert found["fallback"]["study_datetime_source"] == "acquisition"
    assert found["missing"]["study_datetime"] is None


def test_the_date_and_time_of_an_exam_are_those_of_an_instance(spark: SparkSession) -> None:
    """Exams about midnight, of which most frequent date and most frequent time are of two instances."""
    first, second = dt.date(2024, 1, 31), dt.date(2024, 2, 1)
    cases: dict[str, tuple[list[tuple[dt.date | None, str | None]], dt.date, str | None]] = {
        "tie": ([(first, "23:59:00"), (second, "00:01:00")], first, "23:59:00"),
        "most": ([(first, "23:50:00")] * 2 + [(first, "23:51:00")] + [(second, "00:02:00")] * 3, second, "00:02:00"),
        "with time": ([(first, None)] * 3 + [(second, "00:05:00")] * 2, second, "00:05:00"),
        "no date": ([(first, "23:50:00"), (second, "00:02:00"), (None, "00:02:00")], first, "23:50:00"),
        "no pair": ([(first, None), (second, None), (second, None), (None, "10:00:00")], second, None),
        "one day": ([(first, "10:00:00"), (first, "10:00:01"), (first, "10:00:01")], first, "10:00:01"),
    }
    rows = [
        {"study_instance_uid": name, "study_date": date, "study_time": time}
        for name, (pairs, *_) in cases.items()
        for date, time in pairs
    ]
    for disputed in (None, ["study_time", "study_date"]):
        found = studies(instances(spark, *rows), disputed=disputed)
        assert {name: (row["study_date"], row["study_time"]) for name, row in found.items()} == {
            name: (date, time) for name, (_, date, time) in cases.items()
        }
    assert {name: row["study_datetime"].isoformat(" ") for name, row in found.items()} == {
        name: f"{date} {time or '00:00:00'}" for name, (_, date, time) in cases.items()
    }
    assert found["tie"]["conflicts"] == ["study_date", "study_time"]
    assert found["with time"]["conflicts"] == ["study_date"]


def test_a_code_keeps_its_scheme_and_text(spark: SparkSession) -> None:
    from eds_spark_imaging.transforms.exams import series

    def of(code: str, scheme: str, text: str) -> Row:
        names = ("code_value", "coding_scheme_designator", "code_meaning")
        return {f"anatomic_region_{name}": value for name, value in zip(names, (code, scheme, text), strict=True)}

    codes = (
        [of("T-A0100", "SRT", "Brain")] * 2 + [of("12738006", "SCT", "Brain")] * 2 + [of("80891009", "SCT", "Heart")]
    )
    (row,) = series(ATTRIBUTES).of(instances(spark, *codes)).collect()
    shown = {name: row[name] for name in codes[0]}
    assert shown == of("12738006", "SCT", "Brain")  # one of the two most frequent, the smaller
    assert row["conflicts"] == sorted(codes[0])


def test_the_earliest_moment_of_a_series_that_can_be(spark: SparkSession) -> None:
    from eds_spark_imaging.transforms.exams import series

    def at(what: str, date: str, time: str | None = None, **other: Any) -> Row:
        return {f"{what}_date": dt.date.fromisoformat(date), f"{what}_time": time, **other}

    def frames(**periods: tuple[str, str]) -> Row:
        return {"frame_periods": periods}

    noon = dt.datetime(2024, 1, 31, 12)
    half_a_minute = ("2024-01-31 11:59:30", "2024-01-31 12:00:00")
    afternoon = at("acquisition", "2024-01-31", "14:00:00")
    cases: dict[str, tuple[list[Row], str, str, str | None]] = {
        # One instance without time, one by a clock that was never set.
        "series": (
            [
                at("series", "2024-01-31", "14:00:00"),
                at("series", "2024-01-31"),
                at("series", "1900-01-01", "00:00:00"),
            ],
            "2024-01-31 14:00:00",
            "series",
            None,
        ),
        "day": (
            [at("series", "2024-02-01"), at("series", "2024-01-31", **afternoon)],
            "2024-01-31 00:00:00",
            "series",
            "2024-01-31 14:00:00",
        ),
        "slip": ([at("content", "1900-01-01", acquisition_time="10:00:00")], "1900-01-01 00:00:00", "content", None),
    }
    acquired: dict[str, tuple[list[Row], str]] = {
        "without time": ([afternoon, at("acquisition", "2024-01-31")], "2024-01-31 14:00:00"),
        "whole": ([at("acquisition", "2024-01-31", acquisition_date_time=noon)], "2024-01-31 12:00:00"),
        "frames": (
            [{"acquisition_date_time": noon, **frames(acquisition_date_time=half_a_minute)}],
            "2024-01-31 11:59:30",
        ),
        "times of frames": (
            [{**afternoon, **frames(acquisition_time=("13:59:59", "14:00:00"))}],
            "2024-01-31 13:59:59",
        ),
        "midnight": (
            [
                at("acquisition", "2024-01-31", "23:56:00"),
                at("acquisition", "2024-02-01", "00:05:00"),
                {"acquisition_time": "00:05:00"},
            ],
            "2024-01-31 23:56:00",
        ),
    }
    cases |= {uid: (given, when, "acquisition", when) for uid, (given, when) in acquired.items()}
    rows = [{**row, "series_instance_uid": uid} for uid, (given, *_) in cases.items() for row in given]
    found = {row["series_instance_uid"]: row for row in series(ATTRIBUTES).of(instances(spark, *rows)).collect()}
    assert {
        uid: (str(row["series_datetime"]), row["series_datetime_source"], str(row["first_acquired_at"]))
        for uid, row in found.items()
    } == {uid: (when, source, str(first)) for uid, (_, when, source, first) in cases.items()}


def test_what_differs_between_frames_is_named(spark: SparkSession) -> None:
    from eds_spark_imaging.transforms.exams import acquisitions

    frame = instances(
        spark,
        {"convolution_kernel": ["B30f"], "frame_conflicts": ["convolution_kernel", "image_position_patient"]},
        {"convolution_kernel": ["B30f"], "kvp": 120.0, "frame_ranges": {"kvp": (80.0, 120.0)}},
    )
    (row,) = acquisitions(ATTRIBUTES).of(frame).collect()
    assert row["conflicts"] == ["convolution_kernel", "kvp"]
    assert (row["convolution_kernel"], row["kvp"]) == (["B30f"], 120.0)  # of the first frames


def test_modalities_that_nobody_knows_are_not_mixed(spark: SparkSession) -> None:
    from eds_spark_imaging.transforms.exams import acquisitions, of_main_modality, series

    frame = instances(spark, {"modality": "YY", "kvp": 2.0}, {"modality": "XX", "kvp": 1.0}, {"modality": None})
    (row,) = acquisitions(ATTRIBUTES).of(of_main_modality(frame, series(ATTRIBUTES).groups(frame))).collect()
    assert (row["main_modality"], row["number_of_instances"], row["kvp"], row["conflicts"]) == ("XX", 1, 1.0, [])


def test_the_hospital_by_source_then_by_the_headers_own_words(spark: SparkSession) -> None:
    hospitals = (
        HospitalConfig("066", "PSL", institution=("piti[eé]",), station=("^PSL",)),
        HospitalConfig("047", "LRB", institution=("lariboisi", "commun"), ae_title=("LRB",)),
        HospitalConfig("068", "RPC", institution=("commun",)),
    )
    cases: dict[str, dict[str, Any]] = {
        "source": {"source": "own"},
        "institution": {"institution_name": "HÔPITAL PITIÉ"},
        "station": {"institution_name": "?", "station_name": "PSLCT1"},
        "ae_title": {"source_application_entity_title": "AE_LRB_2"},
        "ambiguous": {"institution_name": "Plateau Commun"},
        "none": {"institution_name": "ailleurs"},
    }
    rows = [{"study_instance_uid": name, **row} for name, row in cases.items()]
    found = studies(instances(spark, *rows), hospitals, own="026")
    assert {name: row["hospital_rule"] for name, row in found.items()} == {name: name for name in cases}
    codes = {name: row["hospital_code"] for name, row in found.items()}
    assert codes == {
        "source": "026",
        "institution": "066",
        "station": "066",
        "ae_title": "047",
        "ambiguous": None,
        "none": None,
    }


def test_files_without_their_uids_and_duplicates_stay_out(spark: SparkSession) -> None:
    frame = instances(
        spark,
        {},
        {"is_primary": False},
        {"study_instance_uid": None},
        {"series_instance_uid": None},
        {"sop_instance_uid": None},
    )
    assert frame.count() == 1


def test_the_flags_of_files_that_share_a_uid_do_not_depend_on_arrival(spark: SparkSession) -> None:
    from eds_spark_imaging.transforms.duplicates import with_flags

    columns = (
        "path source sop_instance_uid series_instance_uid study_instance_uid has_pixel_data header_bytes header_digest"
    )
    rows = [
        ("/a", "s", "1", "1.1", "1.0", False, 900, "aa"),
        ("/b", "s", "1", "1.1", "1.0", True, 500, "bb"),
        ("/d", "s", "1", "1.1", "1.0", True, 800, "dd"),
        ("/c", "s", "1", "1.1", "1.0", True, 800, "dd"),
        ("/e", "s", "2", "1.1", "1.0", True, 800, "ee"),
        ("/f", "t", "2", "1.1", "1.0", True, 800, "ee"),
        ("/g", "s", "3", "1.1", "1.0", True, 800, "gg"),
        ("/h", "s", "3", "1.2", "1.0", True, 800, "hh"),
        ("/i", "s", "4", "1.1", None, True, 800, "ii"),
        ("/j", "s", "4", "1.1", "1.0", True, 800, "jj"),
        ("/x", "s", None, "1.1", "1.0", True, 1, "x"),
        ("/y", "s", None, "1.2", "1.0", True, 1, "y"),
    ]
    for order in (rows, rows[::-1]):
        found = with_flags(frame(spark, columns, *order)).collect()
        assert sorted(row["path"] for row in found if row["is_primary"]) == ["/c", "/e", "/g", "/j", "/x", "/y"]
        assert {row["path"]: row["uid_conflict"] for row in found if row["uid_conflict"]} == {
            **dict.fromkeys(("/a", "/b", "/c", "/d"), "content"),
            **dict.fromkeys(("/g", "/h", "/i", "/j"), "series"),
        }
