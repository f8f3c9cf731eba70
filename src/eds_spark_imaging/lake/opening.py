"""A lake opened for reading: its tables and views known by name to a session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.lake.file_ids import file_id, find_key
from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.sizing import is_small
from eds_spark_imaging.spark.session import spark_session
from eds_spark_imaging.tables import Catalogue

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def open_lake(config: Config, app: str) -> SparkSession:
    """A session in which the lake's tables and views are known by name. LakeError where there is none.

    The function ``file_id`` is known too where the lake has a key that this user may read.
    """
    place = config.require_lake()
    check_folder(place.path)
    spark = spark_session(app, config.spark, small=is_small(config))
    lake = Lake(spark, place, Catalogue(config.site_attributes), writable=False)
    if not lake.register():
        raise LakeError(f"no tables in the lake {place.path or place.database}: run the jobs first")
    key = find_key(spark, lake.root)
    if key:
        spark.udf.register("file_id", file_id(key))
    return spark


def check_folder(path: str | None) -> None:
    """LakeError where a lake in a local folder is not there."""
    if path and "://" not in path and not Path(path).is_dir():
        raise LakeError(f"the lake {path} does not exist")
