"""Instances to exams, series and acquisition parameters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import HospitalConfig
from eds_spark_imaging.dicom.declaration.attribute import Attribute, Level
from eds_spark_imaging.terminology.modality import IMAGING, PRIORITY
from eds_spark_imaging.transforms.aggregation import compared, grouped, of_example, settled
from eds_spark_imaging.transforms.completeness import number_aggregates, with_completeness
from eds_spark_imaging.transforms.geometry import plane_aggregates, with_geometry
from eds_spark_imaging.transforms.hospitals import RULES, hospital_of
from eds_spark_imaging.transforms.times import date_and_time, first_known, moment, study_datetime_quality, whole

STUDY, SERIES, INSTANCE = "study_instance_uid", "series_instance_uid", "sop_instance_uid"
_HOSPITAL_TEXTS = {
    "institution": ("institution_name", "institutional_department_name"),
    "station": ("station_name",),
    "ae_title": ("source_application_entity_title", "performed_station_ae_title"),
    "issuer": ("issuer_of_patient_id",),
}

_ACQUIRED = "coalesce(try_cast(frame_periods['acquisition_date_time'].min AS TIMESTAMP_NTZ), acquisition_date_time)"


def of_level(attributes: Sequence[Attribute], level: Level) -> list[Attribute]:
    """The attributes that describe one level."""
    return [a for a in attributes if a.level is level]


def usable_instances(instances: DataFrame) -> DataFrame:
    """Primary instances that belong to an exam: all three UIDs are there."""
    return instances.where(
        F.col("is_primary") & F.col(STUDY).isNotNull() & F.col(SERIES).isNotNull() & F.col(INSTANCE).isNotNull()
    ).withColumns(
        {
            "_series_at": moment("series"),
            "_acquired_at": moment("acquisition", _ACQUIRED),
            "_content_at": moment("content"),
            "_study_at": moment("study"),
            "_modality_rank": _rank(F.col("modality")),
        }
    )


def _rank(modality: Column) -> Column:
    """The place of a modality in the order that names exams; unknown ones come after imaging, before the rest."""
    position = F.array_position(F.array(*[F.lit(m) for m in PRIORITY]), modality)
    return F.when(position > 0, position).when(modality.isNotNull(), F.lit(len(IMAGING) + 0.5)).otherwise(F.lit(9999))


def _ranked() -> Column:
    """The smallest is that of the modality that names an exam or a series."""
    return F.struct("_modality_rank", "modality")


def _content() -> list[Column]:
    """What exams and series both say of their instances."""
    return [
        F.min(_ranked())["modality"].alias("main_modality"),
        F.array_sort(F.collect_set("modality")).alias("modalities"),
        F.count(F.lit(1)).alias("number_of_instances"),
        F.count("uid_conflict").alias("instances_in_conflict"),
    ]


@dataclass(frozen=True)
class ExamTable:
    """A table of exams or series in two steps, so that what is costly is done only where there is a conflict.

    ``keys`` are its key columns, ``attributes`` those that it shows, ``dated_by`` is a column of :meth:`rows`.
    """

    keys: tuple[str, ...]
    dated_by: str
    attributes: Sequence[Attribute]
    aggregates: Callable[[], list[Column]]
    finished: Callable[[DataFrame], DataFrame]

    def groups(self, instances: DataFrame) -> DataFrame:
        """One row for each of ``keys``, from :func:`usable_instances`."""
        return grouped(instances, self.keys, self.attributes, self.aggregates())

    def rows(self, groups: DataFrame, instances: DataFrame, disputed: Collection[str] | None = None) -> DataFrame:
        """The rows of the table; ``disputed``: attributes that any group names in ``conflicts``, where known."""
        return self.finished(settled(groups, instances, self.keys, self.attributes, disputed))

    def of(self, instances: DataFrame) -> DataFrame:
        """The rows of the table, in one step."""
        return self.rows(self.groups(instances), instances)

    def compared(self, instances: DataFrame) -> DataFrame:
        """One row for each of ``keys`` with ``_alike``: for many exams, cheaper than :meth:`groups`."""
        return compared(instances, self.keys, self.attributes, self.aggregates())

    def of_alike(self, groups: DataFrame) -> DataFrame:
        """The rows of the table for the groups of :meth:`compared` that are alike."""
        return self.finished(of_example(groups))

    def of_unlike(self, groups: DataFrame, instances: DataFrame) -> DataFrame:
        """The instances of the other groups of :meth:`compared`."""
        return instances.join(groups.where("NOT _alike").select(*self.keys), list(self.keys), "left_semi")


def series(attributes: Sequence[Attribute]) -> ExamTable:
    """One row a series (key: exam, series)."""

    def aggregates() -> list[Column]:
        return [
            *_content(),
            (F.min(_ranked()) != F.max(_ranked())).alias("_is_mixed"),
            *plane_aggregates(),
            *number_aggregates(),
            *[F.min(c).alias(c) for c in ("_series_at", "_acquired_at", "_content_at", "_study_at")],
        ]

    return ExamTable(
        (STUDY, SERIES), "series_datetime", of_level(attributes, Level.SERIES), aggregates, _finished_series
    )


def _finished_series(rows: DataFrame) -> DataFrame:
    when, source = first_known(
        [
            ("series", F.col("_series_at.at")),
            ("acquisition", F.col("_acquired_at.at")),
            ("content", F.col("_content_at.at")),
            ("study", F.col("_study_at.at")),
        ]
    )
    dated = rows.withColumns(
        {"series_datetime": when, "series_datetime_source": source, "first_acquired_at": whole("_acquired_at")}
    )
    told = with_completeness(with_geometry(dated))
    return told.drop(*[name for name in told.columns if name.startswith("_")])


def of_main_modality(instances: DataFrame, series_groups: DataFrame) -> DataFrame:
    """The instances that fill the acquisition parameters of their series: a CT is not mixed with its SR.

    ``series_groups`` as :func:`series` makes them; most series have one modality and are not in the join.
    """
    mixed = series_groups.where("_is_mixed").select(STUDY, SERIES, F.col("main_modality").alias("_main"))
    marked = instances.join(mixed, [STUDY, SERIES], "left")
    return marked.where("_main IS NULL OR modality = _main").drop("_main")


def acquisitions(attributes: Sequence[Attribute]) -> ExamTable:
    """The parameters of each series (key: exam, series), from :func:`of_main_modality`."""

    def aggregates() -> list[Column]:
        modality, _, count, _ = _content()
        return [modality, count, F.min("_study_at")["at"].alias("_study_at")]

    return ExamTable(
        (STUDY, SERIES), "_study_at", of_level(attributes, Level.ACQUISITION), aggregates, lambda rows: rows
    )


def studies(
    attributes: Sequence[Attribute],
    source_hospitals: Mapping[str, str],
    hospitals: Sequence[HospitalConfig],
    today: Column,
) -> ExamTable:
    """One row an exam, without its link."""

    def aggregates() -> list[Column]:
        texts = [
            F.array_compact(F.flatten(F.array(*[F.collect_set(c) for c in _HOSPITAL_TEXTS[kind]]))).alias(column)
            for kind, column in RULES.items()
        ]
        return [
            *_content(),
            F.count_distinct(SERIES).alias("number_of_series"),
            F.collect_set("source").alias("_sources"),
            *texts,
            *[F.min(c).alias(c) for c in ("_series_at", "_acquired_at", "_content_at")],
        ]

    def finished(rows: DataFrame) -> DataFrame:
        code, rule = hospital_of(source_hospitals, hospitals)
        return _dated(rows, today).withColumns({"hospital_code": code, "hospital_rule": rule}).drop(*texts_and_times)

    texts_and_times = ("_sources", "_series_at", "_acquired_at", "_content_at", *RULES.values())
    return ExamTable((STUDY,), "study_datetime", of_level(attributes, Level.STUDY), aggregates, finished)


def _dated(rows: DataFrame, today: Column) -> DataFrame:
    when, source = first_known(
        [
            ("study", date_and_time("study_date", "study_time")),
            ("series", F.col("_series_at.at")),
            ("acquisition", F.col("_acquired_at.at")),
            ("content", F.col("_content_at.at")),
        ]
    )
    dated = rows.withColumns({"study_datetime": when, "study_datetime_source": source})
    quality = study_datetime_quality(
        F.col("study_datetime_source"), F.col("study_time").isNotNull(), F.col("study_datetime"), today
    )
    return dated.withColumns({"study_datetime_quality": quality, "removed_at": F.lit(None).cast("timestamp")})


def tombstones(touched: DataFrame, present: DataFrame, removed_at: Column) -> DataFrame:
    """Rows of ``touched`` exams that have no instance left: kept with no series and the time."""
    emptied = touched.join(present.select(STUDY), STUDY, "left_anti")
    zero = F.lit(0).cast("bigint")
    return emptied.withColumns(
        {
            "number_of_series": zero,
            "number_of_instances": zero,
            "instances_in_conflict": zero,
            "removed_at": F.coalesce("removed_at", removed_at),
        }
    )
