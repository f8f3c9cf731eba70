"""The only reader and writer of our Delta tables: a directory, or a database of the metastore.

Every write is one commit; :meth:`Lake.sync` and :meth:`Lake.update` write only the rows that differ.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from pyspark.errors import PySparkException

from eds_spark_imaging.lake.lock import lake_lock
from eds_spark_imaging.lake.merging import RUN, Changes, LakeMerging
from eds_spark_imaging.lake.restoring import check_whole
from eds_spark_imaging.lake.view import words_of
from eds_spark_imaging.lake.views import VIEWS
from eds_spark_imaging.spark.hadoop import HadoopPath, are_there
from eds_spark_imaging.transforms.changes import HASH

__all__ = ["HASH", "RUN", "Changes", "Lake", "Size"]

# Every run adds a small file to these.
_GROWING = ("imaging_run", "dicom_study_touched")
_MANY_FILES = 50


class Size(NamedTuple):
    """Files and bytes of a table as it stands, and of all that its store has for it, but for the log."""

    files: int
    bytes: int
    stored_files: int
    stored_bytes: int


class Lake(LakeMerging):
    """The tables of one lake. ``read`` of a table that is not there yet gives an empty frame of its schema."""

    @contextmanager
    def lock(self, *, to_restore: bool = False) -> Iterator[None]:
        """One writer at a time; LakeError with who holds it where another run does.

        LakeError too where a restore was interrupted, but for one that takes the lock ``to_restore``.
        """
        with lake_lock(self.spark, self.root):
            if not to_restore:
                check_whole(self.spark, self.root)
            yield

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
            if self.exists(name) and self.files_known(name) >= many:
                self.optimize(name)

    def vacuum(self, name: str) -> None:
        """Delete files that no version of the table's retention needs, and those that no commit ever named."""
        self.spark.sql(f"VACUUM {self.identifier(name)}").collect()

    def can_restore(self, name: str, version: int) -> bool:
        """Whether the log of a version is there, and all files that the table as it stands does not have."""
        table = self.identifier(name)
        try:
            older = self.spark.sql(f"SELECT * FROM {table} VERSION AS OF {version}").inputFiles()
        except PySparkException:
            return False
        return are_there(self.spark, set(older) - set(self.spark.table(table).inputFiles()))

    def restore(self, name: str, version: int) -> None:
        """Bring the table back to a version: rows, columns and properties."""
        self.spark.sql(f"RESTORE TABLE {self.identifier(name)} TO VERSION AS OF {version}").collect()
        self._complete.discard(name)

    def register(self, mentioned: Collection[str] | None = None) -> list[str]:
        """Make every table there is, and the views over them, known by name to the session; returns the names.

        Only those ``mentioned``, where that is given: each takes a moment.
        """
        there = [table.name for table in self.catalogue if self.exists(table.name)]
        selects = {view.name: view.select(self.catalogue) for view in VIEWS if view.can_be_made(self.catalogue, there)}
        wanted = {*there, *selects} if mentioned is None else mentioned
        selects = {name: select for name, select in selects.items() if name in wanted}
        if self.database:
            self.spark.sql(f"USE {self.database}")
        for name in there:
            if name in wanted or any(name in words_of(select) for select in selects.values()):
                self.read(name).createOrReplaceTempView(name)
        for name, select in selects.items():
            self.spark.sql(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS {select}")
        return [*there, *selects]
