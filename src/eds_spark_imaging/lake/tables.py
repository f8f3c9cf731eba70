"""The Delta tables of a lake by name: where they are, what is in them, how they are made and appended to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from eds_spark_imaging.config import LakeConfig
from eds_spark_imaging.lake.log import LogState, TableLog
from eds_spark_imaging.lake.places import check_one_writer, database_folder, lake_folder
from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.spark.delta import file_count, table_bytes, table_version
from eds_spark_imaging.spark.hadoop import HadoopPath, local_folder
from eds_spark_imaging.spark.session import is_small_session
from eds_spark_imaging.tables import Catalogue, Table
from eds_spark_imaging.tables.runs import RELEASE
from eds_spark_imaging.tables.spec import sql_type

# Up to so many files of so many bytes in all, reading them whole takes less time than finding out which are needed.
# More files would have Spark list them in a job of its own.
_FEW_FILES: Final = 32
_FEW_BYTES: Final = 64 * 1024 * 1024
_GLOB: Final = frozenset("*?[]{}\\")  # in a path Spark takes these for a pattern


class LakeTables:
    """The tables of one lake: a directory, or a database of the metastore.

    ``versions`` are those of a release, by table: what is read is of these, and tables without one are not there.
    Without them the newest commits are read, and ``writable`` tells that there may be writes, for which a database is
    made. LakeError where a database is not there.
    """

    def __init__(
        self,
        spark: SparkSession,
        config: LakeConfig,
        catalogue: Catalogue,
        versions: Mapping[str, int] | None = None,
        *,
        writable: bool = True,
    ) -> None:
        self.spark = spark
        self.catalogue = catalogue
        self.versions = versions
        self.database = config.database
        self._there: set[str] = set()  # no job deletes a table
        self._complete: set[str] = set()  # tables that have all their columns: a job writes to some many times
        if self.database:
            self.root = database_folder(spark, self.database, make=writable)
        else:
            self.root = lake_folder(spark, config.path or "")
        if writable:
            check_one_writer(spark, self.root, config)
        self._in_memory = is_small_session(spark)
        here = local_folder(self.root)
        self._log = cache(lambda name: TableLog(here / name)) if here is not None else None

    def identifier(self, name: str) -> str:
        """The table's name in SQL."""
        if self.database:
            return f"{self.database}.{name}"
        return f"delta.`{self.folder(name)}`"

    def folder(self, name: str) -> str:
        """Where the table's files are."""
        return f"{self.root}/{name}"

    def staging(self, run_id: str) -> str:
        """The run-scoped folder of a run; that of all runs where ``run_id`` is empty."""
        return f"{self._private('_staging')}/{run_id}".rstrip("/")

    def scratch(self, purpose: str) -> Scratch:
        """A place for frames that are used several times, of this application alone; empty at first."""
        if self._in_memory:
            return Scratch(self.spark, None)
        return Scratch(self.spark, f"{self._private('_scratch')}/{self.spark.sparkContext.applicationId}/{purpose}")

    def clear_scratch(self) -> None:
        """Delete what killed runs have left; for who holds the lake."""
        HadoopPath(self.spark, f"{self.root}/_scratch").delete()

    def _private(self, name: str) -> str:
        """A folder that only its owner may read: names and birth dates of patients are in it for a while."""
        folder = f"{self.root}/{name}"
        HadoopPath(self.spark, folder).make_private()
        return folder

    def exists(self, name: str) -> bool:
        """True where the table has been written."""
        if self.versions is not None and name != RELEASE:
            return name in self.versions
        if name not in self._there and self.version(name) >= 0:
            self._there.add(name)
        return name in self._there

    def version(self, name: str) -> int:
        """The number of the table's last commit, -1 where it is not there."""
        return self._log(name).newest() if self._log else table_version(self.spark, self.folder(name))

    def bytes_known(self) -> int:
        """The size of all tables, as far as their logs say it without a query."""
        return sum(self._bytes(table.name) for table in self.catalogue if self.exists(table.name))

    def _bytes(self, name: str) -> int:
        state = self._state(name)
        return state.bytes if state else table_bytes(self.spark, self.folder(name)) or 0

    def files_known(self, name: str) -> int:
        """How many files a table has, as far as its log says it without a query."""
        state = self._state(name)
        return len(state.files) if state else file_count(self.spark, self.folder(name)) or 0

    def _state(self, name: str, version: int | None = None) -> LogState | None:
        return self._log(name).state(version) if self._log else None

    def read(self, name: str) -> DataFrame:
        """The table with all declared columns, null where it has not got them yet; empty where it is not there."""
        table = self.catalogue[name]
        if not self.exists(name):
            return self._nothing(table)
        rows = self._rows(name)
        return rows.withColumns({c.name: F.lit(None).cast(sql_type(c.type)) for c in table.lacking(rows.columns)})

    def _nothing(self, table: Table) -> DataFrame:
        # LIMIT 0, and not an empty RDD: the optimiser then leaves out whatever is joined with it.
        return self.spark.sql(f"SELECT {', '.join(c.sql_null for c in table)} LIMIT 0")

    def _rows(self, name: str) -> DataFrame:
        version = None if self.versions is None or name == RELEASE else self.versions[name]
        few = self._few_files(name, version)
        if few is not None:
            return few
        if version is None:
            return self.spark.table(self.identifier(name))
        return self.spark.sql(f"SELECT * FROM {self.identifier(name)} VERSION AS OF {version}")

    def _few_files(self, name: str, version: int | None) -> DataFrame | None:
        """The rows of a table in few small files of this machine; None of any other, which Delta is to read."""
        state = self._state(name, version)
        if state is None or not state.is_plain or len(state.files) > _FEW_FILES or state.bytes > _FEW_BYTES:
            return None
        folder = self.folder(name)
        if _GLOB & set(folder):
            return None
        if not state.files:
            return self._nothing(self.catalogue[name])
        return self.spark.read.schema(_schema(state)).parquet(*[f"{folder}/{file}" for file in state.files])

    def changes(self, name: str, first: int) -> DataFrame:
        """What the commits from version ``first`` on have changed, with ``_change_type``, by the change data feed.

        `maintain` keeps the files of a commit for a while only: where one is gone, reading raises one of
        ``QUERY_ERRORS``, here or later.
        """
        reader = self.spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", first)
        return reader.table(self.identifier(name)) if self.database else reader.load(f"{self.root}/{name}")

    def create(self, name: str) -> None:
        """Create the table as its specification says, or add the columns that the declaration has gained."""
        if name in self._complete:
            return
        table = self.catalogue[name]
        self._complete.add(name)
        if not self.exists(name):
            self.spark.sql(table.create_statement(self.identifier(name)))
            self._there.add(name)
            return
        lacking = table.lacking(self._columns(name))
        added = [replace(c, nullable=True).ddl for c in lacking]  # old rows have no value
        if added:
            self.spark.sql(f"ALTER TABLE {self.identifier(name)} ADD COLUMNS ({', '.join(added)})")

    def _columns(self, name: str) -> list[str]:
        state = self._state(name)
        return _schema(state).names if state else self.spark.table(self.identifier(name)).columns

    def append(self, name: str, rows: DataFrame) -> None:
        """Append ``rows``, all or none of them."""
        self.create(name)
        given = set(rows.columns)
        columns = [c for c in self.catalogue[name].names if c in given]
        writer = rows.select(*columns).write.format("delta").mode("append")
        if self.database:
            writer.saveAsTable(self.identifier(name))
        else:
            writer.save(self.folder(name))


def _schema(state: LogState) -> StructType:
    return StructType.fromJson(json.loads(state.schema))
