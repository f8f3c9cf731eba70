"""Reads the base centrale: whatever the site's names and types, canonical columns of the declared types come out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import asdict
from functools import reduce

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from eds_spark_imaging.config import WarehouseConfig
from eds_spark_imaging.errors import InputError
from eds_spark_imaging.spark.hadoop import folder_states
from eds_spark_imaging.spark.query_errors import QUERY_ERRORS
from eds_spark_imaging.tables.spec import DATE, WALL_CLOCK, sql_type
from eds_spark_imaging.warehouse.contract import INPUTS, ROW_STATUS, InputColumn, InputTable
from eds_spark_imaging.warehouse.jdbc import JdbcTables
from eds_spark_imaging.warehouse.mapping import aside, check_layout, column_names, concept, form, table_names

_MISSING = ("PATH_NOT_FOUND", "TABLE_OR_VIEW_NOT_FOUND", "DELTA_TABLE_NOT_FOUND", "DELTA_PATH_DOES_NOT_EXIST")
_TIMES = (T.TimestampType, T.TimestampNTZType, T.DateType, T.StringType)
_EPOCH = "1970-01-01 00:00:00"
# A time written with its zone is an instant, without it a wall-clock time.
_ZONE_SUFFIX = r"[0-9](Z|[+-][0-9]{2}:?[0-9]{2})\s*$"


class Warehouse:
    """The base centrale that ``config`` describes, opened lazily. ConfigError where the layout does not exist."""

    def __init__(self, spark: SparkSession, config: WarehouseConfig) -> None:
        check_layout(config)
        self._spark = spark
        self._config = config
        self._jdbc = JdbcTables(spark, config) if config.jdbc else None
        self._opened: dict[str, DataFrame] = {}  # a job asks for a table many times; opening one lists its files

    def table(self, name: str) -> DataFrame | None:
        """The canonical columns of a table, without deleted rows; None where an optional table is absent.

        Absent optional columns are null, values that do not fit the declared type become null. Instants are turned
        into the wall-clock time of the configured zone, whatever the zone of the session. InputError names a
        required table or column that is missing, or a column of a type that cannot be read. Of rows with one key one
        is taken, rows without key are left out (see :func:`one_for_each_key`).
        """
        every = self.rows(name)
        return None if every is None else one_for_each_key(INPUTS[name], every)

    def rows(self, name: str) -> DataFrame | None:
        """:meth:`table` with every row, also those whose key another row has, or that have none."""
        every = self._with_deleted(name)
        return None if every is None else every.where(~self._is_deleted(INPUTS[name]))

    def deleted(self, name: str) -> DataFrame:
        """The deleted rows of a table, each once. InputError where it is absent."""
        every = self._with_deleted(name)
        if every is None:
            raise self._absent(INPUTS[name])
        return one_for_each_key(INPUTS[name], every.where(self._is_deleted(INPUTS[name])))

    def _with_deleted(self, name: str) -> DataFrame | None:
        spec = INPUTS[name]
        raw = self._open(spec)
        if raw is None:
            return None
        raw = self._of_concept(spec, raw)
        by_name = {field.name.lower(): field for field in raw.schema}
        return raw.select(*[self._column(spec, column, by_name).alias(column.name) for column in spec])

    def required(self, name: str) -> DataFrame:
        """:meth:`table`, for a job that cannot do without it. InputError where it is absent."""
        frame = self.table(name)
        if frame is None:
            raise self._absent(INPUTS[name])
        return frame

    def check(self) -> None:
        """InputError at the first table or column that is required and missing, or cannot be read."""
        for name in INPUTS:
            self.table(name)

    def fingerprint(self, names: Collection[str] = tuple(INPUTS)) -> str | None:
        """A short name of the files behind tables and of how they are read, which changes when either does.

        None where that cannot be known: a table that is a view, or is not made of files.
        """
        files: list[str] = []
        for spec in (INPUTS[name] for name in names):
            frame = self._open(spec)
            if frame is None:
                continue
            there = frame.inputFiles()
            if not there or self._is_view(spec):
                return None
            files += there
        text = repr((asdict(self._config), sorted(files), folder_states(self._spark, files)))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest() if files else None

    def _is_view(self, spec: InputTable) -> bool:
        if self._config.database is None:
            return False
        apart = aside(self._config, spec.name)
        names = [*table_names(self._config, spec.name), *([apart.table] if apart else [])]
        places = [place for name in names for place in self._places(name)]
        kinds = [self._spark.catalog.getTable(p).tableType for p in places if self._spark.catalog.tableExists(p)]
        return "VIEW" in kinds

    def _open(self, spec: InputTable) -> DataFrame | None:
        frame = self._opened.get(spec.name) or self._found(spec)
        if frame is not None:
            self._opened[spec.name] = frame
        return frame

    def _found(self, spec: InputTable) -> DataFrame | None:
        frame = self._first(spec, table_names(self._config, spec.name))
        if frame is not None:
            return self._with_aside(spec, frame)
        if spec.required:
            raise self._absent(spec)
        return None

    def _first(self, spec: InputTable, names: Iterable[str]) -> DataFrame | None:
        """The first table that is there of those names."""
        frames = (self._load(spec, place) for name in names for place in self._places(name))
        return next((frame for frame in frames if frame is not None), None)

    def _with_aside(self, spec: InputTable, raw: DataFrame) -> DataFrame:
        """The table with the column that the site has in a table of its own, if it has."""
        apart, there = aside(self._config, spec.name), {name.lower() for name in raw.columns}
        if apart is None or there & set(column_names(self._config, spec.name, apart.column)):
            return raw
        rows = self._first(spec, (apart.table,))
        if rows is None:
            return raw
        by_name = {field.name.lower(): field for field in rows.schema}
        column = next(column for column in spec if column.name == apart.column)
        values = [self._cast(spec, column, by_name[name]) for name in apart.names if name in by_name]
        if apart.key not in by_name or not values:
            raise InputError(f"base centrale: table {apart.table} has no column {' or '.join(apart.names)}")
        last = rows.groupBy(F.col(f"`{by_name[apart.key].name}`").alias("_key"))
        latest = last.agg(F.max(F.coalesce(*values)).alias(apart.column))
        own = next(name for name in column_names(self._config, spec.name, apart.key) if name.lower() in there)
        return raw.join(latest, F.col(f"`{own}`") == F.col("_key"), "left").drop("_key")

    def _absent(self, spec: InputTable) -> InputError:
        names = " or ".join(table_names(self._config, spec.name))
        return InputError(f"base centrale: no table {names} in {self._config.place}")

    def _places(self, name: str) -> list[str]:
        if self._jdbc is not None:
            return [name]
        if self._config.database is not None:
            return [f"{self._config.database}.{name}"]
        root = str(self._config.path).rstrip("/")
        return [f"{root}/{name}", f"{root}/{name}.{self._config.format}"]

    def _load(self, spec: InputTable, place: str) -> DataFrame | None:
        try:
            if self._jdbc is not None:
                return self._jdbc.load(spec, place)
            if self._config.database is not None:
                return self._spark.table(place)
            return self._spark.read.format(self._config.format).load(place)
        except AnalysisException as error:
            if (error.getCondition() or "") in _MISSING:
                return None
            raise _unreadable(place, error.getCondition() or "AnalysisException") from None
        except QUERY_ERRORS as error:
            raise _unreadable(place, type(error).__name__) from None

    def _column(self, spec: InputTable, column: InputColumn, by_name: dict[str, T.StructField]) -> Column:
        names = column_names(self._config, spec.name, column.name)
        fields = [by_name[name.lower()] for name in names if name.lower() in by_name]
        if not fields and column.required:
            raise InputError(f"base centrale: table {spec.name} has no column {' or '.join(names)}")
        if not fields:
            return F.lit(None).cast(sql_type(column.type))
        if column.type in (WALL_CLOCK, DATE):
            # A row may have the day alone where another has the hour too.
            others = [field for field in fields[1:] if isinstance(field.dataType, _TIMES)]
            return F.coalesce(*[self._cast(spec, column, field) for field in (fields[0], *others)])
        return self._formed(spec, column, fields[0])

    def _formed(self, spec: InputTable, column: InputColumn, field: T.StructField) -> Column:
        value, needed = self._cast(spec, column, field), form(self._config, spec.name, column.name)
        if needed is None or field.name.lower() == column.name:
            return value
        return F.when(value.rlike(needed), value)

    def _of_concept(self, spec: InputTable, raw: DataFrame) -> DataFrame:
        """The rows of a table of all kinds of facts that are of this one, their concept without its prefix."""
        known = concept(self._config, spec.name)
        column = None if known is None else next((c for c in raw.columns if c.lower() == known[0]), None)
        if known is None or column is None:
            return raw
        value = F.trim(F.col(f"`{column}`"))
        mine = F.startswith(F.upper(value), F.lit(known[1]))
        return raw.where(mine).withColumn(column, F.substring(value, len(known[1]) + 1, 2**31 - 1))

    def _cast(self, spec: InputTable, column: InputColumn, field: T.StructField) -> Column:
        source = F.col(f"`{field.name}`")
        if column.type in (WALL_CLOCK, DATE):
            if not isinstance(field.dataType, _TIMES):
                kind = field.dataType.simpleString()
                raise InputError(f"base centrale: {spec.name}.{field.name} is {kind}, not a date or time")
            return to_wall_clock(source, field.dataType, self._config.time_zone).cast(sql_type(column.type))
        if not isinstance(field.dataType, T.AtomicType):
            raise InputError(f"base centrale: {spec.name}.{field.name} is {field.dataType.simpleString()}, not a value")
        return source.try_cast(sql_type(column.type))

    def _is_deleted(self, spec: InputTable) -> Column:
        if ROW_STATUS not in spec.names:
            return F.lit(False)
        words = [status.strip().lower() for status in self._config.deleted_statuses]
        return F.lower(F.trim(F.coalesce(F.col(ROW_STATUS), F.lit("")))).isin(words)


def one_for_each_key(spec: InputTable, rows: DataFrame) -> DataFrame:
    """``rows`` with one row for each key; those without a whole key are left out.

    Of several rows the one stays that has the greatest values, column by column in the order of the contract, a value
    before none: the same row in every run, wherever it stands.
    """
    if not spec.key:
        return rows
    order = [F.col(column).desc_nulls_last() for column in spec.names if column not in spec.key]
    place = F.row_number().over(Window.partitionBy(*spec.key).orderBy(*order))
    whole = reduce(lambda a, b: a & b, [F.col(column).isNotNull() for column in spec.key])
    return rows.where(whole).withColumn("_place", place).where("_place = 1").drop("_place")


def to_wall_clock(source: Column, kind: T.DataType, time_zone: str) -> Column:
    """``source`` as TIMESTAMP_NTZ, hospital wall-clock of ``time_zone``; independent of the session's zone.

    An instant is counted in microseconds first: a direct cast to TIMESTAMP_NTZ would go through the session's zone,
    where an hour may be missing or doubled.
    """
    if isinstance(kind, T.TimestampType):
        utc = F.timestamp_add("MICROSECOND", F.unix_micros(source), F.lit(_EPOCH).cast("timestamp_ntz"))
        return F.convert_timezone(F.lit("UTC"), F.lit(time_zone), utc)
    if isinstance(kind, T.StringType):
        instant = to_wall_clock(source.try_cast("timestamp"), T.TimestampType(), time_zone)
        return F.when(source.rlike(_ZONE_SUFFIX), instant).otherwise(source.try_cast("timestamp_ntz"))
    return source.cast("timestamp_ntz")


def _unreadable(place: str, reason: str) -> InputError:
    return InputError(f"base centrale: {place} cannot be read ({reason})")
