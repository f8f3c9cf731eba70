"""Writing what differs: one MERGE or append for the rows of a table that are not as they should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from eds_spark_imaging.lake.pruning import covering
from eds_spark_imaging.lake.tables import LakeTables
from eds_spark_imaging.tables import Table
from eds_spark_imaging.transforms.changes import HASH, differences, owned_hash, same_keys

RUN = "changed_run"
_OPERATIONS = {"inserted": "insert", "updated": "update", "deleted": "delete"}


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


class LakeMerging(LakeTables):
    """Tables whose rows can be brought up to date; :meth:`sync` and :meth:`update` write only the rows that differ."""

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
            by_operation = {what: F.count_if(F.col("_op") == op) for what, op in _OPERATIONS.items()}
            changes, counts = scratch.keep_counted("changes", changes, **by_operation)
            done = Changes(**counts)
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
            changes, counts = scratch.keep_counted("changes", changes, rows=F.count(F.lit(1)))
            if counts["rows"]:
                self.merge(name, changes, table.keys, [*columns, stamp[0]])
            return counts["rows"]

    def _in_scope(self, name: str, scope: DataFrame | None, within: Column | None) -> DataFrame:
        table = self.catalogue[name]
        rows = self.read(name) if within is None else self.read(name).where(within)
        rows = rows.select(*table.keys, HASH)
        return rows if scope is None else rows.join(scope.distinct(), scope.columns, "left_semi")
