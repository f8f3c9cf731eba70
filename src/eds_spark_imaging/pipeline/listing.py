"""The listing of all sources: the top of each tree here, its levels and subtrees in tasks.

Nothing is held for a whole source in one place. The driver looks at no more than ``LIMIT`` entries of a source. Each
folder that it comes to is listed by a task, which hands the folders in it on; these subtrees are spread over all tasks.
So neither a folder with millions of files nor one with a hundred thousand folders holds up the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Final

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from eds_spark_imaging.context import Context
from eds_spark_imaging.dicom.listing import Entry, Folder, top_of
from eds_spark_imaging.dicom.stores import store_of
from eds_spark_imaging.pipeline.inventory import read_inventory
from eds_spark_imaging.transforms.listing import LISTED, WORK_DDL, list_level, list_trees, row_of, work_batch

LIMIT: Final = 5_000  # entries and folders of a source that the driver looks at
_FOLDERS: Final = 64  # at which it stops looking deeper: each may be a request to a store
_TASKS_PER_SLOT: Final = 4


def listing(context: Context) -> DataFrame:
    """Every entry of every source, schema ``LISTED``, unique by path: listed, or taken from its inventory."""
    sources = context.config.sources
    walked = {source.name: source.root for source in sources if not source.inventory}
    frames = [walk(context.spark, walked, context.parallelism)] if walked else []
    frames += [read_inventory(context.spark, source) for source in sources if source.inventory]
    return reduce(DataFrame.unionByName, frames)


def walk(spark: SparkSession, roots: Mapping[str, str], slots: int, limit: int = LIMIT) -> DataFrame:
    """Every entry below ``roots``, which are by source, schema ``LISTED``. ``slots``: tasks that run at once."""
    rows, count = [], 0
    for source, root in roots.items():
        entries, folders = top_of(store_of(root), root, min(slots * 8, _FOLDERS), limit)
        found: list[Entry | Folder] = [*entries, *folders]
        rows += [row_of(source, each) for each in found]
        count += len(folders)
    work = spark.createDataFrame(pa.Table.from_batches([work_batch(rows)]), WORK_DDL)
    if count:
        tasks = slots * _TASKS_PER_SLOT
        work = work.repartition(min(count, tasks)).mapInArrow(list_level(dict(roots)), WORK_DDL)
        work = work.repartition(tasks).mapInArrow(list_trees(dict(roots)), WORK_DDL)
    return work.select(*LISTED.names)
