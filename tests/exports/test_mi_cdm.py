"""OMOP with its imaging extension: real visits and acts only, values of parameters, reasons of what is left out."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path

import pytest
from frames import frame
from pyspark.sql import DataFrame, SparkSession

from eds_spark_imaging.dicom.declaration import ATTRIBUTES
from eds_spark_imaging.dicom.declaration.attribute import Level
from eds_spark_imaging.dicom.declaration.site import attribute_from_mapping
from eds_spark_imaging.exports.mi_cdm import image_feature, image_occurrence, is_parameter, measurement, mi_cdm_exams
from eds_spark_imaging.exports.reasons import not_exported
from eds_spark_imaging.exports.words import TableFormat
from eds_spark_imaging.pipeline.export import write_table
from eds_spark_imaging.tables.attributes import aggregated_columns

pytestmark = pytest.mark.spark

WHEN = datetime(2024, 1, 2, 10, 30)
CONCEPTS = {("modality", "CT"): 11, ("feature", "kvp_max"): 22, ("field", "measurement"): 33}


@pytest.fixture(scope="module")
def exams(spark: SparkSession) -> DataFrame:
    studies = [
        ("1", 5, WHEN, "complete", None),
        ("2", 5, WHEN, "complete", None),  # its act is near, and not its own
        ("3", None, WHEN, "complete", None),
        ("4", 5, WHEN, "implausible", None),
        ("5", 5, WHEN, "complete", datetime(2026, 1, 1)),
        ("6", 6, WHEN, "date_only", None),
    ]
    acts = [("1", 71, 3.0, True), ("1", 70, 9.0, True), ("2", 72, 9.0, False), ("6", 73, None, True)]
    visits = [("1", 80, True), ("6", 81, False)]
    return mi_cdm_exams(
        frame(spark, "study_instance_uid person_id study_datetime study_datetime_quality removed_at", *studies),
        frame(spark, "study_instance_uid procedure_occurrence_id score accepted", *acts),
        frame(spark, "study_instance_uid visit_occurrence_id accepted", *visits),
    )


@pytest.fixture(scope="module")
def occurrences(spark: SparkSession, exams: DataFrame) -> DataFrame:
    series = frame(
        spark,
        "study_instance_uid series_instance_uid main_modality body_part_codes",
        ("1", "1.1", "CT", ["51185008"]),
        ("1", "1.2", "PR", None),
        ("2", "2.1", "CT", None),
        ("6", "6.1", "CT", []),
    )
    return image_occurrence(exams, series, CONCEPTS)


def test_every_exam_is_exported_or_has_its_reason(exams: DataFrame, occurrences: DataFrame) -> None:
    reasons = {row["study_instance_uid"]: row["reason"] for row in not_exported(exams).collect()}
    assert reasons == {"2": "no_act", "3": "no_patient", "4": "no_date", "5": "removed"}
    exported = {row["image_study_uid"] for row in occurrences.collect()}
    assert exported | set(reasons) == {str(n) for n in range(1, 7)}
    assert not exported & set(reasons)


def test_an_occurrence_is_a_series_with_the_act_and_visit_of_its_exam(occurrences: DataFrame) -> None:
    rows = {row["image_series_uid"]: row for row in occurrences.collect()}
    assert set(rows) == {"1.1", "1.2", "6.1"}
    first = rows["1.1"].asDict()
    assert first.pop("image_occurrence_id") > 0
    assert first == {
        "person_id": 5,
        "procedure_occurrence_id": 70,  # of its two acts the one for which most speaks
        "visit_occurrence_id": 80,
        "anatomic_site_concept_id": 0,
        "wadors_uri": None,
        "local_path": None,
        "image_occurrence_date": date(2024, 1, 2),
        "image_study_uid": "1",
        "image_series_uid": "1.1",
        "modality_concept_id": 11,
        "modality_source_value": "CT",
        "anatomic_site_source_value": "51185008",
    }
    assert (rows["6.1"]["visit_occurrence_id"], rows["1.2"]["modality_concept_id"]) == (None, 0)
    assert rows["1.2"]["anatomic_site_concept_id"] is None  # nothing is told, which is not "no matching concept"


def test_features_are_the_parameters_that_a_series_has(spark: SparkSession, occurrences: DataFrame) -> None:
    attributes = [
        attribute_from_mapping({"level": "acquisition", "comment": "-", **entry})
        for entry in (
            {"sources": ["KVP"], "column": "kvp", "kind": "double", "unit": "kV", "aggregate": "min_max"},
            {"sources": ["ConvolutionKernel"], "column": "kernel", "kind": "string", "aggregate": "distinct"},
            {"sources": ["DeviceSerialNumber"], "column": "serial", "kind": "string", "identifying": True},
            {"sources": ["DetectorID"], "column": "detector", "kind": "string", "treatment": "pseudonym"},
            {"sources": ["DeviceID"], "column": "device", "kind": "string", "treatment": "drop"},
            {"sources": ["ImageComments"], "column": "comments", "kind": "string", "treatment": "allow_by_name"},
        )
    ]
    acquisitions = frame(
        spark,
        "study_instance_uid series_instance_uid kvp_min:double kvp_max:double kernel:array<string> serial:string"
        " detector:string device:string comments:string",
        ("1", "1.1", 100.0, 120.0, ["B30f"], "S1", "D1", "D2", "of Mr N"),
        ("1", "1.2", None, None, None, "S2", "D1", None, None),
        ("2", "2.1", 1.0, 1.0, None, None, None, None, None),
    )
    found = measurement(occurrences, acquisitions, attributes, CONCEPTS)
    values = {
        row["measurement_source_value"]: (
            row["value_as_number"], row["value_source_value"], row["unit_source_value"], row["measurement_concept_id"],
            row["unit_concept_id"], row["person_id"], row["visit_occurrence_id"], row["measurement_date"],
        )
        for row in found.collect()
    }  # fmt: skip
    of_exam = (5, 80, date(2024, 1, 2))
    assert values == {
        "kvp_min": (100.0, None, "kV", 0, 0, *of_exam),
        "kvp_max": (120.0, None, "kV", 22, 0, *of_exam),
        "kernel": (None, '["B30f"]', None, 0, None, *of_exam),  # OMOP 5.4: without unit null, 0 where it has no concept
    }
    features = image_feature(found, CONCEPTS).collect()
    ids = {row["measurement_id"]: row["image_occurrence_id"] for row in found.collect()}
    assert {row["image_feature_event_id"]: row["image_occurrence_id"] for row in features} == ids
    assert {row["image_feature_event_field_concept_id"] for row in features} == {33}
    assert len({row["image_feature_id"] for row in features}) == 3


def test_serial_numbers_and_free_texts_of_the_declaration_are_no_parameters() -> None:
    names = {"kvp", "slice_thickness", "transducer_serial_number", "detector_description"}
    columns = list(aggregated_columns([a for a in ATTRIBUTES if a.column in names], frozenset({Level.ACQUISITION})))
    assert {column.name for column in columns} == names
    assert {column.name for column in columns if is_parameter(column)} == {"kvp", "slice_thickness"}


def test_csv_is_read_by_others(spark: SparkSession, tmp_path: Path) -> None:
    texts = ['["B30f"]', "a,b", "line\nline", "back\\slash", "\\", None]
    rows = [(str(n), text) for n, text in enumerate(texts)]
    write_table(frame(spark, "study_instance_uid text:string", *rows), TableFormat.CSV, str(tmp_path / "csv"))
    found = {}
    for part in (tmp_path / "csv").glob("*.csv"):
        with part.open(newline="") as file:
            found |= {row["study_instance_uid"]: row["text"] for row in csv.DictReader(file)}
    assert found == {key: text or "" for key, text in rows}
