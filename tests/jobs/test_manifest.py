"""Paths of images are given for a project, of members only, and never unrecorded."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from frames import rows
from lakes import named, open_context, write_exams

from eds_spark_imaging.cli.answer_file import write_answer
from eds_spark_imaging.cohorts import Cohort
from eds_spark_imaging.config import Config, ProjectConfig
from eds_spark_imaging.errors import ConfigError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.usefixtures("few_attributes")]


def cohort(grain: str) -> Cohort:
    include = [{"exam": {"modality": ["CT"]}}]
    return Cohort.from_mapping({"cohort": {"name": "ct", "grain": grain}, "include": include})


def test_paths_of_members_are_given_and_recorded(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.pipeline.cohort import make_cohort
    from eds_spark_imaging.pipeline.manifest import check_manifest, manifest

    context = open_context(spark, tmp_path / "lake", config=Config(projects=(ProjectConfig("lung"),)))
    series = rows("study_instance_uid main_modality modalities", ("1", "CT", ["CT"]), ("2", "MR", ["MR"]))
    write_exams(context, [row | {"study_datetime": dt.datetime(2024, 5, 1, 9)} for row in series], series)
    with pytest.raises(ConfigError, match="nominative"):
        check_manifest(context, cohort("exam"), "lung")
    instances = rows(
        "study_instance_uid series_instance_uid sop_instance_uid path is_primary has_pixel_data",
        ("1", "1.1", "1.1.1", "/a", True, True),
        ("1", "1.1", "1.1.1", "/copy of a", False, True),
        ("1", "1.2", "1.2.1", "/report", True, False),
        ("2", "2.1", "2.1.1", "/b", True, True),
        source="pacs",
        header_bytes=1,
        header_digest="d",
        reader_fingerprint="f",
        changed_run="run",
    )
    context.lake.append("dicom_instance", named(context, "dicom_instance", instances))
    for name in ("dicom_file", "imaging_study_visit", "imaging_cohort"):
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
