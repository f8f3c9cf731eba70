"""The job `marts`: tables of counts over the whole lake, brought up to date."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import DataFrame

from eds_spark_imaging.marts.link_quality import link_quality
from eds_spark_imaging.runs.context import Context

# Each mart with what makes it of the exams that still have files.
_MARTS: dict[str, Callable[[DataFrame], DataFrame]] = {"imaging_link_quality": link_quality}


def marts(context: Context) -> None:
    """Count anew, and write the rows that differ."""
    with context.run("marts") as run:
        run.main_count = "rows"
        studies = context.lake.read("imaging_study").where("removed_at IS NULL")
        for name, counted in _MARTS.items():
            done = context.lake.sync(name, counted(studies), run.run_id)
            run.count(rows=done.total, **{f"{name.removeprefix('imaging_')}_changed": done.total})
