"""Instances to exams and series: the rules that pick a value, whatever the order of files."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from chispa import assert_df_equality
from frames import Row, frame

from eds_spark_imaging.config import HospitalConfig
from eds_spark_imaging.dicom.declaration.attribute import attribute

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
    attribute("ViewCodeSequence.CodeValue", "string", "acquisition", "distinct", column="view_code", each=1),
    attribute("ViewCodeSequence.CodeMeaning", "string", "acquisition", "distinct", column="view_text", each=1),
)
COLUMNS = (
    "sop_instance_uid study_instance_uid series_instance_uid is_primary uid_conflict source study_date study_time"
    " study_description patient_id modality software_versions kvp x_ray_tube_current echo_time"
    " view_code:array<string> view_text:array<string> frame_ranges frame_periods series_date series_time"
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
        assert sorted(row["path"] for row in found if row["is_primary"]) == ["/c", "/e", "/g", "/i", "/x", "/y"]
        assert {row["path"]: row["uid_conflict"] for row in found if row["uid_conflict"]} == {
            **dict.fromkeys(("/a", "/b", "/c", "/d"), "content"),
            **dict.fromkeys(("/g", "/h", "/i", "/j"), "series"),
        }
