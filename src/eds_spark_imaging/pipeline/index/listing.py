"""The listing of all sources: the top of each tree here, its levels and subtrees in tasks.

Nothing is held for a whole source in one place. The driver looks at no more than ``LIMIT`` entries of a source. Each
folder that it comes to is listed by a task, which hands the folders in it on; these subtrees are spread over all tasks.
So neither a folder with millions of files nor one with a hundred thousand folders holds up the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Final, NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.pipeline.index.inventory import read_inventory
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.storage import store_of
from eds_spark_imaging.storage.entries import Entry, Folder
from eds_spark_imaging.storage.subtrees import top_of
from eds_spark_imaging.workers.folders import LISTED, WORK_DDL, list_level, list_trees, row_of, work_batch

LIMIT: Final = 5_000  # entries and folders of a source that the driver looks at
_FOLDERS: Final = 64  # at which it stops looking deeper: each may be a request to a store
_TASKS_PER_SLOT: Final = 4  # of subtrees, whose sizes differ


class Listing(NamedTuple):
    """Entries of sources, schema ``LISTED``, unique by path; how many of sources listed ``whole`` and in ``part``."""

    rows: DataFrame
    whole: int
    part: int


def listing(context: Context, scratch: Scratch) -> Listing:
    """Every entry of every source: listed, or taken from its inventory."""
    sources = context.config.sources
    walked = {source.name: source.root for source in sources if not source.inventory}
    frames, whole, part = [], 0, 0
    if walked:
        rows, whole = walk(context.spark, scratch, walked, context.parallelism)
        frames.append(rows)
    for number, source in enumerate(sources):
        if source.inventory:
            rows = read_inventory(context.spark, source)
            rows, counts = scratch.keep_counted(f"inventory_{number}", rows, rows=F.count(F.lit(1)))
            frames.append(rows)
            whole, part = whole + counts["rows"] * (not source.is_partial), part + counts["rows"] * source.is_partial
    return Listing(reduce(DataFrame.unionByName, frames), whole, part)


def walk(
    spark: SparkSession, scratch: Scratch, roots: Mapping[str, str], slots: int, limit: int = LIMIT
) -> tuple[DataFrame, int]:
    """Every entry below ``roots``, by source, schema ``LISTED``; and how many. ``slots``: tasks that run at once."""
    rows, deep = [], 0
    for source, root in roots.items():
        entries, folders = top_of(store_of(root), root, min(slots * 8, _FOLDERS), limit)
        found: list[Entry | Folder] = [*entries, *folders]
        rows += [row_of(source, each) for each in found]
        deep += len(folders)
    tasks = slots * _TASKS_PER_SLOT
    level = spark.createDataFrame(pa.Table.from_batches([work_batch(rows)]), WORK_DDL)
    if deep:
        level = level.repartition(min(deep, slots * 2)).mapInArrow(list_level(dict(roots)), WORK_DDL)
    level, counts = scratch.keep_counted("level", level, entries=F.count("path"), folders=F.count("folder"))
    listed, count = level.where(F.col("folder").isNull()).select(*LISTED.names), counts["entries"]
    if counts["folders"]:
        trees = level.where(F.col("folder").isNotNull()).repartition(tasks)
        trees = trees.mapInArrow(list_trees(dict(roots)), WORK_DDL).select(*LISTED.names)
        trees, counts = scratch.keep_counted("trees", trees, entries=F.count("path"))
        listed, count = listed.unionByName(trees), count + counts["entries"]
    return listed, count
