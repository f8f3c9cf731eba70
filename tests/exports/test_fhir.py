"""FHIR: what an exam becomes, held against the R4 specification by fhir.resources and by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from fhir.resources.R4B.imagingstudy import ImagingStudy
from frames import frame
from pyspark.sql import SparkSession

from eds_spark_imaging.config import ExportConfig
from eds_spark_imaging.exports.fhir import fhir_exams, imaging_studies
from eds_spark_imaging.exports.reasons import not_exported

pytestmark = pytest.mark.spark

OID = "urn:oid:1.2.250.1.999.1"
SYSTEMS = ExportConfig(ipp_system=f"{OID}.1", visit_number_system=f"{OID}.2")
IPP = "8000000001"
WINTER, SUMMER = datetime(2024, 1, 2, 10, 30), datetime(2024, 7, 2, 0, 0)
SKIPPED = datetime(2024, 3, 31, 2, 30)  # by the clock of a machine; at 2:00 it was 3:00 in Paris
DATES = [
    ("1.2.5", datetime(2079, 1, 1, 8), "study"),
    ("1.2.8", WINTER, "series"),
    ("1.2.10", datetime(1900, 1, 1, 8), "series"),
    ("1.2.11", SUMMER, "study"),
    ("1.2.12", SUMMER, "study"),
]


@pytest.fixture(scope="module")
def exported(spark: SparkSession) -> Iterator[tuple[dict[str, dict[str, Any]], dict[str, str]]]:
    """The resources by exam, and the reasons of exams that have none; the session is in the hospital's zone."""
    zone = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "Europe/Paris")
    now = datetime(2026, 1, 1)
    studies = frame(
        spark,
        "study_instance_uid person_id ipp study_datetime study_datetime_quality modalities accession_number"
        " study_description number_of_series number_of_instances removed_at",
        ("1.2.3", 1, IPP, WINTER, "complete", ["CT", "PT"], "A1", "TEP\r\x01 corps ", 2, 40, None),
        ("1.2.4", 1, IPP, SUMMER, "fallback", ["DX"], None, None, 1, 1, None),
        ("1.2.5", 1, IPP, datetime(2079, 1, 1), "implausible", [], None, "", 0, 0, None),
        ("1.2.6", None, None, WINTER, "complete", ["CT"], "A2", None, 1, 1, None),
        ("1.02.7", 1, IPP, WINTER, "complete", ["CT"], "A3", None, 1, 1, None),
        ("1.2.8", 1, IPP, WINTER, "complete", ["CT"], "A4", None, 1, 1, now),
        ("1.2.9", 1, None, WINTER, "complete", ["CT"], None, None, 1, 1, None),
        ("1.2.10", 1, IPP, SKIPPED, "complete", ["CT", "KO", "MRI", "PR", "SR"], None, None, 2, 2, None),
        ("1.2.11", 1, IPP, SUMMER, "complete", ["SR"], None, None, 1, 1, None),
        ("1.2.12", 1, IPP, SUMMER, "date_only", ["CT"], None, None, 1, 1, None),
        ("3.2.13", 1, IPP, WINTER, "complete", ["CT"], None, None, 1, 1, None),  # X.660: 0, 1 or 2 is the first
        ("1.2.14\n", 1, IPP, WINTER, "complete", ["CT"], None, None, 1, 1, None),
    )
    series = frame(
        spark,
        "study_instance_uid series_instance_uid main_modality modalities series_number series_description"
        " number_of_instances body_part_codes exam_laterality series_datetime series_datetime_source",
        ("1.2.3", "1.2.3.2", "CT", ["CT"], 2, "THORAX", 30, ["51185008"], None, WINTER, "series"),
        ("1.2.3", "1.2.3.1", "PT", ["PT"], -1, None, 10, None, None, SUMMER, "acquisition"),
        ("1.2.4", "1.2.4.1", None, None, 1 << 31, " ", 1, ["72696002"], "R", datetime(2024, 7, 2, 9, 5), "series"),
        *[(uid, f"{uid}.1", "CT", ["CT"], 1, None, 1, None, None, at, source) for uid, at, source in DATES],
    )
    acts = [("1.2.3", "ZZQL016", True), ("1.2.3", "ZBQH001", True), ("1.2.3", "ACQK001", False)]
    visits = [("1.2.3", "6612345678", True), ("1.2.4", "6600000000", False)]
    exams = fhir_exams(studies)
    made = imaging_studies(
        exams,
        series,
        frame(spark, "study_instance_uid procedure_code accepted", *acts),
        frame(spark, "study_instance_uid visit_occurrence_source_value accepted", *visits),
        SYSTEMS,
        "Europe/Paris",
    )
    resources = {row["study_instance_uid"]: json.loads(row["resource"]) for row in made.collect()}
    yield resources, {row["study_instance_uid"]: row["reason"] for row in not_exported(exams).collect()}
    spark.conf.set("spark.sql.session.timeZone", str(zone))


