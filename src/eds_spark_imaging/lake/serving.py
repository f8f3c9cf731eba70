"""A lake that stays open: its names mean the newest release, as releases come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eds_spark_imaging.config import Config
from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.releases import newest_release
from eds_spark_imaging.tables import Catalogue

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Served:
    """The names of a session that was opened on a lake."""

    def __init__(self, spark: SparkSession, config: Config) -> None:
        self._spark = spark
        self._place = config.require_lake()
        self._catalogue = Catalogue(config.site_attributes)
        self._shown: str | None = None

    def follow(self) -> str | None:
        """Let the names mean the newest release; gives its run where it was not shown before."""
        release = newest_release(Lake(self._spark, self._place, self._catalogue, writable=False))
        if release is None or release.run_id == self._shown:
            return None
        Lake(self._spark, self._place, self._catalogue, release.versions, writable=False).register()
        self._shown = release.run_id
        return self._shown
