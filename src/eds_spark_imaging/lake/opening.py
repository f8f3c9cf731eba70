"""A lake opened for reading: its tables and views known by name to a session."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql.types import StringType

from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.lake.file_ids import file_id, find_key
from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.releases import Release, newest_release
from eds_spark_imaging.lake.schema import recorded_schema
from eds_spark_imaging.lake.sizing import is_small
from eds_spark_imaging.lake.view import words_of
from eds_spark_imaging.spark.session import spark_session
from eds_spark_imaging.tables import Catalogue

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def open_lake(config: Config, app: str, *, live: bool = False, query: str | None = None) -> SparkSession:
    """The session of :func:`open_release`."""
    return open_release(config, app, live=live, query=query)[0]


def open_release(
    config: Config, app: str, *, live: bool = False, query: str | None = None
) -> tuple[SparkSession, Release | None]:
    """A session that knows the lake's tables and views by name, as they were at the newest release; and that release.

    ``live`` takes the newest commit of each table instead, as is done where there is no release; tables that belong
    together may then differ while a run goes on. Of a ``query`` only the tables that it mentions are made known.
    The function ``file_id`` is known too where the lake has a key that this user may read. LakeError where there is no
    lake.
    """
    place = config.require_lake()
    check_folder(place.path)
    spark = spark_session(app, config.spark, small=is_small(config), metastore=config.needs_metastore)
    catalogue = Catalogue(config.site_attributes)
    lake = Lake(spark, place, catalogue, writable=False)
    recorded_schema(lake)  # or it is of a later version
    release = None if live else newest_release(lake)
    if release:
        lake = Lake(spark, place, catalogue, release.versions, writable=False)
    reads_only = re.match(r"\s*(SELECT|WITH)\b", query or "", re.IGNORECASE)
    if not lake.register(words_of(query) if query and reads_only else None):
        raise LakeError(f"no tables in the lake {place.path or place.database}: run the jobs first")
    key = find_key(spark, lake.root)
    if key:
        spark.udf.register("file_id", file_id(key))
    return spark, release


def known_tables(spark: SparkSession) -> set[str]:
    """The names of the tables and views that a session opened on a lake knows."""
    return {row["tableName"] for row in spark.sql("SHOW TABLES").select("tableName").collect()}


def is_tier(spark: SparkSession) -> bool:
    """True where the lake that a session knows is the tier of a project: the keys of its exams are pseudonyms.

    Columns do not tell: those that a tier lacks are null in a session, as those of a lake of an older version.
    """
    if "imaging_study" not in known_tables(spark):
        return False
    return isinstance(spark.table("imaging_study").schema["person_id"].dataType, StringType)


def check_folder(path: str | None) -> None:
    """LakeError where a lake in a local folder is not there."""
    if path and "://" not in path and not Path(path).is_dir():
        raise LakeError(f"the lake {path} does not exist")
