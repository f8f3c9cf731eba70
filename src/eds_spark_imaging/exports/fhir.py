"""FHIR R4 ``ImagingStudy``, one JSON text an exam, with the identifiers that French hospitals use.

https://hl7.org/fhir/R4/imagingstudy.html. Patients and encounters are named by identifier (IPP, NDA), which needs no
other resource. What is not known is left out, and nothing is put in its place.
"""

from __future__ import annotations

from pydicom.sr.codedict import codes
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import ExportConfig
from eds_spark_imaging.exports.reasons import exams_with_reason, is_dated
from eds_spark_imaging.exports.words import NotExported
from eds_spark_imaging.transforms.times import is_plausible

_STUDY, _SERIES = "study_instance_uid", "series_instance_uid"
_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_MODALITIES = sorted(code.value for code in codes.cid33.concepts.values())  # those that DCM has, PS3.16 CID 33
_NOT_ACQUIRED = sorted({*_MODALITIES} - {code.value for code in codes.cid29.concepts.values()})  # SR, PR, KO ...
_SNOMED = "http://snomed.info/sct"
_UNKNOWN = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_SIDES = {"R": "24028007", "L": "7771000", "B": "51440002"}  # PS3.16 CID 244
_UID = r"^(?=.{1,64}\z)[0-2](\.(0|[1-9][0-9]*))+\z"  # FHIR's data type oid, no longer than DICOM's UI
_LARGEST = 0x7FFF_FFFF  # FHIR's data type unsignedInt


def fhir_exams(studies: DataFrame) -> DataFrame:
    """``studies`` with ``reason``, null where the exam is exported."""
    return exams_with_reason(
        studies,
        {
            NotExported.REMOVED: F.col("removed_at").isNotNull(),
            NotExported.NO_PATIENT: F.col("person_id").isNull() | F.col("ipp").isNull(),
            NotExported.UID_INVALID: ~F.col(_STUDY).rlike(_UID),
        },
    )


def imaging_studies(  # noqa: PLR0917
    exams: DataFrame, series: DataFrame, acts: DataFrame, visits: DataFrame, systems: ExportConfig, time_zone: str
) -> DataFrame:
    """Rows (``study_instance_uid``, ``resource``), one for each exam of :func:`fhir_exams` that is exported.

    ``acts`` and ``visits`` are the tables of pairs. Times are hospital wall-clock of ``time_zone``.
    """
    rows = (
        exams.where("reason IS NULL")
        .join(_series_of_exams(series, exams, time_zone), _STUDY, "left")
        .join(_acts_of_exams(acts, systems), _STUDY, "left")
        .join(visits.where("accepted").select(_STUDY, "visit_occurrence_source_value"), _STUDY, "left")
    )
    resource = F.struct(
        F.lit("ImagingStudy").alias("resourceType"),
        F.col(_STUDY).alias("id"),
        _identifiers(systems).alias("identifier"),
        F.lit("available").alias("status"),
        _filled(F.transform(_acquired(), _modality)).alias("modality"),
        F.struct(
            F.lit("Patient").alias("type"), _identifier("PI", systems.ipp_system, F.col("ipp")).alias("identifier")
        ).alias("subject"),
        _encounter(systems).alias("encounter"),
        F.when(is_dated(), _when("study_datetime", time_zone)).alias("started"),
        F.col("number_of_series").alias("numberOfSeries"),
        F.col("number_of_instances").alias("numberOfInstances"),
        F.col("_acts").alias("procedureCode"),
        _said("study_description").alias("description"),
        F.col("_series").alias("series"),
    )
    return rows.select(_STUDY, F.to_json(resource).alias("resource"))


def _series_of_exams(series: DataFrame, exams: DataFrame, time_zone: str) -> DataFrame:
    """The series of each exam. A series that has its date from the exam has it where that of the exam is believed."""
    modality = F.coalesce(F.col("main_modality"), F.get("modalities", F.lit(0)))
    unknown = F.array(F.struct(F.lit(_UNKNOWN).alias("url"), F.lit("unknown").alias("valueCode")))
    sides = F.create_map(*[F.lit(part) for side in _SIDES.items() for part in side])
    part, side = F.get("body_part_codes", F.lit(0)), sides[F.col("exam_laterality")]
    own = ~F.col("series_datetime_source").eqNullSafe("study")
    dated = is_plausible(F.col("series_datetime"), F.current_date()) & (own | is_dated())
    one = F.struct(
        F.col(_SERIES).alias("uid"),
        F.when(F.col("series_number").between(0, _LARGEST), F.col("series_number")).alias("number"),
        F.struct(
            F.when(modality.isNull(), unknown).alias("extension"),
            _modality(modality)["system"].alias("system"),
            modality.alias("code"),
        ).alias("modality"),
        _said("series_description").alias("description"),
        F.col("number_of_instances").alias("numberOfInstances"),
        F.when(part.isNotNull(), _coding(_SNOMED, part)).alias("bodySite"),
        F.when(side.isNotNull(), _coding(_SNOMED, side)).alias("laterality"),
        F.when(dated, _when("series_datetime", time_zone)).alias("started"),
    )
    of_exam = exams.where("reason IS NULL").select(_STUDY, "study_datetime", "study_datetime_quality")
    valid = series.where(F.col(_SERIES).rlike(_UID)).join(of_exam, _STUDY, "inner")
    return valid.groupBy(_STUDY).agg(F.array_sort(F.collect_list(one)).alias("_series"))


