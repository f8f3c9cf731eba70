"""The report's answers, asked of an open lake."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from eds_spark_imaging.lake.opening import known_tables
from eds_spark_imaging.report import QUESTIONS


def answers(spark: SparkSession) -> dict[str, list[dict[str, Any]]]:
    """The rows of each question whose tables the lake has, by the question's key; all are small."""
    there = known_tables(spark)
    return {
        question.key: [row.asDict() for row in spark.sql(question.sql).collect()]
        for question in QUESTIONS
        if there.issuperset(question.needs)
    }
