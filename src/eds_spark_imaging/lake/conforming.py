"""Brings a table that was made by another declaration to ours: columns, comments, checks, clustering, properties."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pyspark.errors import PySparkException

from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.tables import Table
from eds_spark_imaging.tables.spec import sql_text, sql_type

_CHECK = "delta.constraints."


def conform(lake: Lake, name: str) -> None:
    """Change what differs, and nothing else. LakeError where a column has another type, or rows break a new check.

    Columns that are no longer declared stay as they are; new ones are null until a job writes them. Files keep their
    order and statistics until they are written again: by jobs, or by ``OPTIMIZE ... FULL``.
    """
    table, identifier = lake.catalogue[name], lake.identifier(name)
    detail = lake.spark.sql(f"DESCRIBE DETAIL {identifier}").collect()[0]
    _check_types(lake, table)
    old, new = dict(detail["properties"]), table.properties
    for key, check in old.items():
        if key.startswith(_CHECK) and not _is_same(check, new.get(key)):
            _alter(lake, table, f"DROP CONSTRAINT `{key.removeprefix(_CHECK)}`")
    lake.create(name)
    _comment(lake, table)
    _set_properties(lake, table, old, new)  # clustering asks for statistics
    if list(detail["clusteringColumns"]) != list(table.cluster_by):
        _alter(lake, table, f"CLUSTER BY ({', '.join(table.cluster_by)})" if table.cluster_by else "CLUSTER BY NONE")
    for key, check in new.items():
        if key.startswith(_CHECK) and not _is_same(check, old.get(key)):
            _alter(lake, table, f"ADD CONSTRAINT `{key.removeprefix(_CHECK)}` CHECK ({check})")


def _is_same(check: str, other: str | None) -> bool:
    """Delta writes blanks of its own between the words of a check."""
    return other is not None and re.sub(r"\s", "", check) == re.sub(r"\s", "", other)


def _check_types(lake: Lake, table: Table) -> None:
    there = {
        field.name: field.dataType.simpleString() for field in lake.spark.table(lake.identifier(table.name)).schema
    }
    nulls = ", ".join(f"CAST(NULL AS {sql_type(c.type)}) AS `{c.name}`" for c in table if c.name in there)
    declared = lake.spark.sql(f"SELECT {nulls}").schema
    for column in declared:
        if there[column.name] != column.dataType.simpleString():
            raise LakeError(
                f"{table.name}.{column.name} is {there[column.name]} in the lake, {column.dataType.simpleString()} in"
                " this version: make the lake anew"
            )


def _comment(lake: Lake, table: Table) -> None:
    there = lake.spark.table(lake.identifier(table.name)).schema
    known = {field.name: field.metadata.get("comment", "") for field in there}
    changed = [c for c in table if known.get(c.name) != c.description]
    if changed:  # one commit for all
        _alter(
            lake, table, "ALTER COLUMN " + ", ".join(f"`{c.name}` COMMENT {sql_text(c.description)}" for c in changed)
        )


def _set_properties(lake: Lake, table: Table, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    changed = {k: v for k, v in new.items() if not k.startswith(_CHECK) and old.get(k) != v}
    if changed:
        pairs = ", ".join(f"'{key}' = {sql_text(value)}" for key, value in changed.items())
        _alter(lake, table, f"SET TBLPROPERTIES ({pairs})")


def _alter(lake: Lake, table: Table, change: str) -> None:
    try:
        lake.spark.sql(f"ALTER TABLE {lake.identifier(table.name)} {change}").collect()
    except PySparkException as error:
        what = " ".join(change.split()[:3])
        reason = error.getCondition() or type(error).__name__
        raise LakeError(f"{table.name} cannot be brought to this version: {what}: {reason}") from None