def test_every_resource_is_valid(exported: tuple[dict[str, Any], dict[str, str]]) -> None:
    resources, _ = exported
    assert set(resources) == {"1.2.3", "1.2.4", "1.2.5", "1.2.10", "1.2.11", "1.2.12"}
    for resource in resources.values():
        read = ImagingStudy.model_validate(resource)
        assert json.loads(read.model_dump_json(exclude_none=True)) | {"started": None} == resource | {"started": None}


def test_a_whole_exam(exported: tuple[dict[str, Any], dict[str, str]]) -> None:
    types, dcm = "http://terminology.hl7.org/CodeSystem/v2-0203", "http://dicom.nema.org/resources/ontology/DCM"
    ccam = "https://smt.esante.gouv.fr/terminologie-ccam"

    def kind(code: str) -> dict[str, Any]:
        return {"coding": [{"system": types, "code": code}]}

    assert exported[0]["1.2.3"] == {
        "resourceType": "ImagingStudy",
        "id": "1.2.3",
        "identifier": [
            {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"},
            {"type": kind("ACSN"), "value": "A1"},
        ],
        "status": "available",
        "modality": [{"system": dcm, "code": "CT"}, {"system": dcm, "code": "PT"}],
        "subject": {"type": "Patient", "identifier": {"type": kind("PI"), "system": f"{OID}.1", "value": IPP}},
        "encounter": {
            "type": "Encounter",
            "identifier": {"type": kind("VN"), "system": f"{OID}.2", "value": "6612345678"},
        },
        "started": "2024-01-02T10:30:00+01:00",
        "numberOfSeries": 2,
        "numberOfInstances": 40,
        "procedureCode": [
            {"coding": [{"system": ccam, "code": "ZBQH001"}]},
            {"coding": [{"system": ccam, "code": "ZZQL016"}]},
        ],
        "description": "TEP corps",
        "series": [
            {
                "uid": "1.2.3.1",
                "modality": {"system": dcm, "code": "PT"},
                "numberOfInstances": 10,
                "started": "2024-07-02",
            },
            {
                "uid": "1.2.3.2",
                "number": 2,
                "modality": {"system": dcm, "code": "CT"},
                "description": "THORAX",
                "numberOfInstances": 30,
                "bodySite": {"system": "http://snomed.info/sct", "code": "51185008"},
                "started": "2024-01-02T10:30:00+01:00",
            },
        ],
    }


def test_what_is_not_known_is_left_out(exported: tuple[dict[str, Any], dict[str, str]]) -> None:
    knee, bare = exported[0]["1.2.4"], exported[0]["1.2.5"]
    assert knee["started"] == "2024-07-02"
    assert "encounter" not in knee  # the visit is a candidate and no more
    (series,) = knee["series"]
    assert series["modality"] == {
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
    }
    assert series["laterality"]["code"] == "24028007"  # SNOMED CT: right
    assert "number" not in series  # an unsignedInt ends at 2,147,483,647
    assert series["started"] == "2024-07-02T09:05:00+02:00"
    assert not {"started", "description", "modality", "procedureCode"} & set(bare)
    assert "started" not in bare["series"][0]  # its date is that of the exam


def test_times_are_those_of_the_wall_clock(exported: tuple[dict[str, Any], dict[str, str]]) -> None:
    resources, _ = exported
    times = ("1.2.10", "1.2.11", "1.2.12")
    assert {uid: (resources[uid]["started"], resources[uid]["series"][0].get("started")) for uid in times} == {
        "1.2.10": ("2024-03-31T02:30:00+01:00", None),  # the same instant as 03:30:00+02:00; no CT is of 1900
        "1.2.11": ("2024-07-02T00:00:00+02:00", "2024-07-02T00:00:00+02:00"),  # midnight, and known to be
        "1.2.12": ("2024-07-02", "2024-07-02"),
    }


def test_a_term_that_dicom_does_not_define_has_no_system(exported: tuple[dict[str, Any], dict[str, str]]) -> None:
    dcm = "http://dicom.nema.org/resources/ontology/DCM"
    assert exported[0]["1.2.10"]["modality"] == [{"system": dcm, "code": "CT"}, {"code": "MRI"}]


def test_an_exam_has_the_modalities_that_acquire(exported: tuple[dict[str, Any], dict[str, str]]) -> None:
    """R4: "actual acquisition modalities, i.e. those in the DICOM Context Group 29"; a report is none."""
    assert "modality" not in exported[0]["1.2.11"]


def test_every_other_exam_has_its_reason(exported: tuple[dict[str, Any], dict[str, str]]) -> None:
    assert exported[1] == {
        "1.2.6": "no_patient",
        "1.02.7": "uid_invalid",
        "3.2.13": "uid_invalid",
        "1.2.14\n": "uid_invalid",
        "1.2.8": "removed",
        "1.2.9": "no_patient",  # linked, and without IPP
    }
