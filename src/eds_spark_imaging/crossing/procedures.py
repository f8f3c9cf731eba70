"""Acts of the base centrale, each once; those near an exam beside those that are its own."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.crossing.events import in_stays, near, once, same_visit
from eds_spark_imaging.tables.crossings import IMAGING_STUDY_PROCEDURE
from eds_spark_imaging.terminology.act_table import own_acts
from eds_spark_imaging.transforms.codes import ccam_activity, ccam_code, ccam_phase

# An examination by imaging, by its letters, where no table has the code (see ``terminology.act_rules``).
_LETTERS = "^[A-Z]{2}Q[HJKLMN]"


def acts_once(acts: DataFrame, stays: DataFrame, survivors: DataFrame) -> DataFrame:
    """Acts on their surviving person, in their stay.

    The same act may be done twice on a day, so only the n-th mention in one source and the n-th in another are one. A
    source that has no activities and phases means activity 1 in the act's one phase.
    """
    code = F.col("procedure_source_value")
    coded = acts.select(
        F.col("procedure_occurrence_id").alias("event_id"),
        F.col("procedure_datetime").alias("event_datetime"),
        ccam_code(code).alias("procedure_code"),
        ccam_activity(code).alias("procedure_activity"),
        ccam_phase(code).alias("procedure_phase"),
        code,
        "accession_number",
        "person_id",
        "visit_occurrence_id",
        "cdm_source",
    )
    placed = in_stays(coded, stays, survivors).withColumns(
        {
            "_day": F.to_date("event_datetime"),
            "_act": F.coalesce("procedure_code", "procedure_source_value"),
            "_activity": F.coalesce("procedure_activity", F.lit("1")),
            "_phase": F.coalesce("procedure_phase", F.lit("0")),
        }
    )
    act = ("_act", "_activity", "_phase", "_day")
    mentions = Window.partitionBy("person_id", "_stay", *act, "cdm_source").orderBy("event_datetime", "event_id")
    counted = placed.withColumn("_mention", F.row_number().over(mentions))
    return once(counted, *act, "_mention", by_source=True).drop(*act, "_mention")


def is_imaging(code: Column) -> Column:
    """Whether an act's 7 characters may be imaging; what exactly is for ``terminology.acts``."""
    return code.isin(*own_acts()) | code.rlike(_LETTERS)


def procedures(exams: DataFrame, acts: DataFrame, pairs: DataFrame, window_days: int) -> DataFrame:
    """Rows of ``imaging_study_procedure``: exams x acts within ``window_days``, and every pair that was weighed.

    ``exams`` as :func:`events.near` takes them, ``acts`` of :func:`acts_once`, ``pairs`` those of acts.
    """
    found = near(exams, acts, window_days).select("study_instance_uid", "event_id")
    keys = found.union(pairs.select("study_instance_uid", "event_id")).distinct()
    own = pairs.drop("person_id", "what")
    rows = (
        keys.join(exams, "study_instance_uid", "inner")
        .join(acts.drop("person_id"), "event_id", "inner")
        .join(own, ["study_instance_uid", "event_id"], "left")
    )
    return (
        rows.withColumns(
            {
                "days_from_exam": F.date_diff(F.to_date("event_datetime"), F.to_date("study_datetime")),
                "same_visit": same_visit(),
                "accepted": F.coalesce("accepted", F.lit(False)),
                "ambiguous": F.coalesce("ambiguous", F.lit(False)),
            }
        )
        .withColumnsRenamed({"event_id": "procedure_occurrence_id", "event_datetime": "procedure_datetime"})
        .select(*IMAGING_STUDY_PROCEDURE.names)
    )
