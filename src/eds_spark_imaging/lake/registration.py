"""The tables of a lake in a folder made known to a metastore, with the comments of their columns, and the views."""

from __future__ import annotations

from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.views import VIEWS
from eds_spark_imaging.tables.spec import sql_text


def register_in_database(lake: Lake, database: str) -> list[str]:
    """Make every table there is an external one of ``database``, and make the views again; gives the names.

    What is there stays as it is: the tables are the lake's own, at their newest commit.
    """
    spark = lake.spark
    spark.sql(f"CREATE DATABASE IF NOT EXISTS `{database}`")
    there = [table.name for table in lake.catalogue if lake.exists(table.name)]
    for name in there:
        place = f"`{database}`.`{name}`"
        spark.sql(f"CREATE TABLE IF NOT EXISTS {place} USING delta LOCATION {sql_text(lake.folder(name))}")
    views = [view for view in VIEWS if view.table in there]
    before = spark.catalog.currentDatabase()
    spark.sql(f"USE `{database}`")
    for view in views:
        comment = sql_text(view.comment)
        spark.sql(f"CREATE OR REPLACE VIEW `{view.name}` COMMENT {comment} AS {view.select(lake.catalogue)}")
    spark.sql(f"USE `{before}`")
    return [*there, *(view.name for view in views)]
