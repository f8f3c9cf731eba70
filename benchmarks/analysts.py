"""What analysts wait for, on a lake made as rows: the example of a cohort, and the report.

Exams of eight hospitals and six categories, each hospital from its own year on, with a gap in 2023; five acts and four
diagnoses for each exam, four files. ``--report FILE`` keeps the report.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.cohorts import Cohort
from eds_spark_imaging.config import LakeConfig
from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.releases import write_release
from eds_spark_imaging.marts.calendar import coverage
from eds_spark_imaging.pipeline.cohort import make_cohort
from eds_spark_imaging.pipeline.report import answers
from eds_spark_imaging.report import Language, page
from eds_spark_imaging.spark.session import spark_session
from eds_spark_imaging.tables import Catalogue
from eds_spark_imaging.tables.spec import BOOLEAN, INSTANT, STRING, sql_type

COHORT = Path(__file__).parents[1] / "conf" / "cohorts" / "thorax-c34.toml"
RELEASE = "20260131T000000000000-release-000000"
HOSPITALS = ("066", "014", "047", "068", "026", "028", "075", "095")
CATEGORIES = (
    ("scanner", "CT"),
    ("scanner", "CT"),
    ("irm", "MR"),
    ("radiographie", "DX"),
    ("echographie", "US"),
    ("mammographie", "MG"),
    ("tep", "PT"),
)
DIAGNOSES, ACTS, FILES = 4, 5, 4
KINDS = ("linked",) * 16 + ("linked_recovered",) * 2 + ("unlinked_unknown_id", "conflict")


def of(words: tuple[str, ...], number: Column) -> Column:
    """One of the words by a number."""
    return F.element_at(
        F.array(*[F.lit(word) for word in words]), (F.abs(F.xxhash64(number)) % len(words) + 1).cast("int")
    )


def exams(spark: SparkSession, count: int) -> DataFrame:
    """Rows of imaging_study: of each hospital from its own year to 2025, in hours and out of them."""
    number = F.col("id")
    hospital = (number % len(HOSPITALS)).cast("int")
    begin = F.make_date(F.lit(2005) + hospital * 2, F.lit(1), F.lit(1))
    days = F.datediff(F.lit("2025-12-31").cast("date"), begin)
    day = F.date_add(begin, (F.abs(F.xxhash64(number, F.lit("day"))) % days).cast("int"))
    second = F.abs(F.xxhash64(number, F.lit("second"))) % 86_400
    category = F.abs(F.xxhash64(number, F.lit("category"))) % len(CATEGORIES)
    status = of(KINDS, number + 1)
    person = F.when(F.col("link_status").startswith("linked"), number % max(1, count // 3))
    rows = spark.range(count, numPartitions=max(2, count // 250_000)).select(
        "id",
        F.format_string("1.2.250.1.999.%d", "id").alias("study_instance_uid"),
        F.element_at(F.array(*map(F.lit, HOSPITALS)), hospital + 1).alias("hospital_code"),
        F.timestamp_seconds(F.unix_seconds(day.cast("timestamp")) + second)
        .cast("timestamp_ntz")
        .alias("study_datetime"),
        F.element_at(F.array(*[F.lit(c) for c, _ in CATEGORIES]), category.cast("int") + 1).alias("exam_category"),
        F.element_at(F.array(*[F.lit(m) for _, m in CATEGORIES]), category.cast("int") + 1).alias("main_modality"),
        status.alias("link_status"),
    )
    return rows.where("study_datetime NOT BETWEEN '2023-02-01' AND '2023-05-01'").select(
        "*",
        person.cast("bigint").alias("person_id"),
        F.array("main_modality").alias("modalities"),
        F.array(of(("67734004", "818981001", "774007"), number)).alias("region_codes"),
        F.when(F.col("link_status").startswith("linked"), of(("ipp", "ipp_merged", "traits"), number)).alias(
            "link_method"
        ),
        (number % 10 > 0).alias("link_verified"),
        F.concat(F.lit("EXAMEN "), (number % 500).cast("string")).alias("study_description"),
    )


def write(lake: Lake, name: str, rows: DataFrame) -> None:
    """Rows with all columns of a table: null where they have none, or what must be there."""
    needed = {"study_datetime_quality": "complete", "hospital_rule": "source", "number_of_instances": "40"}
    needed |= {"accepted": "true", "changed_run": RELEASE}
    plain = {BOOLEAN: "false", STRING: "1", INSTANT: "2026-01-31 00:00:00"}
    columns = []
    for column in lake.catalogue[name]:
        default = needed.get(column.name, None if column.nullable else plain.get(column.type, "1"))
        value = F.col(column.name) if column.name in rows.columns else F.lit(default)
        columns.append(value.cast(sql_type(column.type)).alias(column.name))
    lake.append(name, rows.select(*columns))


def events(studies: DataFrame, each: int, key: str, code: Column) -> DataFrame:
    """So many events for each linked exam, within a year of it."""
    number = F.col("id") * each + F.col("n")
    days = (F.abs(F.xxhash64(number, F.lit(key))) % 730 - 365).cast("int")
    linked = studies.where("person_id IS NOT NULL").withColumn("n", F.explode(F.sequence(F.lit(0), F.lit(each - 1))))
    return linked.select("study_instance_uid", "person_id", number.alias(key), days.alias("days_from_exam"), code)


def fill(lake: Lake, count: int) -> None:
    """All tables that the cohort and the report ask."""
    write(lake, "imaging_study", exams(lake.spark, count))
    studies = lake.read("imaging_study").withColumn(
        "id", F.element_at(F.split("study_instance_uid", r"\."), -1).cast("bigint")
    )
    number = F.col("id") * 7 + F.col("n")
    codes = of(("C341", "I639", "J189", "K358", "S7200", "I10", "E119"), number).alias("condition_code")
    diagnoses = events(studies, DIAGNOSES, "condition_occurrence_id", codes)
    write(
        lake,
        "imaging_study_diagnosis",
        diagnoses.withColumn("condition_type", of(("DP", "DR", "DAS"), F.col("days_from_exam"))),
    )
    acts = of(("ZBQK002", "ZCQK004", "ACQH003", "LAQK013", "ECQH010"), number).alias("procedure_code")
    procedures = events(studies, ACTS, "procedure_occurrence_id", acts)
    write(lake, "imaging_study_procedure", procedures.withColumn("method", F.lit("time")))
    write(
        lake,
        "imaging_study_visit",
        studies.where("person_id IS NOT NULL").selectExpr(
            "study_instance_uid", "person_id", "id DIV 2 AS visit_occurrence_id", "'interval' AS method"
        ),
    )
    write(
        lake,
        "imaging_series",
        studies.selectExpr(
            "study_instance_uid",
            "main_modality",
            "'1' AS terms_version",
            "IF(id % 10 = 0, array(), array('CHEST')) AS body_parts",
            "study_description AS series_description",
        ),
    )
    files = studies.select(F.explode(F.sequence(F.lit(0), F.lit(FILES - 1))).alias("n"), "study_instance_uid")
    write(
        lake,
        "dicom_file",
        files.selectExpr(
            "concat('/', study_instance_uid, '/', n) AS path",
            "'pacs' AS source",
            "'parsed' AS status",
            "0L AS modified",
            "500000L AS size",
            "'r' AS first_run",
        ),
    )
    month = F.trunc("study_datetime", "month").alias("month")
    activity = studies.groupBy("hospital_code", "exam_category", month).agg(F.count(F.lit(1)).alias("exams"))
    write(lake, "imaging_coverage", coverage(activity, F.current_date()))
    write_release(lake, RELEASE)


def timed(what: str, work: Callable[[], str]) -> None:
    """A row of the table."""
    began = time.monotonic()
    said = work()
    print(f"| {what} | {time.monotonic() - began:.1f} | {said} |", flush=True)


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exams", type=int, default=1_000_000)
    parser.add_argument("--memory", default="4g", help="heap of the driver")
    parser.add_argument("--report", type=Path, help="keep the report")
    given = parser.parse_args()
    spark = spark_session("analysts", {"spark.master": "local[2]", "spark.driver.memory": given.memory})
    place = Path(tempfile.mkdtemp(prefix="analysts-", dir=os.environ.get("TMPDIR")))
    try:
        lake = Lake(spark, LakeConfig(path=str(place / "lake")), Catalogue())
        began = time.monotonic()
        fill(lake, given.exams)
        lake.register()
        counts = {
            n: lake.read(n).count() for n in ("imaging_study", "imaging_study_diagnosis", "imaging_study_procedure")
        }
        print(
            ", ".join(f"{count:,} rows of {name}" for name, count in counts.items()),
            f"({time.monotonic() - began:.0f} s)\n",
        )
        print("| what | s | result |", "|---|---|---|", sep="\n")
        cohort = Cohort.from_toml(COHORT)
        for turn in ("first", "again"):
            timed(
                f"cohort of the example, {turn}", lambda: f"{make_cohort(spark, lake, cohort, RELEASE).members:,} exams"
            )

        def report() -> str:
            made = page(answers(spark), Language.EN, release="2026-01-31 00:00", made=dt.date(2026, 1, 31))
            if given.report:
                given.report.write_text(made, encoding="utf-8")
            return f"{len(made.encode()) / 1e6:.2f} MB"

        timed("report", report)
    finally:
        shutil.rmtree(place)
    spark.stop()


if __name__ == "__main__":
    main()
