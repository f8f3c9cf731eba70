"""The job `index`: list the sources on the executors and bring ``dicom_file`` up to date."""

from __future__ import annotations

import os

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from eds_spark_imaging.context import Context, Run
from eds_spark_imaging.dicom.listing import list_folder, spread
from eds_spark_imaging.errors import AccountingError
from eds_spark_imaging.tables.files import FileStatus
from eds_spark_imaging.transforms.listing import LISTED_DDL, file_changes, list_batches, listed_batch

MAX_REMOVED = 0.05  # of the files of a source


def index(context: Context, *, allow_removals: bool = False) -> None:
    """List every source; new, changed, restored and removed files become rows or changes of ``dicom_file``.

    Raises AccountingError where more than 5 % of a source's files are
    gone and ``allow_removals`` is false (an unmounted share deletes nothing).
    """
    with context.run("index") as run:
        names = [source.name for source in context.config.sources]
        listed = listing(context).persist(StorageLevel.DISK_ONLY)
        known = _known(context, names, listed)
        changes = file_changes(listed, known).persist(StorageLevel.DISK_ONLY)
        try:
            run.main_count = "files_listed"
            run.count(files_listed=listed.count())
            counts = {(r["source"], r["_op"]): r["count"] for r in changes.groupBy("source", "_op").count().collect()}
            if not allow_removals:
                _check_removals(known, counts)
            for operation in ("new", "changed", "removed"):
                run.count(**{operation: sum(n for (_, op), n in counts.items() if op == operation)})
            _write(context, run, changes)
        finally:
            changes.unpersist()
            listed.unpersist()


def listing(context: Context) -> DataFrame:
    """Every entry of every source: the top of each tree from here, its subtrees in tasks."""
    wanted = context.parallelism * 8
    entries: list[tuple[object, ...]] = []
    folders: list[tuple[str, str]] = []
    for source in context.config.sources:
        root = source.root.rstrip("/") or "/"
        if not os.path.isdir(root):
            found, _ = list_folder(os.path.dirname(root))
            entries += [(source.name, *entry) for entry in found if entry.path == root]
            continue
        found, below = spread(root, wanted)
        entries += [(source.name, *entry) for entry in found]
        folders += [(source.name, folder) for folder in below]
    spark = context.spark
    top = spark.createDataFrame(_arrow(entries), LISTED_DDL) if entries else spark.createDataFrame([], LISTED_DDL)
    if not folders:
        return top
    partitions = max(1, min(len(folders), context.parallelism * 4))
    roots = spark.createDataFrame(folders, "source string, folder string").repartition(partitions)
    return top.unionByName(roots.mapInArrow(list_batches(), LISTED_DDL))


def _known(context: Context, names: list[str], listed: DataFrame) -> DataFrame:
    """The files of these sources, and listed ones that the lake has under another source's name."""
    files = context.lake.read("dicom_file").drop("archive")
    ours = F.col("source").isin(names)
    return files.where(ours).unionByName(files.where(~ours).join(listed.select("path"), "path", "left_semi"))


def _arrow(entries: list[tuple[object, ...]]) -> object:
    import pyarrow as pa  # noqa: PLC0415

    return pa.Table.from_batches([listed_batch(entries)])


def _check_removals(known: DataFrame, counts: dict[tuple[str, str], int]) -> None:
    removed = {source: n for (source, operation), n in counts.items() if operation == "removed"}
    if not removed:
        return
    present = known.where(F.col("status") != str(FileStatus.REMOVED)).groupBy("source").count().collect()
    for row in present:
        gone = removed.get(row["source"], 0)
        if gone > MAX_REMOVED * row["count"] and gone > 1:
            raise AccountingError(
                f"source {row['source']}: {gone} of {row['count']} files are gone; if that is right, --allow-removals"
            )


def _write(context: Context, run: Run, changes: DataFrame) -> None:
    stamped = changes.withColumns({"changed_run": F.lit(run.run_id), "first_run": F.lit(run.run_id)})
    if run.counts["changed"] or run.counts["removed"]:
        changed = stamped.where(F.col("_op") != "new").drop("_op", "first_run")
        update = ["source", "status", "size", "modified", "reason", "changed_run"]
        context.lake.merge("dicom_file", changed, ["path"], update)
    if run.counts["new"]:
        context.lake.append("dicom_file", stamped.where(F.col("_op") == "new").drop("_op"), run.run_id)
    else:
        context.lake.create("dicom_file")
