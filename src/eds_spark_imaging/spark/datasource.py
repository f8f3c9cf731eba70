"""``spark.read.format("dicom").load(folder)``: headers as a frame, for notebooks.

>>> register_dicom(spark)
>>> spark.read.format("dicom").option("columns", "modality, kvp").load("/data/exams").show()

It is made with Spark's Python Data Source API, which sets its limits: the folder is listed by the driver alone, in one
go; columns that a query does not use are read all the same, so name those that you want (``columns``); no filter is
passed on. Only local and mounted folders are read, archives are not looked into, and nothing is remembered: every
query reads the headers again. The jobs `index` and `parse` have none of these limits.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
from pyspark.sql.pandas.types import to_arrow_schema

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.declaration.attribute import Attribute
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.errors import ConfigError, InputError
from eds_spark_imaging.storage import store_of
from eds_spark_imaging.storage.source import LocalFile
from eds_spark_imaging.tables.attributes import offset_column
from eds_spark_imaging.tables.files import READING, SOURCE, readings
from eds_spark_imaging.tables.spec import Table
from eds_spark_imaging.workers.memory import freeze_loaded
from eds_spark_imaging.workers.parsing import ROWS_PER_BATCH, Assembler, FileReading

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession
    from pyspark.sql.types import StructType

OPTIONS: Final = ("path", "columns", "charset", "files_per_task")
FILES_PER_TASK: Final = 1000
_ALWAYS: Final = ("path", "status", "reason", "issues")


def register_dicom(spark: SparkSession) -> None:
    """Make the format ``dicom`` known to a session."""
    spark.dataSource.register(DicomDataSource)


@dataclass
class Files(InputPartition):
    """The files of one task."""

    paths: tuple[str, ...]


class DicomDataSource(DataSource):
    """The format ``dicom``: a row for each file below a folder, whatever it holds.

    Columns are those of ``dicom_instance`` that reading gives, with ``status``, ``reason`` and ``issues``. Options:

    - ``columns``: names, separated by commas, to be read besides path, status, reason and issues; all by default;
    - ``charset``: character set of text above ASCII in files that declare none, as ``ISO_IR 100`` or ``cp1252``;
    - ``files_per_task``: 1000 by default.

    Raises ConfigError on an unknown option, column or character set, InputError where the path is not there.
    """

    @classmethod
    def name(cls) -> str:
        """What ``format`` is given."""
        return "dicom"

    def schema(self) -> str:
        """The columns, as Spark's DDL."""
        return _selection(self.options)[1].spark_ddl

    def reader(self, schema: StructType) -> DicomReader:
        """What lists and reads."""
        return DicomReader(self.options, schema)


class DicomReader(DataSourceReader):
    """Lists files on the driver, reads them in tasks."""

    def __init__(self, options: Mapping[str, str], schema: StructType) -> None:
        self._root = _local_path(options.get("path"))
        self._files_per_task = _positive(options.get("files_per_task"))
        self._attributes, table = _selection(options)
        if schema.names != table.names:
            raise ConfigError("the format dicom has its own schema: choose columns with the option `columns`")
        self._schema = to_arrow_schema(schema)  # Spark wants its own names of the parts of nested types
        self._reader = HeaderReader(self._attributes, default_charset=options.get("charset"))

    def partitions(self) -> Sequence[Files]:
        """The files below the path, in lots."""
        is_file = os.path.isfile(self._root)
        paths = [self._root] if is_file else sorted(e.path for e in store_of(self._root).walk(self._root))
        size = self._files_per_task
        return [Files(tuple(paths[start : start + size])) for start in range(0, len(paths), size)]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """The headers of a lot of files, as Arrow batches."""
        freeze_loaded()
        assembler = Assembler(readings(self._attributes))
        paths = partition.paths if isinstance(partition, Files) else ()
        for start in range(0, len(paths), ROWS_PER_BATCH):
            for path in paths[start : start + ROWS_PER_BATCH]:
                assembler.add(FileReading(path, "", self._reader.read(LocalFile(path))))
            yield assembler.batch().select(self._schema.names).cast(self._schema)


def _selection(options: Mapping[str, str]) -> tuple[tuple[Attribute, ...], Table]:
    """The attributes to read and the columns to show."""
    if unknown := sorted(set(options) - set(OPTIONS)):
        raise ConfigError(f"the format dicom has no option {unknown[0]!r}; there are {', '.join(OPTIONS)}")
    attributes = declaration()
    columns = [c for c in readings(attributes).columns if c is not SOURCE and c not in READING]
    wanted = {name.strip() for name in options.get("columns", "").split(",")} - {""}
    if wanted:
        if strange := sorted(wanted - {c.name for c in columns}):
            raise ConfigError(f"columns: there is no column {strange[0]!r}")
        columns = [c for c in columns if c.name in wanted or c.name in _ALWAYS]
        attributes = tuple(a for a in attributes if a.column in wanted or offset_column(a) in wanted)
    return attributes, Table("dicom", "file", "Headers of files", tuple(columns), ("path",))


def _local_path(path: Any) -> str:
    """The folder or file; InputError where it is not there."""
    if not path:
        raise InputError("the format dicom needs a path: load(path)")
    parts = urlsplit(path)
    if parts.scheme not in ("", "file"):
        raise InputError(f"the format dicom reads local and mounted folders, not {parts.scheme}://; use the job parse")
    local = unquote(parts.path) if parts.scheme else str(path)
    if not os.path.exists(local):
        raise InputError(f"{local} does not exist")
    return os.path.abspath(local)


def _positive(text: str | None) -> int:
    if text is None:
        return FILES_PER_TASK
    if not text.isdecimal() or int(text) == 0:
        raise ConfigError(f"files_per_task must be a positive number, not {text!r}")
    return int(text)
