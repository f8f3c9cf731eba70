"""Files to staged rows: the header reader inside mapInArrow, one pass over the files."""

from __future__ import annotations

import datetime as dt
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, Self

import pyarrow as pa

from eds_spark_imaging.archives import has_archive_name
from eds_spark_imaging.dicom.header import HeaderReader, reader_of
from eds_spark_imaging.dicom.result import Header
from eds_spark_imaging.storage import Store, store_of
from eds_spark_imaging.tables import Catalogue, Table
from eds_spark_imaging.workers.crash import crash_point
from eds_spark_imaging.workers.members import read_archive
from eds_spark_imaging.workers.memory import freeze_loaded
from eds_spark_imaging.workers.packing import pack

Batches = Iterator[pa.RecordBatch]
ROWS_PER_BATCH = 1000
BYTES_PER_BATCH = 256 * 1024 * 1024  # of headers, which bounds what their values take
MAX_THREADS = 64  # of a task
_NOTHING: Mapping[str, Any] = {}


class Share(NamedTuple):
    """What a task opens: a file, or a part of a large archive."""

    path: str
    source: str
    size: int | None
    part: int = 0
    parts: int = 1


class FileReading(NamedTuple):
    """A file or member of an archive that was read."""

    path: str
    source: str
    header: Header
    size: int | None = None
    archive: str | None = None
    seconds: float | None = None


def parse_batches(catalogue: Catalogue, options: Mapping[str, Mapping[str, Any]]) -> Callable[[Batches], Batches]:
    """For mapInArrow over rows as :class:`Share`: the staged row of each file, and of each member of an archive.

    ``options`` holds the reader's options (charsets) by source. A file that cannot be read is a quarantined row.
    """
    attributes, readings, staged = catalogue.attributes, catalogue.readings, catalogue.staged.arrow_schema
    instance = frozenset(catalogue["dicom_instance"].names)

    def parse(batches: Batches) -> Batches:
        freeze_loaded()
        readers: dict[str, HeaderReader] = {}
        assembler = Assembler(readings)
        for batch in batches:
            shares = list(map(Share, *(column.to_pylist() for column in batch.columns)))
            for source in {share.source for share in shares} - readers.keys():
                readers[source] = reader_of(attributes, **options.get(source, {}))
            crash_point("worker")
            for reading in read_all(shares, readers):
                assembler.add(reading)
                if assembler.count == ROWS_PER_BATCH or assembler.weight > BYTES_PER_BATCH:
                    yield pack(assembler.batch(), staged, instance)
        if assembler.count:
            yield pack(assembler.batch(), staged, instance)

    return parse


def read_all(shares: Iterable[Share], readers: Mapping[str, HeaderReader]) -> Iterator[FileReading]:
    """Read in order; where the store answers late, many files at once."""
    with Pool() as pool:
        for share in shares:
            store, reader = store_of(share.path), readers[share.source]
            if has_archive_name(share.path):
                yield from _members(store, reader, share)
            elif store.concurrency == 1:
                yield _read(store, reader, share)
            else:
                yield from pool.put(store.concurrency, _read, store, reader, share)
        yield from pool.rest()


def _read(store: Store, reader: HeaderReader, share: Share) -> FileReading:
    began = time.perf_counter()
    header = reader.read(store.open(share.path, share.size))
    return FileReading(share.path, share.source, header, share.size, None, time.perf_counter() - began)


def _members(store: Store, reader: HeaderReader, share: Share) -> Iterator[FileReading]:
    source = store.open(share.path, share.size)
    began = time.perf_counter()
    for found in read_archive(reader, source, share.path, part=share.part, parts=share.parts):
        ended = time.perf_counter()
        yield FileReading(found.path, share.source, found.header, found.size, found.archive, ended - began)
        began = time.perf_counter()


class Pool:
    """Threads that read ahead of what is taken, by no more than their number."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(MAX_THREADS)  # started as they are needed
        self._running: deque[Future[FileReading]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._executor.shutdown(cancel_futures=True)

    def put(self, threads: int, work: Callable[..., FileReading], *arguments: Any) -> Iterator[FileReading]:
        """Start one more; gives the oldest while more than ``threads`` run."""
        self._running.append(self._executor.submit(work, *arguments))
        while len(self._running) > threads:
            yield self._running.popleft().result()

    def rest(self) -> Iterator[FileReading]:
        """What is still being read."""
        while self._running:
            yield self._running.popleft().result()


def _add_ranges(row: dict[str, Any], frame_ranges: Mapping[str, tuple[Any, Any]]) -> None:
    """Numbers as they are, dates and times as text: a map of Arrow holds values of one type."""
    for name, kinds, shown in (("frame_ranges", (int, float), float), ("frame_periods", (str, dt.date), str)):
        found = {k: bounds for k, bounds in frame_ranges.items() if isinstance(bounds[0], kinds)}
        if found:
            row[name] = [(k, {"min": shown(low), "max": shown(high)}) for k, (low, high) in found.items()]


class Assembler:
    """Collects readings and gives them as one Arrow batch.

    Columns that no header of the batch fills are made as nulls in one go: a batch of CT has hundreds of them. Values
    that headers have in common are handed to Arrow once.
    """

    def __init__(self, readings: Table) -> None:
        self._schema = readings.arrow_schema
        self._start()

    def _start(self) -> None:
        self.count = 0
        self.weight = 0
        self._columns: dict[str, list[Any]] = {}
        self._commons: list[Mapping[str, Any]] = []
        self._number_of: dict[int, int] = {}  # by what a header has in common with others
        self._numbers: list[int] = []

    def add(self, reading: FileReading) -> None:
        """Add the row of one file."""
        header = reading.header
        common = _NOTHING if header.common is None else header.common
        row: dict[str, Any] = dict(header.values if header.common is None else header.own)
        number = self._number_of.setdefault(id(common), len(self._commons))
        if number == len(self._commons):
            self._commons.append(common)
        self._numbers.append(number)
        row["path"] = reading.path
        row["source"] = reading.source
        row["size"] = reading.size
        row["archive"] = reading.archive
        row["seconds"] = reading.seconds
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
            _add_ranges(row, header.frame_ranges)
        if header.frame_conflicts:
            row["frame_conflicts"] = header.frame_conflicts
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
        self.weight += header.header_bytes

    def batch(self) -> pa.RecordBatch:
        """The rows so far, and start again."""
        arrays, count = [], self.count
        commons, numbers = self._commons, pa.array(self._numbers)
        shared = frozenset[str]().union(*commons)
        unknown = {*self._columns, *shared}.difference(self._schema.names)
        if unknown:
            raise KeyError(f"the reader gave columns that are not declared: {sorted(unknown)}")
        for field in self._schema:
            name = field.name
            values = self._columns.get(name)
            if values is None:
                if name in shared:
                    arrays.append(pa.array([common.get(name) for common in commons], field.type).take(numbers))
                else:
                    arrays.append(pa.nulls(count, field.type))
                continue
            values.extend([None] * (count - len(values)))
            if name in shared:  # of a header, what is its own is not in what it has in common
                ours = [common.get(name) for common in commons]
                values = [ours[n] if value is None else value for value, n in zip(values, self._numbers, strict=True)]
            arrays.append(pa.array(values, field.type))
        self._start()
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)
