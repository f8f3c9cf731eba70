"""Rows of dicom_instance as bytes within the slim staging, so that Spark handles hundreds of null columns once only.

A lot of files fills some 150 of 600 columns. Each column costs Spark about as much null as filled, in every pass.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import pyarrow as pa

from eds_spark_imaging.dicom.result import HeaderStatus
from eds_spark_imaging.tables import Table
from eds_spark_imaging.tables.files import STAGED
from eds_spark_imaging.workers.memory import freeze_loaded

Batches = Iterator[pa.RecordBatch]
_COMPRESSION = pa.ipc.IpcWriteOptions(compression="lz4")


def pack(readings: pa.RecordBatch, staged: pa.Schema, instance: Collection[str]) -> pa.RecordBatch:
    """One lot of readings as rows of the staging; of the columns ``instance``, those that are not null are packed."""
    parsed = pa.compute.equal(readings.column("status"), HeaderStatus.PARSED.value)
    # Of the hundreds of columns only those with a value are filtered.
    filled = [f.name for f, c in zip(readings.schema, readings.columns, strict=True) if c.null_count < len(c)]
    rows = readings.select([name for name in filled if name in instance]).filter(parsed)
    names = [f.name for f, c in zip(rows.schema, rows.columns, strict=True) if c.null_count < len(c)]
    packed = None
    if names:
        sink = pa.BufferOutputStream()
        lot = rows.select(names)
        with pa.ipc.new_stream(sink, lot.schema, options=_COMPRESSION) as stream:
            stream.write_batch(lot)
        packed = sink.getvalue().to_pybytes()
    rest = [None] * (len(readings) - 1)
    columns = [readings.column(name) for name in STAGED]
    columns += [pa.array([packed, *rest], pa.binary()), pa.array([names, *rest], staged.field("filled").type)]
    return pa.RecordBatch.from_arrays(columns, schema=staged)


def unpack(instance: Table, filled: Collection[str]) -> tuple[Callable[[Batches], Batches], str]:
    """For mapInArrow over rows (packed): the rows of dicom_instance with its columns ``filled``; and their DDL."""
    table = instance.only(filled)
    schema = table.arrow_schema

    def unpacked(batches: Batches) -> Batches:
        freeze_loaded()
        for batch in batches:
            for packed in batch.column(0):
                with pa.ipc.open_stream(packed.as_buffer()) as stream:
                    for lot in stream:
                        there = set(lot.schema.names)
                        columns = [
                            lot.column(f.name) if f.name in there else pa.nulls(len(lot), f.type) for f in schema
                        ]
                        yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return unpacked, table.spark_ddl
