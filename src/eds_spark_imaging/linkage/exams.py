"""The identifying part of exams, in the form in which it is compared."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.linkage import columns
from eds_spark_imaging.linkage.birth_dates import is_default_date
from eds_spark_imaging.linkage.ids import cleaned_ipp, is_placeholder, plain
from eds_spark_imaging.linkage.names import (
    family_tokens,
    joined_parts,
    naming,
    newborn_word,
    normalised,
    tokens_of_all,
)
from eds_spark_imaging.linkage.not_patients import is_not_a_patient

OTHER_IDS = ("other_patient_ids", "other_patient_ids_patient_id")
_OTHER_ISSUERS = "other_patient_ids_issuer_of_patient_id"
REQUESTS, SERIES_DATES = "request_accession_number", "series_dates"
NAMES = ("patient_name", "patient_birth_name")
VISIT_PLACES = ("admission_id", "service_episode_id", "accession_number", REQUESTS)
ACCESSION_PLACES = (
    "accession_number",
    REQUESTS,
    "filler_order_number_imaging_service_request",
    "admission_id",
)

# ACR-NEMA, from which DICOM came, is of 1985: no image was exchanged as a file before.
_FIRST_YEAR = 1985


def exams(studies: DataFrame, config: LinkConfig) -> DataFrame:
    """One row an exam, of ``imaging_study`` rows; columns that ``studies`` has not are taken as null.

    Placeholders become null. ``birth_date`` is null for dates that tell no day. ``exam_dates`` are those of the exam
    and of its series, absurd ones left out. ``is_mixed`` marks an exam whose files name several patient identifiers,
    ``is_two_patients`` one whose birth dates differ, and identifiers or names as well.
    """
    birth_date = columns.date(studies, "patient_birth_date")
    quality = F.coalesce(columns.text(studies, "study_datetime_quality"), F.lit(""))
    stored = F.to_date(columns.wall_clock(studies, "study_datetime"))
    # A date of the future, or of before there were digital images to exchange, is a fault of the date.
    exam_date = F.when(~_is_absurd(stored) & (quality != "implausible"), stored)
    series_dates = columns.dates(studies, SERIES_DATES)
    sex = F.upper(columns.text(studies, "patient_sex"))
    conflicts = columns.texts(studies, "conflicts")
    other_ids = _identifiers(columns.texts(studies, *OTHER_IDS), config)
    rows = studies.select(
        "study_instance_uid",
        columns.text(studies, "hospital_code").alias("hospital_code"),
        plain(columns.text(studies, "issuer_of_patient_id")).alias("issuer"),
        _identifier(columns.text(studies, "patient_id"), config).alias("patient_id"),
        other_ids.alias("other_ids"),
        _issuers(studies, other_ids).alias("other_issuers"),
        _identifiers(columns.texts(studies, *VISIT_PLACES), config).alias("visit_numbers"),
        _identifiers(columns.texts(studies, *ACCESSION_PLACES), config).alias("accession_numbers"),
        F.transform(columns.texts(studies, *NAMES), normalised).alias("names"),
        birth_date.alias("birth_date_stored"),
        F.when(~is_default_date(birth_date), birth_date).alias("birth_date"),
        F.when(sex.isin("M", "F"), sex).alias("sex"),
        exam_date.alias("exam_date"),
        F.array_union(F.array_compact(F.array(exam_date)), F.filter(series_dates, _is_credible)).alias("exam_dates"),
        is_not_a_patient(studies, config).alias("is_phantom"),
        F.array_contains(conflicts, "patient_id").alias("is_mixed"),
        _name_two_patients(conflicts).alias("is_two_patients"),
    )
    naming_somebody = F.transform("names", lambda name: naming(name, config.placeholders))
    real = F.filter(naming_somebody, lambda name: name.rlike("[A-Z]"))
    newborn = newborn_word(F.array_join("names", "^"))
    rows = rows.withColumns({"names": real, "newborn_word": F.nullif(newborn, F.lit(""))})
    return rows.withColumns(
        {
            "name_tokens": tokens_of_all("names"),
            "name_parts": F.array_distinct(F.flatten(F.transform("names", joined_parts))),
            "name_family": family_tokens(F.get("names", F.lit(0))),
            "cleaned_ipp": cleaned_ipp(F.col("patient_id"), F.col("hospital_code"), config.ipp_pattern),
        }
    ).drop("names")


def _name_two_patients(conflicts: Column) -> Column:
    other = F.array_contains(conflicts, "patient_id") | F.array_contains(conflicts, "patient_name")
    return F.array_contains(conflicts, "patient_birth_date") & other


def _is_absurd(day: Column) -> Column:
    return F.coalesce(F.year(day) < _FIRST_YEAR, F.lit(False))


def _is_credible(day: Column) -> Column:
    """Whether a series may be of that day: series have no quality of their date that says so."""
    return ~_is_absurd(day) & (day <= F.date_add(F.current_date(), 1))


def _issuers(studies: DataFrame, other_ids: Column) -> Column:
    """The issuer of each of ``other_ids``, where an item of OtherPatientIDsSequence names it."""
    ids, issuers = columns.items(studies, OTHER_IDS[1]), columns.items(studies, _OTHER_ISSUERS)
    return F.transform(other_ids, lambda own: plain(F.get(issuers, (F.array_position(ids, own) - 1).cast("int"))))


def with_series(studies: DataFrame, series: DataFrame) -> DataFrame:
    """Adds to exams what their series tell of them: ``request_accession_number``, the accession numbers of the
    requests, and ``series_dates``, their days; empty where ``series`` has no such column."""
    told = {
        REQUESTS: F.flatten(F.collect_list(columns.texts(series, REQUESTS))),
        SERIES_DATES: F.collect_set(F.to_date(columns.wall_clock(series, "series_datetime"))),
    }
    summary = series.groupBy("study_instance_uid").agg(
        *[F.array_sort(F.array_distinct(values)).alias(name) for name, values in told.items()]
    )
    return studies.drop(*told).join(summary, "study_instance_uid", "left")


def _identifier(column: Column, config: LinkConfig) -> Column:
    return F.when(~is_placeholder(column, config.placeholders), column)


def _identifiers(column: Column, config: LinkConfig) -> Column:
    return F.filter(column, lambda value: ~is_placeholder(value, config.placeholders))
