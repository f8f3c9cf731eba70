"""Instances to exams, series and acquisition parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.config import HospitalConfig
from eds_spark_imaging.dicom.declaration.attribute import Attribute, Level
from eds_spark_imaging.terminology.modality import IMAGING, PRIORITY
from eds_spark_imaging.transforms.aggregation import aggregate
from eds_spark_imaging.transforms.geometry import is_regular, orientation_key, slice_location, spacing
from eds_spark_imaging.transforms.hospitals import RULES, hospital_of
from eds_spark_imaging.transforms.times import first_known, study_datetime_quality, wall_clock

STUDY, SERIES, INSTANCE = "study_instance_uid", "series_instance_uid", "sop_instance_uid"
_HOSPITAL_TEXTS = {
    "institution": ("institution_name", "institutional_department_name"),
    "station": ("station_name",),
    "ae_title": ("source_application_entity_title", "performed_station_ae_title"),
    "issuer": ("issuer_of_patient_id",),
}


def of_level(attributes: Sequence[Attribute], level: Level) -> list[Attribute]:
    """The attributes that describe one level."""
    return [a for a in attributes if a.level is level]


def usable_instances(instances: DataFrame) -> DataFrame:
    """Primary instances that belong to an exam: all three UIDs are there."""
    return instances.where(
        F.col("is_primary") & F.col(STUDY).isNotNull() & F.col(SERIES).isNotNull() & F.col(INSTANCE).isNotNull()
    ).withColumns(
        {
            "_series_at": wall_clock("series_date", "series_time"),
            "_acquired_at": F.coalesce(
                wall_clock("acquisition_date", "acquisition_time"), F.col("acquisition_date_time")
            ),
            "_content_at": wall_clock("content_date", "content_time"),
            "_study_at": wall_clock("study_date", "study_time"),
            "_modality_rank": _rank(F.col("modality")),
        }
    )


def _rank(modality: Column) -> Column:
    """The place of a modality in the order that names exams; unknown ones come after imaging, before the rest."""
    position = F.array_position(F.array(*[F.lit(m) for m in PRIORITY]), modality)
    return F.when(position > 0, position).when(modality.isNotNull(), F.lit(len(IMAGING) + 0.5)).otherwise(F.lit(9999))


def _content() -> list[Column]:
    """What exams and series both say of their instances."""
    return [
        F.min(F.struct("_modality_rank", "modality"))["modality"].alias("main_modality"),
        F.array_sort(F.collect_set("modality")).alias("modalities"),
        F.count(F.lit(1)).alias("number_of_instances"),
        F.count("uid_conflict").alias("instances_in_conflict"),
    ]


def series(instances: DataFrame, attributes: Sequence[Attribute]) -> DataFrame:
    """One row a series (key: exam, series) from :func:`usable_instances`."""
    located = instances.withColumns({"_location": slice_location(), "_orientation": orientation_key()})
    rows = aggregate(
        located,
        [STUDY, SERIES],
        of_level(attributes, Level.SERIES),
        [
            *_content(),
            F.array_sort(F.collect_set("_location")).alias("_locations"),
            F.count_distinct("_orientation").alias("_orientations"),
            *[F.min(c).alias(c) for c in ("_series_at", "_acquired_at", "_content_at", "_study_at")],
        ],
    )
    when, source = first_known(
        [
            ("series", F.col("_series_at")),
            ("acquisition", F.col("_acquired_at")),
            ("content", F.col("_content_at")),
            ("study", F.col("_study_at")),
        ]
    )
    locations = F.col("_locations")
    return rows.withColumns(
        {
            "series_datetime": when,
            "series_datetime_source": source,
            "slice_count": F.when(F.size(locations) > 0, F.size(locations).cast("bigint")),
            "slice_spacing": spacing(locations),
            "is_regular_volume": is_regular(locations, F.col("number_of_instances"), F.col("_orientations")),
        }
    ).drop("_locations", "_orientations", "_series_at", "_acquired_at", "_content_at", "_study_at")


def acquisitions(instances: DataFrame, attributes: Sequence[Attribute]) -> DataFrame:
    """The parameters of each series, of the instances of its main modality alone (a CT is not mixed with its SR)."""
    best = F.min("_modality_rank").over(Window.partitionBy(STUDY, SERIES))
    main = instances.withColumn("_best", best).where(F.col("_modality_rank") == F.col("_best"))
    modality, _, count, _ = _content()
    return aggregate(main, [STUDY, SERIES], of_level(attributes, Level.ACQUISITION), [modality, count])


def studies(
    instances: DataFrame,
    attributes: Sequence[Attribute],
    source_hospitals: Mapping[str, str],
    hospitals: Sequence[HospitalConfig],
    today: Column,
) -> DataFrame:
    """One row an exam, without its link, from :func:`usable_instances`."""
    texts = [
        F.array_compact(F.flatten(F.array(*[F.collect_set(c) for c in _HOSPITAL_TEXTS[kind]]))).alias(column)
        for kind, column in RULES.items()
    ]
    rows = aggregate(
        instances,
        [STUDY],
        of_level(attributes, Level.STUDY),
        [
            *_content(),
            F.count_distinct(SERIES).alias("number_of_series"),
            F.collect_set("source").alias("_sources"),
            *texts,
            *[F.min(c).alias(c) for c in ("_series_at", "_acquired_at", "_content_at")],
        ],
    )
    when, source = first_known(
        [
            ("study", wall_clock("study_date", "study_time")),
            ("series", F.col("_series_at")),
            ("acquisition", F.col("_acquired_at")),
            ("content", F.col("_content_at")),
        ]
    )
    code, rule = hospital_of(source_hospitals, hospitals)
    dated = rows.withColumns({"study_datetime": when, "study_datetime_source": source})
    quality = study_datetime_quality(
        F.col("study_datetime_source"), F.col("study_time").isNotNull(), F.col("study_datetime"), today
    )
    return dated.withColumns(
        {
            "study_datetime_quality": quality,
            "hospital_code": code,
            "hospital_rule": rule,
            "removed_at": F.lit(None).cast("timestamp"),
        }
    ).drop("_sources", "_series_at", "_acquired_at", "_content_at", *RULES.values())


def tombstones(existing: DataFrame, touched: DataFrame, present: DataFrame, removed_at: Column) -> DataFrame:
    """Exams of ``existing`` that were touched and have no instance left: kept with no series and the time."""
    gone = existing.join(touched, STUDY, "left_semi").join(present.select(STUDY), STUDY, "left_anti")
    zero = F.lit(0).cast("bigint")
    return gone.withColumns(
        {
            "number_of_series": zero,
            "number_of_instances": zero,
            "instances_in_conflict": zero,
            "removed_at": F.coalesce("removed_at", removed_at),
        }
    )
