"""Keyed pseudonyms as columns: HMAC-SHA-256 (RFC 2104) in Spark's own functions, the key in a frame of one row.

The key is a row and not a literal: literals stand in plans, and plans in event logs and messages.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.privacy.keys import pads

_INNER, _OUTER = "_inner", "_outer"
DIGITS = 32  # of 64 hexadecimal ones: 128 bits, no two of 10^10 values meet (odds 10^-19)
_SEPARATOR = "\x1f"

# Columns that hold values of one domain under other names: their pseudonyms are equal where the values are.
_DOMAINS = {
    "patient_id": "ipp",
    "other_patient_ids": "ipp",
    "other_patient_ids_patient_id": "ipp",
    "visit_occurrence_source_value": "admission_id",
    "visit_care_site_id": "care_site_id",
    "unit_care_site_id": "care_site_id",
    "scheduled_station_name": "station_name",
    "performed_station_name": "station_name",
    "source_application_entity_title": "ae_title",
    "scheduled_station_ae_title": "ae_title",
    "performed_station_ae_title": "ae_title",
}


def key_frame(spark: SparkSession, key: bytes) -> DataFrame:
    """The key as a frame of one row, for :func:`with_key`."""
    rows = [tuple(map(bytearray, pads(key)))]
    return F.broadcast(spark.createDataFrame(rows, f"{_INNER} BINARY NOT NULL, {_OUTER} BINARY NOT NULL"))


def with_key(rows: DataFrame, key: DataFrame) -> DataFrame:
    """The rows with the columns that :func:`keyed_hash` reads; select them away again."""
    return rows.crossJoin(key)


def domain(column: str) -> str:
    """The name under which values of a column are hashed."""
    name = column.removeprefix("request_")
    return "uid" if name.endswith("_uid") else _DOMAINS.get(name, name)


def keyed_hash(name: str, value: Column) -> Column:
    """HMAC-SHA-256 of ``name``, a separator and the value as text: 64 hexadecimal digits; null of a null."""
    text = F.encode(F.concat(F.lit(f"{name}{_SEPARATOR}"), value.cast("string")), "utf-8")
    inner = F.unhex(F.sha2(F.concat(F.col(_INNER), text), 256))
    return F.sha2(F.concat(F.col(_OUTER), inner), 256)


def pseudonym(name: str, value: Column) -> Column:
    """What stands for the value in a project."""
    return F.substring(keyed_hash(name, value), 1, DIGITS)
