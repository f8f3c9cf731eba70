"""The summary at the end of a run: what a newcomer needs to know of the lake."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import LakeConfig
from eds_spark_imaging.runs.context import Context

QUERIES = (
    "SELECT main_modality, year(study_datetime) AS year, count(*) AS exams FROM imaging_study"
    " GROUP BY ALL ORDER BY ALL",
    "SELECT hospital_code, link_status, count(*) AS exams FROM imaging_study GROUP BY ALL ORDER BY exams DESC",
    "SELECT d.condition_code, count(DISTINCT d.study_instance_uid) AS ct_exams FROM imaging_study_diagnosis d"
    " JOIN imaging_study s USING (study_instance_uid)"
    " WHERE s.main_modality = 'CT' AND d.days_from_exam BETWEEN -30 AND 30 GROUP BY ALL"
    " ORDER BY ct_exams DESC LIMIT 10",
)


def print_summary(context: Context) -> None:
    """Print the state of the lake on standard output."""
    for line in summary(context):
        print(line)


def lake_option(lake: LakeConfig) -> str:
    """The option that names the lake, as a shell takes it."""
    return f"--lake {shlex.quote(f'db:{lake.database}' if lake.database else str(lake.path))}"


def summary(context: Context) -> Iterator[str]:
    """The lines of the summary."""
    lake = context.lake
    files = lake.read("dicom_file")
    yield ""
    yield "Files by status"
    yield from _counts(files, F.col("status"), "reason")
    studies = lake.read("imaging_study").where(F.col("removed_at").isNull())
    series = lake.read("imaging_series").count()
    instances = lake.read("dicom_instance").where("is_primary").count()
    exams = studies.count()
    yield ""
    yield f"Exams {exams:,}, series {series:,}, instances {instances:,}"
    yield "Exams by modality"
    yield from _counts(studies, F.coalesce("main_modality", F.lit("none")))
    yield "Exams by link status"
    yield from _counts(studies, F.col("link_status"))
    for table, what in (("visit", "visits"), ("procedure", "acts"), ("report", "reports"), ("diagnosis", "diagnoses")):
        pairs = lake.read(f"imaging_study_{table}")
        pairs = pairs.where("accepted") if "accepted" in pairs.columns else pairs
        row = pairs.agg(F.count_distinct("study_instance_uid"), F.count(F.lit(1))).first()
        if row is not None:
            yield f"Exams joined with {what}: {row[0]:,} ({row[1]:,} pairs)"
    issues = lake.read("dicom_issue").count()
    yield f"Header values that could not be taken as they stand: {issues:,} (dicom_issue)"
    yield ""
    place = lake_option(context.config.require_lake())
    yield f"The tables are in {lake.database or lake.root}; try"
    for query in QUERIES:
        yield f'  eds-imaging sql {place} "{query}"'


def _counts(frame: DataFrame, by: Column, detail: str | None = None) -> Iterator[str]:
    rows = frame.groupBy(by.alias("key"), *([detail] if detail else [])).count().collect()
    totals: dict[str, int] = {}
    details: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        totals[row["key"]] = totals.get(row["key"], 0) + row["count"]
        if detail and row[detail]:
            details.setdefault(row["key"], []).append((row["count"], row[detail]))
    for key, total in sorted(totals.items(), key=lambda item: (-item[1], item[0])):
        why = ", ".join(f"{n} {reason}" for n, reason in sorted(details.get(key, []), reverse=True))
        yield f"  {key:<20}{total:>10,}" + (f"  ({why})" if why else "")
