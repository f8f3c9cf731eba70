"""Files to staged rows: the header reader inside mapInArrow, one pass over the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from eds_spark_imaging.dicom.attribute import Attribute
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.result import Header
from eds_spark_imaging.dicom.storage import LocalFile
from eds_spark_imaging.tables import Table

Batches = Iterator[pa.RecordBatch]
ROWS_PER_BATCH = 1000


def parse_batches(
    staged: Table, attributes: Sequence[Attribute], options: Mapping[str, Mapping[str, Any]]
) -> Callable[[Batches], Batches]:
    """For mapInArrow over rows (path, source): the staged row of each file.

    ``options`` holds the reader's options (charsets) by source. A file that cannot be read is a quarantined row.
    """

    def parse(batches: Batches) -> Batches:
        readers: dict[str, HeaderReader] = {}
        for batch in batches:
            assembler = Assembler(staged)
            for path, source in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
                if source not in readers:
                    readers[source] = HeaderReader(attributes, **options.get(source, {}))
                assembler.add(path, source, readers[source].read(LocalFile(path)))
                if assembler.count == ROWS_PER_BATCH:
                    yield assembler.batch()
            if assembler.count:
                yield assembler.batch()

    return parse


class Assembler:
    """Collects headers and gives them as one Arrow batch of the staging schema.

    Columns that no header of the batch fills are made as nulls in one go: a batch of CT has hundreds of them.
    """

    def __init__(self, staged: Table) -> None:
        self._schema = staged.arrow_schema
        self._start()

    def _start(self) -> None:
        self.count = 0
        self._columns: dict[str, list[Any]] = {}

    def add(self, path: str, source: str, header: Header) -> None:
        """Add the row of one file."""
        row: dict[str, Any] = dict(header.values)
        row["path"] = path
        row["source"] = source
        row["status"] = header.status.value
        row["reason"] = header.reason
        row["header_bytes"] = header.header_bytes
        row["bytes_read"] = header.bytes_read
        row["has_preamble"] = header.has_preamble
        row["has_pixel_data"] = header.has_pixel_data
        row["header_digest"] = header.digest
        if header.issues:
            row["issues"] = [issue._asdict() for issue in header.issues]
        if header.frame_ranges:
            row["frame_ranges"] = [(k, {"min": low, "max": high}) for k, (low, high) in header.frame_ranges.items()]
        for column, minutes in header.offsets.items():
            row[f"{column}_utc_offset"] = minutes
        columns, position = self._columns, self.count
        for name, value in row.items():
            values = columns.get(name)
            if values is None:
                values = columns[name] = []
            if len(values) < position:
                values.extend([None] * (position - len(values)))
            values.append(value)
        self.count += 1

    def batch(self) -> pa.RecordBatch:
        """The rows so far, and start again."""
        arrays, count = [], self.count
        for field in self._schema:
            values = self._columns.pop(field.name, None)
            if values is None:
                arrays.append(pa.nulls(count, field.type))
                continue
            values.extend([None] * (count - len(values)))
            arrays.append(pa.array(values, field.type))
        if self._columns:
            raise KeyError(f"the reader gave columns that are not declared: {sorted(self._columns)}")
        self._start()
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)
