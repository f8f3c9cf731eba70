"""Which exams must be linked again: those for which anything that their link is made from has changed.

The link of an exam depends on its own row, on the persons that it meets on a key and how, on decisions by hand and on
the rules, and on nothing else. A hash of each is kept; whatever makes one differ (a new identity, a merge, a visit
whose number the exam carries) needs no rule of its own.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.linkage.columns import hash_of
from eds_spark_imaging.linkage.meeting import Meeting
from eds_spark_imaging.tables.link_words import LinkCause, LinkStatus

_STUDY = "study_instance_uid"
# First that differs names the cause.
_CAUSES = {
    "exam_hash": LinkCause.EXAM,
    "decision_hash": LinkCause.DECISION,
    "rules_hash": LinkCause.RULES,
    "base_hash": LinkCause.BASE_CENTRALE,
}


def link_inputs(meeting: Meeting, rules_hash: int) -> DataFrame:
    """Rows of ``imaging_study_link_input``, one for each exam of the meeting."""
    exam_hash = hash_of(meeting.exams, (c for c in meeting.exams.columns if c != _STUDY))
    exams = meeting.exams.select(_STUDY, exam_hash.alias("exam_hash"), F.lit(rules_hash).alias("rules_hash"))
    rows = exams.join(_base_hashes(meeting), _STUDY, "left")
    if meeting.decisions is None:
        return rows.withColumn("decision_hash", F.lit(None).cast("bigint"))
    decision_hash = hash_of(meeting.decisions, ("person_id", "ipp", "decision"))
    decided = meeting.decisions.select(_STUDY, decision_hash.alias("_hash"))
    return rows.join(_together(decided, "decision_hash"), _STUDY, "left")


def due(inputs: DataFrame, recorded: DataFrame, studies: DataFrame, open_ended: Column) -> DataFrame:
    """Rows (``study_instance_uid``, ``cause``): the exams whose ``inputs`` differ from those ``recorded``.

    Those of ``studies`` that have no status of a link are due, and those where ``open_ended``, whatever the inputs.
    """
    names = {name: F.col(name).alias(f"_{name}") for name in _CAUSES}
    known = recorded.select(_STUDY, *names.values(), F.lit(True).alias("_known"))
    status = studies.select(
        _STUDY,
        F.coalesce(F.col("link_status") == str(LinkStatus.NOT_ATTEMPTED), F.lit(True)).alias("_unlinked"),
        open_ended.alias("_open"),
    )
    differs = [F.when(~F.col(n).eqNullSafe(F.col(f"_{n}")), F.lit(str(cause))) for n, cause in _CAUSES.items()]
    is_new = F.when(F.col("_known").isNull() | F.col("_unlinked"), F.lit(str(LinkCause.EXAM)))
    is_open = F.when(F.col("_open"), F.lit(str(LinkCause.BASE_CENTRALE)))
    return (
        inputs.join(known, _STUDY, "left")
        .join(status, _STUDY, "inner")
        .select(_STUDY, F.coalesce(is_new, *differs, is_open).alias("cause"))
        .where("cause IS NOT NULL")
    )


def _base_hashes(meeting: Meeting) -> DataFrame:
    """The persons that each exam meets: how, and all that is known of their identity."""
    persons = meeting.persons.select("person_id", hash_of(meeting.persons, meeting.persons.columns).alias("_person"))
    met = meeting.found.join(persons, "person_id", "inner")
    return _together(met.select(_STUDY, hash_of(met, (*meeting.found.columns, "_person")).alias("_hash")), "base_hash")


def _together(rows: DataFrame, name: str) -> DataFrame:
    """One hash for each exam from those of its rows, whatever their order."""
    return rows.groupBy(_STUDY).agg(F.xxhash64(F.array_sort(F.collect_set("_hash"))).alias(name))
