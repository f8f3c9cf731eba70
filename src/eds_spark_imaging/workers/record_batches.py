"""Record batches on their way to the driver: as bytes, since rows would be taken apart value by value."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

PACKED = "batch binary"
_SCHEMA = pa.schema([("batch", pa.binary())])


def packed(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """For mapInArrow: each batch as one row of :data:`PACKED`."""
    for batch in batches:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        yield pa.record_batch([pa.array([sink.getvalue().to_pybytes()], pa.binary())], schema=_SCHEMA)


def unpacked(data: bytes) -> pa.Table:
    """The batch of one row."""
    return pa.ipc.open_stream(data).read_all()
