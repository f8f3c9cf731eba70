"""Columns that derive from the attribute declaration: its types, and how each level's table holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from eds_spark_imaging.dicom.declaration.attribute import WIDEST, Aggregate, Attribute, Kind, Level
from eds_spark_imaging.tables.spec import BIGINT, DATE, DOUBLE, INT, STRING, WALL_CLOCK, Column
from eds_spark_imaging.treatment import Treatment

_TYPES = {
    Kind.STRING: STRING,
    Kind.DOUBLE: DOUBLE,
    Kind.BIGINT: BIGINT,
    Kind.DATE: DATE,
    Kind.TIME: STRING,
    Kind.DATETIME: WALL_CLOCK,
    Kind.AGE: DOUBLE,
}


def scalar_type(attribute: Attribute) -> pa.DataType:
    """The Arrow type of one value of the attribute."""
    return _TYPES[attribute.kind]


def attribute_comment(attribute: Attribute, what: str = "") -> str:
    """The column comment: meaning, unit and DICOM path."""
    unit = f" Unit: {attribute.unit}." if attribute.unit else ""
    stop = "" if attribute.comment.endswith(".") else "."
    items = ""
    if attribute.aligned and not what:
        each = {1: "One element", WIDEST: "As many elements"}.get(attribute.each, f"{attribute.each} elements")
        items = f" {each} for each item of {attribute.aligned.rpartition('.')[2].lstrip('@')}."
    return f"{what}{attribute.comment}{stop}{items}{unit} DICOM {attribute.path}"


def offset_column(attribute: Attribute) -> str:
    """The column that holds the zone a datetime was written with."""
    return f"{attribute.column}_utc_offset"


def instance_columns(attributes: Iterable[Attribute]) -> Iterator[Column]:
    """The columns of ``dicom_instance``: every attribute as read, datetimes with their zone beside them."""
    for a in attributes:
        kind = scalar_type(a)
        yield Column(
            a.column,
            pa.list_(kind) if a.is_array else kind,
            attribute_comment(a),
            identifying=a.identifying,
            treatment=a.treatment,
        )
        if a.kind is Kind.DATETIME and not a.is_array:
            zone = f"Zone that {a.column} was written with. Unit: minutes east of UTC"
            yield Column(offset_column(a), INT, zone, treatment=Treatment.DROP)


def aggregated_columns(attributes: Iterable[Attribute], levels: frozenset[Level]) -> Iterator[Column]:
    """The columns that a table of exams or series has for the attributes of ``levels``."""
    for a in attributes:
        if a.level not in levels or a.aggregate is Aggregate.NONE:
            continue
        kind = scalar_type(a)
        if a.aggregate is Aggregate.MIN_MAX:
            yield Column(
                f"{a.column}_min",
                kind,
                attribute_comment(a, "Smallest over instances and frames. "),
                identifying=a.identifying,
                treatment=a.treatment,
            )
            yield Column(
                f"{a.column}_max",
                kind,
                attribute_comment(a, "Largest over instances and frames. "),
                identifying=a.identifying,
                treatment=a.treatment,
            )
        elif a.aggregate is Aggregate.DISTINCT:
            yield Column(
                a.column,
                pa.list_(kind),
                attribute_comment(a, "Distinct values, sorted. "),
                identifying=a.identifying,
                treatment=a.treatment,
            )
        else:
            yield Column(
                a.column,
                pa.list_(kind) if a.many else kind,
                attribute_comment(a),
                identifying=a.identifying,
                treatment=a.treatment,
            )
