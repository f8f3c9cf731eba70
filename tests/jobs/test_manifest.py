"""Paths of images are given for a project, of members only, and never unrecorded."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from crossing_lake import whole, write_exams

from eds_spark_imaging.cli.answer_file import write_answer
from eds_spark_imaging.cohorts import Cohort
from eds_spark_imaging.config import Config, ProjectConfig
from eds_spark_imaging.errors import ConfigError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.usefixtures("few_attributes")]

EXAM = (
    "study_instance_uid string, study_datetime timestamp_ntz, study_datetime_quality string, modality string,"
    " modalities array<string>"
)
INSTANCE = (
    "study_instance_uid string, series_instance_uid string, sop_instance_uid string, path string, source string,"
    " is_primary boolean, has_pixel_data boolean, header_bytes bigint, header_digest string, changed_run string,"
    " reader_fingerprint string, issues bigint"
)


def cohort(grain: str) -> Cohort:
    include = [{"exam": {"modality": ["CT"]}}]
    return Cohort.from_mapping({"cohort": {"name": "ct", "grain": grain}, "include": include})


def test_paths_of_members_are_given_and_recorded(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.pipeline.cohort import make_cohort
    from eds_spark_imaging.pipeline.manifest import check_manifest, manifest
    from eds_spark_imaging.runs.context import Context

    config = Config(projects=(ProjectConfig("lung"),)).with_places((), str(tmp_path / "lake"))
    context = Context(spark, config)
    at = dt.datetime(2024, 5, 1, 9)
    exams = spark.createDataFrame([(uid, at, "complete", m, [m]) for uid, m in (("1", "CT"), ("2", "MR"))], EXAM)
    write_exams(context, exams, exams.drop("study_datetime", "study_datetime_quality"))
    with pytest.raises(ConfigError, match="nominative"):
        check_manifest(context, cohort("exam"), "lung")
    rows = [
        ("1", "1.1", "1.1.1", "/a", True, True),
        ("1", "1.1", "1.1.1", "/copy of a", False, True),
        ("1", "1.2", "1.2.1", "/report", True, False),
        ("2", "2.1", "2.1.1", "/b", True, True),
    ]
    whole_rows = [
        (*uids, path, "pacs", primary, pixels, 1, "d", "run", "f", 0) for *uids, path, primary, pixels in rows
    ]
    instances = spark.createDataFrame(whole_rows, INSTANCE)
    kept = whole(context, "dicom_instance", instances).drop("changed_run")
    context.lake.append("dicom_instance", kept.selectExpr("*", "'run' AS changed_run"))
    context.lake.create("dicom_file")
    for name in ("imaging_study_visit", "imaging_cohort"):
        context.lake.create(name)
    for grain, project, said in (("patient", "lung", "grain is patient"), ("exam", "heart", "no project 'heart'")):
        with pytest.raises(ConfigError, match=said):
            check_manifest(context, cohort(grain), project)
    check_manifest(context, cohort("exam"), "lung")
    context.lake.register()
    made = make_cohort(spark, context.lake, cohort("exam"), "release-1")
    write_answer(manifest(context, made, "lung"), tmp_path / "paths.csv", private=True)
    with (tmp_path / "paths.csv").open(newline="") as file:
        assert [row["path"] for row in csv.DictReader(file)] == ["/a"]
    assert (tmp_path / "paths.csv").stat().st_mode & 0o777 == 0o600
    (given,) = context.lake.read("imaging_access").collect()
    assert (given["access"], given["project"], given["release"], given["rows"]) == ("manifest", "lung", "release-1", 1)
