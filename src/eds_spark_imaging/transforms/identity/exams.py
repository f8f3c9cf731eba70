"""The identifying part of exams, in the form in which it is compared."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.transforms.identity import columns
from eds_spark_imaging.transforms.identity.ids import is_placeholder, plain
from eds_spark_imaging.transforms.identity.names import is_placeholder_name, joined_parts, tokens

OTHER_IDS = ("other_patient_ids", "other_patient_ids_patient_id")
VISIT_PLACES = ("admission_id", "service_episode_id", "accession_number", "request_accession_number")
ACCESSION_PLACES = (
    "accession_number",
    "request_accession_number",
    "filler_order_number_imaging_service_request",
    "admission_id",
)


def exams(studies: DataFrame, config: LinkConfig) -> DataFrame:
    """One row an exam, of ``imaging_study`` rows; columns that ``studies`` has not are taken as null.

    Placeholders become null. ``birth_date`` is null and ``has_default_date`` true for dates that stand for an unknown
    one. ``is_mixed`` marks an exam whose files name several patient identifiers.
    """
    names = ("patient_name", "patient_birth_name")
    real_names = [
        F.when(~is_placeholder_name(columns.text(studies, n), config.placeholders), columns.text(studies, n))
        for n in names
    ]
    birth_date = columns.date(studies, "patient_birth_date")
    quality = columns.text(studies, "study_datetime_quality")
    exam_date = F.to_date(columns.wall_clock(studies, "study_datetime"))
    sex = F.upper(columns.text(studies, "patient_sex"))
    conflicts = columns.texts(studies, "conflicts")
    return studies.select(
        "study_instance_uid",
        columns.text(studies, "hospital_code").alias("hospital_code"),
        plain(columns.text(studies, "issuer_of_patient_id")).alias("issuer"),
        _identifier(columns.text(studies, "patient_id"), config).alias("patient_id"),
        _identifiers(columns.texts(studies, *OTHER_IDS), config).alias("other_ids"),
        _identifiers(columns.texts(studies, *VISIT_PLACES), config).alias("visit_numbers"),
        _identifiers(columns.texts(studies, *ACCESSION_PLACES), config).alias("accession_numbers"),
        F.array_distinct(F.concat(*[tokens(name) for name in real_names])).alias("name_tokens"),
        F.array_distinct(F.concat(*[f(name) for name in real_names for f in (tokens, joined_parts)])).alias(
            "name_forms"
        ),
        birth_date.alias("birth_date_stored"),
        F.when(~is_default_date(birth_date), birth_date).alias("birth_date"),
        F.when(sex.isin("M", "F"), sex).alias("sex"),
        F.when(F.coalesce(quality, F.lit("")) != "implausible", exam_date).alias("exam_date"),
        is_phantom(studies, config).alias("is_phantom"),
        F.array_contains(conflicts, "patient_id").alias("is_mixed"),
        (F.array_contains(conflicts, "patient_id") & F.array_contains(conflicts, "patient_birth_date")).alias(
            "is_two_patients"
        ),
    )


def is_default_date(column: Column) -> Column:
    """Whether a birth date stands for an unknown one: 1 January of any year, or the year 1900 and before."""
    return F.coalesce(((F.month(column) == 1) & (F.day(column) == 1)) | (F.year(column) <= 1900), F.lit(False))


def is_phantom(studies: DataFrame, config: LinkConfig) -> Column:
    """Whether the exam shows no patient: by the patterns of the configuration, or because the header says so."""
    found = F.coalesce(columns.text(studies, "quality_control_subject") == "YES", F.lit(False))
    for pattern in config.phantom_patterns:
        for name in ("patient_id", "patient_name"):
            # DICOM writes names with `^`, which many patterns do not take for the edge of a word.
            field = F.replace(columns.text(studies, name), F.lit("^"), F.lit(" "))
            found = found | F.coalesce(field.rlike(f"(?i){pattern}"), F.lit(False))
    return found


def _identifier(column: Column, config: LinkConfig) -> Column:
    return F.when(~is_placeholder(column, config.placeholders), column)


def _identifiers(column: Column, config: LinkConfig) -> Column:
    return F.filter(column, lambda value: ~is_placeholder(value, config.placeholders))
