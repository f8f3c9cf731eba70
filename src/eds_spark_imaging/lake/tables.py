"""The Delta tables of a lake by name: where they are, what is in them, how they are made and appended to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.config import LakeConfig
from eds_spark_imaging.lake.places import check_one_writer, database_folder, lake_folder
from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.spark.delta import table_bytes, table_version
from eds_spark_imaging.spark.hadoop import HadoopPath
from eds_spark_imaging.tables import Catalogue
from eds_spark_imaging.tables.runs import RELEASE
from eds_spark_imaging.tables.spec import sql_type


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
        """A folder for frames that are used several times, of this application alone; empty at first."""
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
        return table_version(self.spark, self.folder(name))

    def bytes_known(self) -> int:
        """The size of all tables, as far as their last commits say it."""
        there = [table.name for table in self.catalogue if self.exists(table.name)]
        return sum(table_bytes(self.spark, self.folder(name)) or 0 for name in there)

    def read(self, name: str) -> DataFrame:
        """The table with all declared columns, null where it has not got them yet; empty where it is not there."""
        table = self.catalogue[name]
        if not self.exists(name):
            # LIMIT 0, and not an empty RDD: the optimiser then leaves out whatever is joined with it.
            return self.spark.sql(f"SELECT {', '.join(c.sql_null for c in table)} LIMIT 0")
        rows = self._rows(name)
        return rows.withColumns({c.name: F.lit(None).cast(sql_type(c.type)) for c in table.lacking(rows.columns)})

    def _rows(self, name: str) -> DataFrame:
        if self.versions is None or name == RELEASE:
            return self.spark.table(self.identifier(name))
        return self.spark.sql(f"SELECT * FROM {self.identifier(name)} VERSION AS OF {self.versions[name]}")

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
        lacking = table.lacking(self.spark.table(self.identifier(name)).columns)
        added = [replace(c, nullable=True).ddl for c in lacking]  # old rows have no value
        if added:
            self.spark.sql(f"ALTER TABLE {self.identifier(name)} ADD COLUMNS ({', '.join(added)})")

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
