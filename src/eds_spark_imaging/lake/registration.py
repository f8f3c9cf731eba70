"""The tables of a lake in a folder made known to a metastore, with the comments of their columns, and the views."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.view import words_of
from eds_spark_imaging.lake.views import VIEWS
from eds_spark_imaging.spark.hadoop import HadoopPath
from eds_spark_imaging.tables.spec import sql_text


def register_in_database(lake: Lake, database: str) -> list[str]:
    """Make every table there is an external one of ``database``, and make the views again; gives the names.

    What is there stays as it is: the tables are the lake's own, at their newest commit. To a view the columns that its
    tables lack are null, as to :meth:`Lake.register`. LakeError where the database has tables of another lake.
    """
    spark = lake.spark
    spark.sql(f"CREATE DATABASE IF NOT EXISTS `{database}`")
    there = [table.name for table in lake.catalogue if lake.exists(table.name)]
    for name in there:
        _check_own(lake, database, name)
    for name in there:
        place = f"`{database}`.`{name}`"
        spark.sql(f"CREATE TABLE IF NOT EXISTS {place} USING delta LOCATION {sql_text(lake.folder(name))}")
    views = [view for view in VIEWS if view.can_be_made(lake.catalogue, there)]
    before = spark.catalog.currentDatabase()
    spark.sql(f"USE `{database}`")
    try:
        whole = dict(_with_all_columns(lake, database, there))
        for view in views:
            select = view.select(lake.catalogue)
            tables = ", ".join(f"{name} AS ({rows})" for name, rows in whole.items() if name in words_of(select))
            query = f"WITH {tables} {select}" if tables else select
            spark.sql(f"CREATE OR REPLACE VIEW `{view.name}` COMMENT {sql_text(view.comment)} AS {query}")
    finally:
        spark.sql(f"USE `{before}`")
    return [*there, *(view.name for view in views)]


def _with_all_columns(lake: Lake, database: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The tables that lack declared columns, each with a SELECT that has them."""
    for name in names:
        place = f"`{database}`.`{name}`"
        lacking = lake.catalogue[name].lacking(lake.spark.table(place).columns)
        if lacking:
            yield name, f"SELECT *, {', '.join(column.sql_null for column in lacking)} FROM {place}"


def _check_own(lake: Lake, database: str, name: str) -> None:
    if not lake.spark.catalog.tableExists(f"`{database}`.`{name}`"):
        return
    told = lake.spark.sql(f"DESCRIBE EXTENDED `{database}`.`{name}`").where("col_name = 'Location'").first()
    if told and HadoopPath(lake.spark, told[1]).qualified == HadoopPath(lake.spark, lake.folder(name)).qualified:
        return
    where = f", at {told[1]}" if told else ""
    raise LakeError(f"the database {database} has another {name}{where}: choose another database")
