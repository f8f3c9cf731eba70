"""The only reader and writer of our Delta tables: a directory, or a database of the metastore.

Every write is one commit; :meth:`Lake.sync` and :meth:`Lake.update` write only the rows that differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.config import LakeConfig
from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.lake.lock import lake_lock
from eds_spark_imaging.lake.pruning import covering
from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.lake.views import VIEWS
from eds_spark_imaging.spark.hadoop import HadoopPath
from eds_spark_imaging.tables import Catalogue, Table
from eds_spark_imaging.tables.spec import sql_type
from eds_spark_imaging.transforms.changes import HASH, differences, owned_hash, same_keys

__all__ = ["HASH", "RUN", "Changes", "Lake", "Size"]

RUN = "changed_run"
# Every run adds a small file to these.
_GROWING = ("imaging_run", "dicom_study_touched")
_MANY_FILES = 50


@dataclass(frozen=True)
class Changes:
    """What a sync did to a table, in rows."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    @property
    def total(self) -> int:
        """All rows written or deleted."""
        return self.inserted + self.updated + self.deleted


class Size(NamedTuple):
    """Files and bytes of a table as it stands, and of all that its store has for it, but for the log."""

    files: int
    bytes: int
    stored_files: int
    stored_bytes: int


class Lake:
    """The tables of one lake. ``read`` of a table that is not there yet gives an empty frame of its schema."""

    def __init__(self, spark: SparkSession, config: LakeConfig, catalogue: Catalogue) -> None:
        self.spark = spark
        self.catalogue = catalogue
        self.database = config.database
        self._complete: set[str] = set()  # tables that have all their columns: a job writes to some many times
        if "`" in (config.path or ""):
            raise LakeError("the lake's path may not hold a backquote")
        if self.database:
            spark.sql(f"CREATE DATABASE IF NOT EXISTS {self.database}")
            location = spark.sql(f"DESCRIBE DATABASE {self.database}").where("info_name = 'Location'").first()
            self.root = str(location["info_value"]) if location else ""
        else:
            self.root = (config.path or "").rstrip("/")

    def lock(self) -> AbstractContextManager[None]:
        """One writer at a time; LakeError with who holds it where another run does."""
        return lake_lock(self.spark, self.root)

    def identifier(self, name: str) -> str:
        """The table's name in SQL."""
        if self.database:
            return f"{self.database}.{name}"
        return f"delta.`{self.root}/{name}`"

    def staging(self, run_id: str) -> str:
        """The run-scoped folder of a run; that of all runs where ``run_id`` is empty."""
        return f"{self.root}/_staging/{run_id}".rstrip("/")

    def scratch(self, purpose: str) -> Scratch:
        """A folder for frames that are used several times; empty at first."""
        return Scratch(self.spark, f"{self.root}/_scratch/{purpose}")

    def exists(self, name: str) -> bool:
        """True where the table has been written."""
        from delta.tables import DeltaTable  # noqa: PLC0415 - needs the session's JARs

        if self.database:
            return bool(self.spark.catalog.tableExists(self.identifier(name)))
        return bool(DeltaTable.isDeltaTable(self.spark, f"{self.root}/{name}"))

    def version(self, name: str) -> int:
        """The number of the table's last commit, -1 where it is not there."""
        if not self.exists(name):
            return -1
        row = self.spark.sql(f"DESCRIBE HISTORY {self.identifier(name)} LIMIT 1").first()
        return int(row["version"]) if row else -1

    def read(self, name: str) -> DataFrame:
        """The table with all declared columns, null where it has not got them yet; empty where it is not there."""
        table = self.catalogue[name]
        if not self.exists(name):
            # LIMIT 0, and not an empty RDD: the optimiser then leaves out whatever is joined with it.
            nulls = ", ".join(f"CAST(NULL AS {sql_type(c.type)}) AS `{c.name}`" for c in table)
            return self.spark.sql(f"SELECT {nulls} LIMIT 0")
        rows = self.spark.table(self.identifier(name))
        there = set(rows.columns)
        return rows.withColumns({c.name: F.lit(None).cast(sql_type(c.type)) for c in table if c.name not in there})

    def changes(self, name: str, first: int) -> DataFrame:
        """What the commits from version ``first`` on have changed, with ``_change_type``, by the change data feed."""
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
            return
        there = set(self.spark.table(self.identifier(name)).columns)
        added = [c.ddl for c in table if c.name not in there]
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
            writer.save(f"{self.root}/{name}")

    def merge(
        self,
        name: str,
        changes: DataFrame,
        keys: Sequence[str],
        update: Sequence[str],
        *,
        insert: bool = False,
        delete: Column | None = None,
        late: Sequence[str] = (),
        within: Column | None = None,
    ) -> None:
        """MERGE ``changes`` (unique by ``keys``) into the table's rows ``within`` bounds, by default of the first key.

        Matched rows get the columns ``update``; with ``late``, those that a later run has changed get these only.
        Unmatched ones are inserted where ``insert``; a matched row is deleted where ``delete`` (over the alias s)
        holds.
        """
        from delta.tables import DeltaTable  # noqa: PLC0415

        self.create(name)
        target = (
            DeltaTable.forName(self.spark, self.identifier(name))
            if self.database
            else DeltaTable.forPath(self.spark, f"{self.root}/{name}")
        )
        condition = same_keys(self.catalogue[name], keys, "t.", "s.")
        condition &= covering(changes, keys[0], F.col(f"t.{keys[0]}")) if within is None else within
        merge = target.alias("t").merge(changes.alias("s"), condition)
        if delete is not None:
            merge = merge.whenMatchedDelete(delete)
        if update:
            in_time = F.col(f"t.{RUN}") <= F.col(f"s.{RUN}") if late else None
            merge = merge.whenMatchedUpdate(in_time, {c: F.col(f"s.{c}") for c in update})
        if late:
            merge = merge.whenMatchedUpdate(set={c: F.col(f"s.{c}") for c in late})
        if insert:
            given = set(changes.columns)
            columns = [c for c in self.catalogue[name].names if c in given]
            merge = merge.whenNotMatchedInsert(values={c: F.col(f"s.{c}") for c in columns})
        merge.execute()

    def sync(
        self,
        name: str,
        desired: DataFrame,
        run_id: str,
        *,
        scope: DataFrame | None = None,
        foreign: Sequence[str] = (),
        within: Column | None = None,
    ) -> Changes:
        """Make the rows in scope equal to ``desired``, writing only those whose hash differs.

        ``scope`` holds key columns of the rows that ``desired`` replaces (None: the whole table), ``within`` is true
        of all of these; rows in scope that ``desired`` lacks are deleted. ``foreign`` columns belong to another job:
        set on insert, kept on update.
        """
        table = self.catalogue[name]
        given = set(desired.columns) - {*foreign, HASH, RUN}
        owned = [c for c in table.names if c in given]
        if not self.exists(name):
            return self._fill(table, desired, owned, run_id)
        self.create(name)
        changes = differences(table, desired, self._in_scope(name, scope, within), owned).withColumn(RUN, F.lit(run_id))
        with self.scratch(f"sync_{name}") as scratch:
            changes = scratch.keep("changes", changes)
            counts = {row["_op"]: row["count"] for row in changes.groupBy("_op").count().collect()}
            done = Changes(counts.get("insert", 0), counts.get("update", 0), counts.get("delete", 0))
            if done.updated or done.deleted:
                update = [c for c in (*owned, HASH, RUN) if c not in table.keys]
                self.merge(
                    name, changes, table.keys, update, insert=bool(done.inserted), delete=F.expr("s._op = 'delete'")
                )
            elif done.inserted:
                self.append(name, changes.drop("_op"))
            return done

    def _fill(self, table: Table, desired: DataFrame, owned: Sequence[str], run_id: str) -> Changes:
        """The first rows of a table: nothing to compare with."""
        counted = Observation()
        rows = desired.withColumns({HASH: owned_hash(table, owned), RUN: F.lit(run_id)})
        self.append(table.name, rows.observe(counted, F.count(F.lit(1)).alias("rows")))
        return Changes(inserted=int(counted.get["rows"]))

    def update(self, name: str, rows: DataFrame, columns: Sequence[str], stamp: tuple[str, str]) -> int:
        """Set ``columns`` of existing rows, only where a value differs; ``stamp`` is (column, run id) set with them.

        Returns the number of rows changed.
        """
        table = self.catalogue[name]
        there = self.read(name).select(*table.keys, *[F.col(c).alias(f"_{c}") for c in columns])
        differs = reduce(lambda a, b: a | b, [~F.col(c).eqNullSafe(F.col(f"_{c}")) for c in columns])
        changes = (
            rows.select(*table.keys, *columns)
            .join(there, list(table.keys), "inner")
            .where(differs)
            .select(*table.keys, *columns, F.lit(stamp[1]).alias(stamp[0]))
        )
        with self.scratch(f"update_{name}") as scratch:
            changes = scratch.keep("changes", changes)
            count = changes.count()
            if count:
                self.merge(name, changes, table.keys, [*columns, stamp[0]])
            return count

    def _in_scope(self, name: str, scope: DataFrame | None, within: Column | None) -> DataFrame:
        table = self.catalogue[name]
        rows = self.read(name) if within is None else self.read(name).where(within)
        rows = rows.select(*table.keys, HASH)
        return rows if scope is None else rows.join(scope.distinct(), scope.columns, "left_semi")

    def size(self, name: str) -> Size:
        """How large the table is."""
        row = self.spark.sql(f"DESCRIBE DETAIL {self.identifier(name)}").collect()[0]
        folder = HadoopPath(self.spark, row["location"])
        stored = [whole - log for whole, log in zip(folder.size(), (folder / "_delta_log").size(), strict=True)]
        return Size(row["numFiles"], row["sizeInBytes"], *stored)

    def optimize(self, name: str) -> None:
        """Merge small files into larger ones, clustered as the table says; the content is the same."""
        self.spark.sql(f"OPTIMIZE {self.identifier(name)}").collect()

    def merge_small_appends(self, many: int = _MANY_FILES) -> None:
        """Compact the tables to which every run appends a few rows, where they have ``many`` files.

        Delta's own compaction after each append takes a second in every session.
        """
        for name in _GROWING:
            if self.exists(name) and len(self.spark.table(self.identifier(name)).inputFiles()) >= many:
                self.optimize(name)

    def vacuum(self, name: str, hours: int) -> None:
        """Delete files that no version of the last ``hours`` needs, and those that no commit ever named."""
        self.spark.sql(f"VACUUM {self.identifier(name)} RETAIN {hours} HOURS").collect()

    def register(self) -> list[str]:
        """Make every table there is, and the views over them, known by name to the session; returns the names."""
        names = [table.name for table in self.catalogue if self.exists(table.name)]
        if self.database:
            self.spark.sql(f"USE {self.database}")
        for name in names:
            self.read(name).createOrReplaceTempView(name)
        for view in VIEWS:
            if view.table in names:
                self.spark.sql(f"CREATE OR REPLACE TEMPORARY VIEW {view.name} AS {view.select(self.catalogue)}")
                names.append(view.name)
        return names
