"""Exams of a lake written in the form of a standard, with a table of those that are not, and why."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import ConfigError, InputError, LakeError
from eds_spark_imaging.exports.fhir import fhir_exams, imaging_studies
from eds_spark_imaging.exports.mi_cdm import (
    Concepts,
    image_feature,
    image_occurrence,
    measurement,
    mi_cdm_exams,
)
from eds_spark_imaging.exports.reasons import not_exported
from eds_spark_imaging.exports.words import Standard, TableFormat
from eds_spark_imaging.lake.opening import is_tier, known_tables, open_lake
from eds_spark_imaging.storage.uri import check_place
from eds_spark_imaging.tables import Catalogue

_TIME_ZONE = "Europe/Paris"
_EXPORTED = ("imaging_study", "imaging_series", "imaging_study_procedure", "imaging_study_visit")
_COLUMNS = ("kind", "code", "concept_id")


@dataclass(frozen=True)
class Exported:
    """How many exams were exported, and how many not, by reason; together all that the lake has."""

    exams: int
    not_exported: Mapping[str, int]


def export(config: Config, standard: Standard, to: str, table_format: TableFormat) -> Exported:
    """Write the exams of the newest release below the folder ``to``, which must not be there yet or be empty.

    ConfigError where it is not, where the file of concepts cannot be read, or where the lake is the tier of a project;
    LakeError where a table is missing.
    """
    concepts = _concepts(config.export.concepts)
    _check_folder(to)
    spark = open_lake(config, "eds-imaging export")
    if is_tier(spark):
        raise ConfigError(
            "an export names patients, acts and visits: the tier of a project has pseudonyms of them only"
        )
    exams, tables = _mi_cdm(spark, config, concepts) if standard is Standard.MI_CDM else _fhir(spark, config)
    _make_folder(to)
    try:
        for name, frame in tables.items():
            if standard is Standard.FHIR:
                frame.select("resource").write.text(f"{to}/{name}")
            else:
                write_table(frame, table_format, f"{to}/{name}")
        write_table(not_exported(exams).coalesce(1), table_format, f"{to}/not_exported")
    except AnalysisException as error:
        raise InputError(f"{to} cannot be written ({error.getCondition()})") from None
    counts = {row["reason"]: row["count"] for row in exams.groupBy("reason").count().collect()}
    return Exported(counts.pop(None, 0), dict(sorted(counts.items())))


def write_table(frame: DataFrame, table_format: TableFormat, place: str) -> None:
    """CSV is that of RFC 4180, which databases load: a quote in a value is two, and no backslash is before it."""
    frame.write.format(table_format).options(header=True, escape='"').save(place)


def _mi_cdm(spark: SparkSession, config: Config, concepts: Concepts) -> tuple[DataFrame, dict[str, DataFrame]]:
    attributes = Catalogue(config.site_attributes).attributes
    studies, series, acts, visits, acquisitions = _tables(spark, *_EXPORTED, "imaging_acquisition")
    exams = mi_cdm_exams(studies, acts, visits)
    occurrences = image_occurrence(exams, series, concepts)
    measurements = measurement(occurrences, acquisitions, attributes, concepts)
    return exams, {
        "image_occurrence": occurrences,
        "image_feature": image_feature(measurements, concepts),
        "measurement": measurements.drop("image_occurrence_id", "anatomic_site_concept_id"),
    }


def _fhir(spark: SparkSession, config: Config) -> tuple[DataFrame, dict[str, DataFrame]]:
    time_zone = config.warehouse.time_zone if config.warehouse else _TIME_ZONE
    studies, series, acts, visits = _tables(spark, *_EXPORTED)
    exams = fhir_exams(studies)
    return exams, {"ImagingStudy.ndjson": imaging_studies(exams, series, acts, visits, config.export, time_zone)}


def _tables(spark: SparkSession, *names: str) -> Iterator[DataFrame]:
    lacking = sorted(set(names) - known_tables(spark))
    if lacking:
        raise LakeError(f"the lake has no table {lacking[0]}, which an export asks: run the jobs first")
    return map(spark.table, names)


def _check_folder(to: str) -> None:
    """ConfigError where a local folder holds something."""
    check_place(to, "--to")
    folder = Path(to)
    try:
        if "://" not in to and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigError(f"{to} is there already, and not an empty folder")
    except OSError as error:
        raise ConfigError(f"{to}: {error.strerror}") from None


def _make_folder(to: str) -> None:
    """A local folder that its owner alone may enter: what is exported names patients."""
    if "://" in to:
        return
    folder = Path(to)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{to}: {error.strerror}") from None


def _concepts(path: str | None) -> Concepts:
    if path is None:
        return {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if set(_COLUMNS) - set(reader.fieldnames or ()):
                raise ConfigError(f"concepts {path}: its first line must name {', '.join(_COLUMNS)}")
            return {(row["kind"], row["code"]): int(row["concept_id"]) for row in reader}
    except OSError as error:
        raise ConfigError(f"concepts {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"concepts {path}: not UTF-8") from None
    except csv.Error as error:
        raise ConfigError(f"concepts {path}: {error}") from None
    except (ValueError, TypeError):
        raise ConfigError(f"concepts {path}: a concept_id is not a number") from None
