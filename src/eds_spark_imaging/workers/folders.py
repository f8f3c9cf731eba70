"""Listing in tasks: rows are entries that are done, or folders that a task takes up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

import pyarrow as pa

from eds_spark_imaging.storage import store_of
from eds_spark_imaging.storage.entries import Entry, Folder
from eds_spark_imaging.tables.spec import BIGINT, STRING
from eds_spark_imaging.workers.memory import freeze_loaded

LISTED = pa.schema([("source", STRING), ("path", STRING), ("size", BIGINT), ("modified", BIGINT), ("problem", STRING)])
LISTED_DDL = "source string, path string, size bigint, modified bigint, problem string"
# A folder's name is bytes: it need not be text, and is handed on as it is.
WORK: Final = LISTED.append(pa.field("folder", pa.binary()))
WORK_DDL: Final = f"{LISTED_DDL}, folder binary"
_BATCH = 10_000

Batches = Iterator[pa.RecordBatch]
Row = tuple[object, ...]


def row_of(source: str, found: Entry | Folder) -> Row:
    """One row of ``WORK``."""
    if isinstance(found, Folder):
        return source, None, None, None, None, os.fsencode(found.path)
    return source, *found, None


def list_level(roots: Mapping[str, str]) -> Callable[[Batches], Batches]:
    """For mapInArrow over ``WORK``: each folder gives way to its entries and folders. ``roots`` by source."""
    return _expand(lambda source, folder: store_of(folder).list_folder(folder, roots[source]))


def list_trees(roots: Mapping[str, str]) -> Callable[[Batches], Batches]:
    """For mapInArrow over ``WORK``: each folder gives way to every entry below it. ``roots`` by source."""
    return _expand(lambda source, folder: store_of(folder).walk(folder, roots[source]))


def _expand(listing: Callable[[str, str], Iterator[Entry | Folder] | Iterator[Entry]]) -> Callable[[Batches], Batches]:
    def expand(batches: Batches) -> Batches:
        freeze_loaded()
        for batch in batches:
            folders = batch.filter(batch.column(5).is_valid())
            if folders.num_rows < batch.num_rows:
                yield batch.filter(batch.column(5).is_null())
            rows = (
                row_of(source, found)
                for source, name in zip(folders.column(0).to_pylist(), folders.column(5).to_pylist(), strict=True)
                for found in listing(source, os.fsdecode(name))
            )
            while part := list(islice(rows, _BATCH)):
                yield work_batch(part)

    return expand


def work_batch(rows: Iterable[Row]) -> pa.RecordBatch:
    """Rows of ``WORK`` as one Arrow batch."""
    columns = list(zip(*rows, strict=True)) or [()] * len(WORK)
    return pa.RecordBatch.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, WORK, strict=True)], schema=WORK
    )
