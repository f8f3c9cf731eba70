"""The paths of a cohort's images, for a project that may have them: recorded before they are given."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.cohorts import Cohort
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.pipeline.cohort import Made
from eds_spark_imaging.runs.access import Given, record_access
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.tables.access import Access

_COLUMNS = ("study_instance_uid", "series_instance_uid", "sop_instance_uid", "source", "path")


def check_manifest(context: Context, cohort: Cohort, project: str) -> None:
    """ConfigError where there is no such project, the cohort is not of exams, or the lake has no paths to give."""
    context.config.project(project)
    if cohort.grain != "exam":
        raise ConfigError(f"cohort {cohort.name}: a manifest is made of exams, and its grain is {cohort.grain}")
    if not context.lake.exists("dicom_file"):
        raise ConfigError("a manifest is made of a nominative lake: this one holds no paths")


def manifest(context: Context, made: Made, project: str) -> DataFrame:
    """Files of the members' images, one row each (key ``path``), copies once; the giving is in ``imaging_access``."""
    members = context.spark.table(context.lake.identifier(made.table)).select("study_instance_uid")
    instances = context.lake.read("dicom_instance").where("is_primary AND has_pixel_data")
    paths = instances.join(members, "study_instance_uid", "left_semi").select(*_COLUMNS).orderBy(*_COLUMNS)
    with context.run("manifest") as run:
        count = paths.agg(F.count(F.lit(1))).collect()[0][0]
        run.count(paths=count)
        record_access(context, Access.MANIFEST, Given(project, run.run_id, made.release), count)
    return paths
