"""Exams as rows put into a lake as `build` would, for tests and measurements of what comes after it."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.pipeline.build import LINK_NAMES
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.tables.spec import sql_type


def write_exams(context: Context, studies: DataFrame, series: DataFrame, run: str = "0-build") -> None:
    """Exams and series; columns that they lack are null, or what must be there."""
    context.lake.sync("imaging_study", whole(context, "imaging_study", studies), run, foreign=LINK_NAMES)
    context.lake.sync("imaging_series", whole(context, "imaging_series", series), run)


def whole(context: Context, name: str, rows: DataFrame) -> DataFrame:
    """``rows`` with all columns of the table but those that the lake keeps."""
    needed = {
        "number_of_series": F.lit(1),
        "number_of_instances": F.lit(1),
        "hospital_rule": F.lit("source"),
        "link_status": F.lit("not_attempted"),
        "series_instance_uid": F.concat("study_instance_uid", F.lit(".1")),
        "main_modality": F.col("modality") if "modality" in rows.columns else F.lit(None),
    }
    columns = []
    for column in context.catalogue[name]:
        if column.name in ("row_hash", "changed_run"):
            continue
        value = F.col(column.name) if column.name in rows.columns else needed.get(column.name, F.lit(None))
        columns.append(value.cast(sql_type(column.type)).alias(column.name))
    return rows.select(*columns)
