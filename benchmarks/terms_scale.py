"""Times the job `terms` on a lake of many series that share few descriptions.

python -m benchmarks.terms_scale --series 1000000 --texts 5000

The descriptions are those of the test sets, written again with the number of a protocol until there are enough. Four
series make an exam. Prints the first run (all is read), the second (nothing new), and how busy the machine was.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
import time
from pathlib import Path

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.config import Config
from eds_spark_imaging.pipeline.terms import terms
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.spark.session import spark_session
from eds_spark_imaging.tables.spec import sql_type
from eds_spark_imaging.tables.terms import SERIES_TERMS, STUDY_TERMS

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))
_SERIES_OF_AN_EXAM = 4
_COMPUTED = {
    "number_of_series": _SERIES_OF_AN_EXAM,
    "number_of_instances": 1,
    "study_datetime_quality": "complete",
    "hospital_rule": "none",
    "link_status": "not_attempted",
}


def descriptions(wanted: int) -> list[tuple[str, str]]:
    """Modalities and texts, each different."""
    from description_sets import SETS, expected

    known = list(dict.fromkeys((one.modality or "CT", one.text) for name in SETS for one in expected(name)))
    numbered = ((modality, f"{text} P{n:03}") for n in itertools.count(1) for modality, text in known)
    return list(itertools.islice(itertools.chain(known, numbered), wanted))


def fill(context: Context, series: int, texts: list[tuple[str, str]]) -> None:
    """Exams and series with these descriptions, in turn."""
    spark = context.spark
    listed = spark.createDataFrame(list(enumerate(texts)), "n long, said struct<modality: string, text: string>")
    numbered = spark.range(series).withColumn("n", F.col("id") % len(texts)).join(F.broadcast(listed), "n")
    exam = F.concat(F.lit("1.2."), (F.col("id") / _SERIES_OF_AN_EXAM).cast("long"))
    given = {
        "study_instance_uid": exam,
        "series_instance_uid": F.concat(exam, F.lit("."), F.col("id")),
        "main_modality": F.col("said.modality"),
        "modalities": F.array("said.modality"),
        "series_description": F.col("said.text"),
        "study_description": F.col("said.text"),
    }
    first = F.col("id") % _SERIES_OF_AN_EXAM == 0
    for name, rows in (("imaging_study", numbered.where(first)), ("imaging_series", numbered)):
        own = {column.name for column in (*STUDY_TERMS, *SERIES_TERMS)}
        table = context.catalogue[name]
        columns = [_value(column.name, given).cast(sql_type(column.type)).alias(column.name) for column in table]
        kept = [c for c, column in zip(columns, table, strict=True) if column.name not in {"row_hash", "changed_run"}]
        context.lake.sync(name, rows.select(*kept), "run-0", foreign=[n for n in table.names if n in own])


def _value(name: str, given: dict[str, Column]) -> Column:
    return given.get(name, F.lit(_COMPUTED.get(name)))


def main() -> None:
    """Print the times as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.terms_scale", description=__doc__)
    parser.add_argument("--series", type=int, default=1_000_000)
    parser.add_argument("--texts", type=int, default=5_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        spark: SparkSession = spark_session("benchmark", {"spark.master": "local[2]", "spark.driver.memory": "2g"})
        context = Context(spark, Config().with_places((), f"{folder}/lake"))
        texts = descriptions(given.texts)
        fill(context, given.series, texts)
        print(f"{given.series:,} series of {len(texts):,} texts, local[2]\n\n| run | seconds | load of the machine |")
        print("|---|---|---|")
        for run in ("first", "nothing new"):
            started = time.perf_counter()
            terms(context)
            spent = time.perf_counter() - started
            print(f"| {run} | {spent:.1f} | {os.getloadavg()[0]:.1f} |", flush=True)
        spark.stop()


if __name__ == "__main__":
    main()
