"""Tiny lakes: rows put into tables as the jobs that own them would, and what the last run of a job counted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from frames import Row, frame
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.config import Config
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.tables.links import LINK_COLUMNS
from eds_spark_imaging.tables.spec import sql_type
from eds_spark_imaging.tables.terms import SERIES_TERMS, STUDY_TERMS

Rows = DataFrame | Sequence[Row]

_OF_OTHER_JOBS = {column.name for column in (*LINK_COLUMNS, *STUDY_TERMS, *SERIES_TERMS)}
_OF_THE_LAKE = ("row_hash", "changed_run")


def open_context(
    spark: SparkSession, lake: Path, *sources: Path, warehouse: Path | None = None, config: Config | None = None
) -> Context:
    """What jobs work with, at these places."""
    base = str(warehouse) if warehouse else None
    return Context(spark, (config or Config()).with_places(tuple(map(str, sources)), str(lake), base))


def last_counts(context: Context, job: str) -> dict[str, int]:
    """The counts of the job's last run."""
    last = context.runs(job).orderBy("run_id", ascending=False).first()
    assert last is not None
    return dict(last["counts"])


def write_exams(context: Context, studies: Rows, series: Rows, run: str = "0-build") -> None:
    """Exams and their series."""
    write(context, "imaging_study", studies, run)
    write(context, "imaging_series", series, run)


def write(context: Context, name: str, rows: Rows, run: str = "0-build", *, beside_others: bool = False) -> None:
    """Make a table these rows, or those of its exams (``beside_others``).

    Columns that the rows do not name are null, or what must be there; those of other jobs stay as they are.
    """
    said = rows if isinstance(rows, DataFrame) else named(context, name, rows)
    foreign = [column for column in context.catalogue[name].names if column in _OF_OTHER_JOBS - set(said.columns)]
    exams = said.select("study_instance_uid").distinct() if beside_others else None
    context.lake.sync(name, whole(context, name, said), run, scope=exams, foreign=foreign)


def named(context: Context, name: str, rows: Sequence[Row]) -> DataFrame:
    """The columns of a table that a row names."""
    return frame(context.spark, context.catalogue[name].only({column for row in rows for column in row}), *rows)


def whole(context: Context, name: str, rows: DataFrame) -> DataFrame:
    """``rows`` with all columns of the table but those that the lake keeps."""
    needed = {
        "study_datetime_quality": F.lit("complete"),
        "hospital_rule": F.lit("none"),
        "number_of_series": F.lit(1),
        "number_of_instances": F.lit(1),
        "link_status": F.lit("not_attempted"),
    }
    if "study_instance_uid" in rows.columns:
        needed["series_instance_uid"] = F.concat("study_instance_uid", F.lit(".1"))
    if "modality" in rows.columns:
        needed["main_modality"] = F.col("modality")
    columns = []
    for column in context.catalogue[name]:
        if column.name not in _OF_THE_LAKE:
            values = [F.col(column.name)] if column.name in rows.columns else []
            values += [needed[column.name]] if column.name in needed else []
            value = F.coalesce(*values) if values else F.lit(None)
            columns.append(value.cast(sql_type(column.type)).alias(column.name))
    return rows.select(*columns)
