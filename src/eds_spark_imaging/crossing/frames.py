"""Patients as rows: what of the tables each patient has, side by side, for the workers that match them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.crossing.procedures import is_imaging
from eds_spark_imaging.crossing.reports import CLASSES
from eds_spark_imaging.linkage import columns
from eds_spark_imaging.linkage.exams import OTHER_IDS, VISIT_PLACES
from eds_spark_imaging.linkage.ids import accession_number, plain, unpadded

EXAM = (
    "study_instance_uid string, moments array<timestamp_ntz>, timed boolean, hospital_code string,"
    " numbers array<string>, admissions array<string>, accessions array<string>, orders array<string>,"
    " modalities array<string>, main_modality string,"
    " modality string, study_description string, requested_procedure_description string, body_part_examined string,"
    " laterality string"
)
VISIT = (
    "visit_id bigint, number string, start timestamp_ntz, end timestamp_ntz, kind string, hospitals array<string>,"
    " deleted boolean"
)
ACT = "act_id bigint, at timestamp_ntz, visit_id bigint, accession string, code string, hospitals array<string>"
REPORT = (
    "note_id bigint, at timestamp_ntz, visit_id bigint, accession string, note_class string, title string,"
    " hospitals array<string>"
)
_SIDES = {"exams": EXAM, "visits": VISIT, "acts": ACT, "reports": REPORT}
# Other numbers of the order, one of which may be what the base centrale has for an accession number.
_ORDER_PLACES = (
    "study_id",
    "requested_procedure_id",
    "placer_order_number_imaging_service_request",
    "filler_order_number_imaging_service_request",
)
_ADMISSION_PLACES = ("admission_id", "service_episode_id")
# Where the visit number may stand: also in place of the patient's identifier, or of the order's.
_NUMBER_PLACES = (*VISIT_PLACES, *_ORDER_PLACES, "patient_id", *OTHER_IDS)
_ACCESSION_PLACES = ("accession_number", "request_accession_number")


def exam_rows(studies: DataFrame, series: DataFrame) -> DataFrame:
    """Rows (``person_id``, the fields of ``EXAM``) of linked exams; texts and terms that a lake lacks are null.

    ``series`` give the times of series and the accession numbers of their requests.
    """
    requests = columns.texts(series, "request_accession_number")
    by_series = series.groupBy("study_instance_uid").agg(
        F.array_sort(F.collect_set("series_datetime")).alias("_series"),
        F.array_distinct(F.flatten(F.collect_list(requests))).alias("request_accession_number"),
        F.array_sort(F.collect_set(columns.text(series, "body_part_examined"))).alias("_body_parts"),
        F.array_sort(F.collect_set(columns.text(series, "laterality"))).alias("_sides"),
    )
    exams = studies.drop("request_accession_number").join(by_series, "study_instance_uid", "left")
    credible = F.coalesce(F.col("study_datetime_quality") != "implausible", F.lit(True))
    first = F.get("_series", F.lit(0))
    # Of the series the first of each day would do; the first of all is what the exam began with.
    moments = F.array_distinct(F.array_compact(F.array(F.when(credible, F.col("study_datetime")), _credible(first))))
    return exams.select(
        "person_id",
        "study_instance_uid",
        "study_datetime",
        moments.alias("moments"),
        F.exists(moments, lambda moment: moment != F.date_trunc("day", moment)).alias("timed"),
        unpadded(columns.text(exams, "hospital_code")).alias("hospital_code"),
        _plain(exams, *_NUMBER_PLACES).alias("numbers"),
        _plain(exams, *_ADMISSION_PLACES).alias("admissions"),
        _plain(exams, *_ACCESSION_PLACES, form=accession_number).alias("accessions"),
        _plain(exams, *_ORDER_PLACES, form=accession_number).alias("orders"),
        columns.texts(exams, "modalities").alias("modalities"),
        columns.text(exams, "main_modality").alias("main_modality"),
        columns.text(exams, "main_modality").alias("modality"),
        columns.text(exams, "study_description").alias("study_description"),
        columns.text(exams, "requested_procedure_description").alias("requested_procedure_description"),
        F.get("_body_parts", F.lit(0)).alias("body_part_examined"),
        F.when(F.size("_sides") == 1, F.get("_sides", F.lit(0))).alias("laterality"),
    )


def at_known_hospitals(exams: DataFrame, hospitals: DataFrame) -> DataFrame:
    """``exams`` without the codes of hospitals that the care-site tree does not have: they name no other hospital."""
    known = hospitals.select(F.explode("hospital_codes").alias("hospital_code")).distinct()
    known = F.broadcast(known.withColumn("_known", F.col("hospital_code")))
    return exams.join(known, "hospital_code", "left").withColumn("hospital_code", F.col("_known")).drop("_known")


def _plain(exams: DataFrame, *names: str, form: Callable[[Column], Column] = plain) -> Column:
    return F.array_distinct(F.array_compact(F.transform(columns.texts(exams, *names), form)))


def _credible(moment: Column) -> Column:
    """Times of clocks that fell back to their start, or of the future, say nothing."""
    return F.when((F.year(moment) >= 1990) & (moment < F.localtimestamp() + F.expr("INTERVAL 2 DAYS")), moment)


def visit_rows(stays: DataFrame, deleted: DataFrame, hospitals: DataFrame) -> DataFrame:
    """Rows (``person_id``, the fields of ``VISIT``), one a stay, and those of ``deleted`` visits on their survivor."""
    own = stays.where("is_stay").withColumn("deleted", F.lit(False))
    others = deleted.withColumns({"stay_id": F.col("visit_occurrence_id"), "deleted": F.lit(True)})
    return (
        own.unionByName(others, allowMissingColumns=True)
        .where("visit_start_datetime IS NOT NULL")
        .join(hospitals, "care_site_id", "left")
        .select(
            "person_id",
            F.col("stay_id").alias("visit_id"),
            plain(F.col("visit_occurrence_source_value")).alias("number"),
            F.col("visit_start_datetime").alias("start"),
            F.col("visit_end_datetime").alias("end"),
            F.col("visit_source_value").alias("kind"),
            F.col("hospital_codes").alias("hospitals"),
            "deleted",
        )
    )


def act_rows(acts: DataFrame, stays: DataFrame, hospitals: DataFrame) -> DataFrame:
    """Rows (``person_id``, the fields of ``ACT``) of the acts that may be imaging."""
    phase = F.coalesce("procedure_phase", F.lit("0"))
    return (
        acts.where(is_imaging(F.col("procedure_code")))
        .join(_places(stays, hospitals), "stay_id", "left")
        .select(
            "person_id",
            F.col("event_id").alias("act_id"),
            F.col("event_datetime").alias("at"),
            F.col("stay_id").alias("visit_id"),
            accession_number(F.col("accession_number")).alias("accession"),
            F.concat("procedure_code", F.coalesce(F.concat(phase, "procedure_activity"), F.lit(""))).alias("code"),
            "hospitals",
        )
    )


def report_rows(notes: DataFrame, stays: DataFrame, hospitals: DataFrame) -> DataFrame:
    """Rows (``person_id``, the fields of ``REPORT``) of imaging reports, from notes on their surviving person.

    The hospital is that of the report's own care site, else of its visit.
    """
    kind = F.upper(F.trim("note_class_source_value"))
    own = hospitals.select("care_site_id", F.col("hospital_codes").alias("_own"))
    visit = stays.select("visit_occurrence_id", "stay_id")
    return (
        notes.where(kind.isin(*CLASSES) & F.col("note_datetime").isNotNull() & F.col("note_id").isNotNull())
        .join(visit, "visit_occurrence_id", "left")
        .join(_places(stays, hospitals), "stay_id", "left")
        .join(own, "care_site_id", "left")
        .select(
            "person_id",
            "note_id",
            F.col("note_datetime").alias("at"),
            F.col("stay_id").alias("visit_id"),
            accession_number(F.col("accession_number")).alias("accession"),
            kind.alias("note_class"),
            F.col("note_title").alias("title"),
            F.coalesce("_own", "hospitals").alias("hospitals"),
        )
    )


def _places(stays: DataFrame, hospitals: DataFrame) -> DataFrame:
    return (
        stays.where("is_stay")
        .join(hospitals, "care_site_id", "inner")
        .select("stay_id", F.col("hospital_codes").alias("hospitals"))
    )


def patients(rows: Mapping[str, DataFrame]) -> DataFrame:
    """One row a patient with exams: ``person_id``, and arrays ``exams``, ``visits``, ``acts`` and ``reports``."""
    found = None
    for side, fields in _SIDES.items():
        names = [field.split()[0] for field in fields.split(", ")]
        have = rows[side].groupBy("person_id").agg(F.collect_list(F.struct(*names)).alias(side))
        found = have if found is None else found.join(have, "person_id", "left")
    assert found is not None  # noqa: S101 - there are four sides
    return found
