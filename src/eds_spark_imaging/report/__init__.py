"""The report: one HTML file that needs no network, from small tables of counts. No Spark here."""

from eds_spark_imaging.report.page import page
from eds_spark_imaging.report.questions import QUESTIONS, Question
from eds_spark_imaging.report.texts import Language

__all__ = ["QUESTIONS", "Language", "Question", "page"]
