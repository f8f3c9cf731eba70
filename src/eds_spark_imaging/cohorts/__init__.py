"""Cohorts: a description of exams, visits or patients, checked and compiled to readable SQL."""

from eds_spark_imaging.cohorts.definition import Cohort
from eds_spark_imaging.cohorts.sql import attrition_sql, cohort_sql, steps_sql

__all__ = ["Cohort", "attrition_sql", "cohort_sql", "steps_sql"]