def _acts_of_exams(acts: DataFrame, systems: ExportConfig) -> DataFrame:
    code = F.struct(F.array(_coding(systems.act_system, F.col("procedure_code"))).alias("coding"))
    own = acts.where("accepted AND procedure_code IS NOT NULL")
    return own.groupBy(_STUDY).agg(F.array_sort(F.collect_set(code)).alias("_acts"))


def _identifiers(systems: ExportConfig) -> Column:
    study = F.struct(
        F.lit(None).cast(_TYPE).alias("type"),
        F.lit("urn:dicom:uid").alias("system"),
        F.concat(F.lit("urn:oid:"), F.col(_STUDY)).alias("value"),
    )
    accession = _said("accession_number")
    return F.array_compact(F.array(study, _identifier("ACSN", systems.accession_number_system, accession)))


def _encounter(systems: ExportConfig) -> Column:
    number = _said("visit_occurrence_source_value")
    identifier = _identifier("VN", systems.visit_number_system, number)
    return F.when(number.isNotNull(), F.struct(F.lit("Encounter").alias("type"), identifier.alias("identifier")))


_TYPE = "struct<coding: array<struct<system: string, code: string>>>"


def _identifier(kind: str, system: str | None, value: Column) -> Column:
    """An identifier with its type by HL7 v2 table 0203; null where there is no value."""
    coded = F.struct(F.array(_coding(_TYPES, F.lit(kind))).alias("coding")).cast(_TYPE)
    return F.when(
        value.isNotNull(),
        F.struct(coded.alias("type"), F.lit(system).cast("string").alias("system"), value.alias("value")),
    )


def _modality(code: Column) -> Column:
    """A coding, of no system where DICOM does not define the term."""
    return F.struct(F.when(code.isin(_MODALITIES), F.lit(_DCM)).alias("system"), code.alias("code"))


def _acquired() -> Column:
    """The modalities of an exam that R4 asks for: those that acquire (PS3.16 CID 29), and what DICOM does not know."""
    return F.array_except("modalities", F.array(*[F.lit(code) for code in _NOT_ACQUIRED]))


def _coding(system: str, code: Column) -> Column:
    return F.struct(F.lit(system).alias("system"), code.alias("code"))


def _filled(values: Column) -> Column:
    """FHIR has no empty arrays."""
    return F.when(F.size(values) > 0, values)


def _said(name: str) -> Column:
    """A text without signs that FHIR forbids; null where nothing is left."""
    return F.nullif(F.trim(F.regexp_replace(name, r"[\p{Cntrl}\s]+", " ")), F.lit(""))


def _when(name: str, time_zone: str) -> Column:
    """A wall-clock time with its offset from UTC, which FHIR asks for; the day alone where no time is known.

    Midnight is a time where the exam says that it has one. Formats and ``timestamp_diff`` would go through the zone of
    the session, where the hour may not be.
    """
    local, text = F.col(name), F.col(name).cast("string")
    of_exam = (F.col("study_datetime_quality") == "complete") & (local == F.col("study_datetime"))
    timed = of_exam | (local != F.date_trunc("day", local))
    utc = F.convert_timezone(F.lit(time_zone), F.lit("UTC"), local)
    minutes = (local - utc).cast("interval minute").cast("int")
    offset = F.format_string(
        "%s%02d:%02d",
        F.when(minutes < 0, F.lit("-")).otherwise(F.lit("+")),
        F.floor(F.abs(minutes) / 60).cast("int"),
        (F.abs(minutes) % 60).cast("int"),
    )
    day, time = F.substring(text, 1, 10), F.substring(text, 12, 8)
    return F.when(timed, F.concat(day, F.lit("T"), time, offset)).otherwise(day)
