"""Stored codes of acts and diagnoses as columns: what ``terminology.ccam`` and ``terminology.cim10`` say, in Spark."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from eds_spark_imaging.terminology import ccam, cim10


def ccam_code(column: Column) -> Column:
    """The 7 characters that codes are joined on; null where the text has not the form of the CCAM."""
    return _part(column, 1)


def ccam_phase(column: Column) -> Column:
    """The phase of the act, one digit as text (0 is an act of one phase)."""
    return _part(column, *ccam.PHASES)


def ccam_activity(column: Column) -> Column:
    """The activity of the act, one digit as text: 1 the act itself, 4 its anaesthesia."""
    return _part(column, *ccam.ACTIVITIES)


def cim10_code(column: Column) -> Column:
    """``cim10.normalise_cim10`` as a column."""
    code = F.regexp_replace(F.regexp_replace(F.upper(column), cim10.PREFIX, ""), cim10.NOT_IN_CODES, "")
    return F.nullif(code, F.lit(""))


def diagnosis_type(column: Column) -> Column:
    """DP, DR, DAS or DAD; the older DA is DAS. Another text stays as it is, in upper case."""
    text = F.nullif(F.upper(F.trim(column)), F.lit(""))
    return F.when(text == "DA", F.lit("DAS")).otherwise(text)


def _part(column: Column, *groups: int) -> Column:
    text = F.regexp_replace(F.regexp_replace(F.upper(column), r"\s", ""), ccam.PREFIX, "")
    return F.coalesce(*[F.nullif(F.regexp_extract(text, ccam.FORM, group), F.lit("")) for group in groups])
