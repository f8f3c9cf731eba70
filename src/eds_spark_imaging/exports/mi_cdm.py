"""OMOP with its extension for medical imaging: one ``image_occurrence`` a series, one ``image_feature`` a parameter.

The tables are those of Park and others, Development of Medical Imaging Data Standardization for Imaging-Based
Observational Research: OMOP Common Data Model Extension (Journal of Imaging Informatics in Medicine, 2024); the values
of features stand in ``measurement`` (OMOP 5.4). Concepts come from a site's own mapping: 0 where it has none, which is
OMOP's word for no matching concept, with the code beside it in a column ``*_source_value``; null where there is no code
and OMOP asks for none (unit and site).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.dicom.declaration.attribute import Attribute, Level
from eds_spark_imaging.exports.reasons import exams_with_reason, is_dated
from eds_spark_imaging.exports.words import NotExported
from eds_spark_imaging.tables import spec
from eds_spark_imaging.tables.attributes import aggregated_columns
from eds_spark_imaging.tables.spec import BIGINT, DOUBLE, INT, STRING
from eds_spark_imaging.treatment import Treatment

# By kind (modality, body_part, feature, unit, type, field) and code, the concept.
Concepts = Mapping[tuple[str, str], int]

_NUMBERS = (DOUBLE, BIGINT, INT)
_STUDY, _SERIES = "study_instance_uid", "series_instance_uid"
_IDENTIFYING = (Treatment.PSEUDONYM, Treatment.DROP, Treatment.ALLOW_BY_NAME)
_LARGEST = 0x7FFF_FFFF_FFFF_FFFF


def mi_cdm_exams(studies: DataFrame, acts: DataFrame, visits: DataFrame) -> DataFrame:
    """Rows (``study_instance_uid``, ``person_id``, ``study_datetime``, ``procedure_occurrence_id``,
    ``visit_occurrence_id``, ``reason``), one an exam. ``acts`` and ``visits`` are the tables of pairs; of several acts
    the one stands for the exam for which most speaks.
    """
    best = Window.partitionBy(_STUDY).orderBy(F.col("score").desc_nulls_last(), "procedure_occurrence_id")
    act = acts.where("accepted").withColumn("_place", F.row_number().over(best)).where("_place = 1")
    exams = (
        studies.join(act.select(_STUDY, "procedure_occurrence_id"), _STUDY, "left")
        .join(visits.where("accepted").select(_STUDY, "visit_occurrence_id"), _STUDY, "left")
        .select(
            _STUDY,
            "person_id",
            "study_datetime",
            "study_datetime_quality",
            "removed_at",
            "procedure_occurrence_id",
            "visit_occurrence_id",
        )
    )
    return exams_with_reason(
        exams,
        {
            NotExported.REMOVED: F.col("removed_at").isNotNull(),
            NotExported.NO_PATIENT: F.col("person_id").isNull(),
            NotExported.NO_DATE: ~is_dated(),
            NotExported.NO_ACT: F.col("procedure_occurrence_id").isNull(),
        },
    )


def image_occurrence(exams: DataFrame, series: DataFrame, concepts: Concepts) -> DataFrame:
    """Rows of ``image_occurrence``, one a series of the exams that are exported; paths to images are never given."""
    part = F.get("body_part_codes", F.lit(0))
    nothing = F.lit(None).cast("string")
    return (
        exams.where("reason IS NULL")
        .join(series.select(_STUDY, _SERIES, "main_modality", "body_part_codes"), _STUDY, "inner")
        .select(
            _id(_STUDY, _SERIES).alias("image_occurrence_id"),
            "person_id",
            "procedure_occurrence_id",
            "visit_occurrence_id",
            F.when(part.isNotNull(), _concept(concepts, "body_part", part)).alias("anatomic_site_concept_id"),
            nothing.alias("wadors_uri"),
            nothing.alias("local_path"),
            F.to_date("study_datetime").alias("image_occurrence_date"),
            F.col(_STUDY).alias("image_study_uid"),
            F.col(_SERIES).alias("image_series_uid"),
            _concept(concepts, "modality", F.col("main_modality")).alias("modality_concept_id"),
            F.col("main_modality").alias("modality_source_value"),
            part.alias("anatomic_site_source_value"),
        )
    )


def measurement(
    occurrences: DataFrame, acquisitions: DataFrame, attributes: Sequence[Attribute], concepts: Concepts
) -> DataFrame:
    """Rows of ``measurement``, one for each acquisition parameter that a series has, but for those that identify."""
    values = F.explode(F.filter(F.array(*_parameters(attributes)), lambda value: value["there"])).alias("_value")
    own = acquisitions.select(
        F.col(_STUDY).alias("image_study_uid"), F.col(_SERIES).alias("image_series_uid"), values
    ).select("image_study_uid", "image_series_uid", "_value.*")
    day = F.col("image_occurrence_date")
    return occurrences.join(own, ["image_study_uid", "image_series_uid"], "inner").select(
        _id("image_study_uid", "image_series_uid", "column").alias("measurement_id"),
        "image_occurrence_id",
        "person_id",
        _concept(concepts, "feature", F.col("column")).alias("measurement_concept_id"),
        day.alias("measurement_date"),
        F.lit(concepts.get(("type", "measurement"), 0)).alias("measurement_type_concept_id"),
        F.col("number").alias("value_as_number"),
        F.when(F.col("unit").isNotNull(), _concept(concepts, "unit", F.col("unit"))).alias("unit_concept_id"),
        "visit_occurrence_id",
        F.col("column").alias("measurement_source_value"),
        F.col("unit").alias("unit_source_value"),
        F.col("text").alias("value_source_value"),
        "anatomic_site_concept_id",
    )


def image_feature(measurements: DataFrame, concepts: Concepts) -> DataFrame:
    """Rows of ``image_feature``, one a measurement: the series that it was made of; no algorithm found it."""
    return measurements.select(
        F.col("measurement_id").alias("image_feature_id"),
        "person_id",
        "image_occurrence_id",
        F.lit(concepts.get(("field", "measurement"), 0)).alias("image_feature_event_field_concept_id"),
        F.col("measurement_id").alias("image_feature_event_id"),
        F.col("measurement_concept_id").alias("image_feature_concept_id"),
        F.lit(concepts.get(("type", "image_feature"), 0)).alias("image_feature_type_concept_id"),
        F.lit(None).cast("bigint").alias("image_finding_concept_id"),
        F.lit(None).cast("bigint").alias("image_finding_id"),
        "anatomic_site_concept_id",
        F.lit(None).cast("string").alias("alg_system"),
        F.lit(None).cast("timestamp_ntz").alias("alg_datetime"),
    )


def is_parameter(column: spec.Column) -> bool:
    """Whether the column of ``imaging_acquisition`` may be given: it tells no person, no device and no free text."""
    return not column.identifying and column.treated not in _IDENTIFYING


def _parameters(attributes: Sequence[Attribute]) -> Iterator[Column]:
    """Each parameter as a struct: its column, unit, value as number or text, whether it is there."""
    for attribute in attributes:
        for column in aggregated_columns([attribute], frozenset({Level.ACQUISITION})):
            if not is_parameter(column):
                continue
            value = F.col(f"`{column.name}`")
            number = value.cast("double") if column.type in _NUMBERS else F.lit(None).cast("double")
            yield F.struct(
                F.lit(column.name).alias("column"),
                F.lit(attribute.unit).cast("string").alias("unit"),
                number.alias("number"),
                _text(value, column.type).alias("text"),
                value.isNotNull().alias("there"),
            )


def _text(value: Column, kind: pa.DataType) -> Column:
    if kind in _NUMBERS:
        return F.lit(None).cast("string")
    return value if kind == STRING else F.to_json(value) if pa.types.is_list(kind) else value.cast("string")


def _concept(concepts: Concepts, kind: str, code: Column) -> Column:
    known = [part for (of, name), concept in sorted(concepts.items()) if of == kind for part in (name, concept)]
    if not known:
        return F.lit(0)
    return F.coalesce(F.create_map(*map(F.lit, known))[code], F.lit(0))


def _id(*columns: str) -> Column:
    """A number of 63 bits that is the same in every export."""
    return F.xxhash64(*columns).bitwiseAND(F.lit(_LARGEST))
