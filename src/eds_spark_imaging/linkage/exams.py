"""The identifying part of exams, in the form in which it is compared."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.linkage import columns
from eds_spark_imaging.linkage.ids import cleaned_ipp, is_placeholder, plain
from eds_spark_imaging.linkage.names import is_placeholder_name, joined_parts, normalised, tokens

OTHER_IDS = ("other_patient_ids", "other_patient_ids_patient_id")
NAMES = ("patient_name", "patient_birth_name")
VISIT_PLACES = ("admission_id", "service_episode_id", "accession_number", "request_accession_number")
ACCESSION_PLACES = (
    "accession_number",
    "request_accession_number",
    "filler_order_number_imaging_service_request",
    "admission_id",
)


def exams(studies: DataFrame, config: LinkConfig) -> DataFrame:
    """One row an exam, of ``imaging_study`` rows; columns that ``studies`` has not are taken as null.

    Placeholders become null. ``birth_date`` is null for dates that stand for an unknown one. ``is_mixed`` marks an
    exam whose files name several patient identifiers, ``is_two_patients`` one whose birth dates differ as well.
    """
    birth_date = columns.date(studies, "patient_birth_date")
    quality = F.coalesce(columns.text(studies, "study_datetime_quality"), F.lit(""))
    exam_date = F.to_date(columns.wall_clock(studies, "study_datetime"))
    # A date of the future or of 1900 says nothing; one before all digital imaging still contradicts a later birth.
    is_nonsense = (F.year(exam_date) <= 1900) | ((quality == "implausible") & (F.year(exam_date) > 1971))
    sex = F.upper(columns.text(studies, "patient_sex"))
    conflicts = columns.texts(studies, "conflicts")
    rows = studies.select(
        "study_instance_uid",
        columns.text(studies, "hospital_code").alias("hospital_code"),
        plain(columns.text(studies, "issuer_of_patient_id")).alias("issuer"),
        _identifier(columns.text(studies, "patient_id"), config).alias("patient_id"),
        _identifiers(columns.texts(studies, *OTHER_IDS), config).alias("other_ids"),
        _identifiers(columns.texts(studies, *VISIT_PLACES), config).alias("visit_numbers"),
        _identifiers(columns.texts(studies, *ACCESSION_PLACES), config).alias("accession_numbers"),
        F.transform(columns.texts(studies, *NAMES), normalised).alias("names"),
        birth_date.alias("birth_date_stored"),
        F.when(~is_default_date(birth_date), birth_date).alias("birth_date"),
        F.when(sex.isin("M", "F"), sex).alias("sex"),
        F.when(~is_nonsense, exam_date).alias("exam_date"),
        is_phantom(studies, config).alias("is_phantom"),
        F.array_contains(conflicts, "patient_id").alias("is_mixed"),
        F.array_contains(conflicts, "patient_birth_date").alias("_two_birth_dates"),
    )
    real = F.filter("names", lambda name: ~is_placeholder_name(name, config.placeholders))
    rows = rows.withColumns({"names": real, "is_two_patients": F.col("is_mixed") & F.col("_two_birth_dates")})
    name_tokens = F.array_distinct(F.flatten(F.transform("names", tokens)))
    rows = rows.withColumn("name_tokens", name_tokens)
    name_forms = F.array_union("name_tokens", F.flatten(F.transform("names", joined_parts)))
    return rows.withColumns(
        {
            "name_forms": name_forms,
            "cleaned_ipp": cleaned_ipp(F.col("patient_id"), F.col("hospital_code"), config.ipp_pattern),
        }
    ).drop("names", "_two_birth_dates")


def is_default_date(column: Column) -> Column:
    """Whether a birth date stands for an unknown one: 1 January of any year, or the year 1900 and before."""
    return F.coalesce(((F.month(column) == 1) & (F.day(column) == 1)) | (F.year(column) <= 1900), F.lit(False))


def is_phantom(studies: DataFrame, config: LinkConfig) -> Column:
    """Whether the exam shows no patient: by the patterns of the configuration, or because the header says so."""
    found = F.coalesce(columns.text(studies, "quality_control_subject") == "YES", F.lit(False))
    for name in ("patient_id", "patient_name"):
        # DICOM writes names with `^`, which many patterns do not take for the edge of a word.
        words = F.trim(F.replace(normalised(columns.text(studies, name)), F.lit("^"), F.lit(" ")))
        for pattern in config.phantom_patterns:
            found = found | F.coalesce(words.rlike(f"(?i){pattern}"), F.lit(False))
    return found


def with_requests(studies: DataFrame, series: DataFrame) -> DataFrame:
    """Adds to exams the accession numbers of their series' requests, as ``request_accession_number``."""
    name = "request_accession_number"
    if name not in series.columns or name in studies.columns:
        return studies
    numbers = series.groupBy("study_instance_uid").agg(
        F.array_sort(F.array_distinct(F.flatten(F.collect_list(name)))).alias(name)
    )
    return studies.join(numbers, "study_instance_uid", "left")


def _identifier(column: Column, config: LinkConfig) -> Column:
    return F.when(~is_placeholder(column, config.placeholders), column)


def _identifiers(column: Column, config: LinkConfig) -> Column:
    return F.filter(column, lambda value: ~is_placeholder(value, config.placeholders))
