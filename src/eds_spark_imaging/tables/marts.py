"""Marts: small tables of counts, for dashboards and for judging whether the data can carry a study."""

from __future__ import annotations

from eds_spark_imaging.tables.spec import BIGINT, DATE, DOUBLE, STRING, Column, Table

LINK_QUALITY_BY = ("hospital_code", "main_modality", "month", "link_method", "link_status")

IMAGING_LINK_QUALITY = Table(
    name="imaging_link_quality",
    grain="hospital, modality, month, link method and link status",
    comment="How many exams are linked to a patient, by which method, and how many of the links traits confirm",
    columns=(
        Column("group_key", STRING, "The five columns of the group, joined by |; nothing where one is null", False),
        Column("hospital_code", STRING, "Code of the hospital; null where no rule of the configuration gives one"),
        Column("main_modality", STRING, "The imaging modality that names the exam"),
        Column("month", DATE, "First day of the exam's month; null where its date is missing or implausible"),
        Column("link_method", STRING, "Method of the link; null where the exam is not linked"),
        Column("link_status", STRING, "Status of the link"),
        Column("exams", BIGINT, "Exams. Unit: exams", False),
        Column("exams_verified", BIGINT, "Exams whose link identity traits confirm. Unit: exams", False),
        Column("share", DOUBLE, "Share of all exams of the hospital, modality and month, 0 to 1", False),
    ),
    keys=("group_key",),
    cluster_by=("month", "hospital_code"),
    checks=(("shares", "share > 0 AND share <= 1"), ("verified", "exams_verified BETWEEN 0 AND exams")),
)


def tables() -> tuple[Table, ...]:
    """The tables of this module."""
    return (IMAGING_LINK_QUALITY,)
