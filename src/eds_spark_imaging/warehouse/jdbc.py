"""Tables of a database that is read over JDBC, in parts that tasks read side by side."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from eds_spark_imaging.config import JdbcConfig, TableConfig, WarehouseConfig
from eds_spark_imaging.config.sections.places import PASSWORD_VARIABLE
from eds_spark_imaging.errors import ConfigError, InputError
from eds_spark_imaging.spark.query_errors import QUERY_ERRORS
from eds_spark_imaging.warehouse.contract import InputTable
from eds_spark_imaging.warehouse.mapping import column_names

# Classes of SQLSTATE (ISO/IEC 9075) that say what is wrong. Messages of drivers may quote values: not repeated.
_STATES = {
    "08": "no connection",
    "28": "user or password refused",
    "3D": "no such database",
    "42": "no right to read it",
}
_CAUSES = 10  # exceptions within one another that are looked at


class JdbcTables:
    """The tables of one schema. The password goes to Spark's options, which it redacts, and nowhere else."""

    def __init__(self, spark: SparkSession, config: WarehouseConfig) -> None:
        assert config.jdbc is not None  # noqa: S101 - the caller has looked
        self._spark = spark
        self._config = config
        self._jdbc: JdbcConfig = config.jdbc

    def load(self, spec: InputTable, name: str) -> DataFrame | None:
        """The table ``name`` of the schema, None where it is not there. InputError where it cannot be read."""
        try:
            found = self._names.get(name.lower())
            return None if found is None else self._in_parts(spec, f'"{self._jdbc.schema}"."{found}"')
        except QUERY_ERRORS as error:
            raise InputError(
                f"base centrale: {self._config.place} cannot be read ({_reason(error, self._jdbc)})"
            ) from None

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """Names of tables and views as the database writes them, by their lower case."""
        query = f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{self._jdbc.schema}'"
        rows = self._read(query=query).collect()
        return {row[0].lower(): row[0] for row in rows}

    def _in_parts(self, spec: InputTable, table: str) -> DataFrame:
        whole = self._read(dbtable=table)
        override = self._config.tables.get(spec.name) or TableConfig()
        column = self._partition_column(spec, override, whole)
        bounds = override.bounds or (self._bounds(whole, column) if column else None)
        if column is None or bounds is None or self._jdbc.partitions == 1:
            return whole
        return self._read(
            dbtable=table,
            partitionColumn=column,
            lowerBound=str(bounds[0]),
            upperBound=str(bounds[1]),
            numPartitions=str(self._jdbc.partitions),
        )

    def _partition_column(self, spec: InputTable, override: TableConfig, whole: DataFrame) -> str | None:
        """The column that the configuration gives, else the key where it is a number."""
        by_name = {field.name.lower(): field for field in whole.schema}
        if override.partition_column is not None:
            field = by_name.get(override.partition_column.lower())
            if field is None or not isinstance(field.dataType, T.NumericType):
                where = f"[warehouse.tables.{spec.name}] partition_column {override.partition_column!r}"
                raise ConfigError(f"{where} is no column of numbers")
            return field.name
        names = column_names(self._config, spec.name, spec.key[0]) if spec.key else ()
        keys = [by_name[name.lower()] for name in names if name.lower() in by_name]
        return next((field.name for field in keys if isinstance(field.dataType, T.NumericType)), None)

    def _bounds(self, whole: DataFrame, column: str) -> tuple[int, ...] | None:
        """Least and greatest value, which the database counts; None where there is one value at most."""
        least, greatest = whole.agg(F.min(column), F.max(column)).collect()[0]
        return None if least is None or least == greatest else (int(least), int(greatest))

    def _read(self, **options: str) -> DataFrame:
        jdbc = self._jdbc
        reader = self._spark.read.format("jdbc").option("url", jdbc.url).option("driver", jdbc.driver)
        # Times without zone are wall-clock times and stay so.
        reader = reader.option("fetchsize", jdbc.fetch_size).option("preferTimestampNTZ", True)
        if jdbc.user is not None:
            reader = reader.option("user", jdbc.user)
        password = _password(jdbc)
        if password is not None:
            reader = reader.option("password", password)
        return reader.options(**options).load()


def _password(jdbc: JdbcConfig) -> str | None:
    """The password of the file that the configuration names, else of the environment. ConfigError without the file."""
    if jdbc.password_file is None:
        return os.environ.get(PASSWORD_VARIABLE)
    try:
        return Path(jdbc.password_file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"[warehouse.jdbc] password_file {jdbc.password_file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"[warehouse.jdbc] password_file {jdbc.password_file}: not in UTF-8") from None


def _reason(error: Exception, jdbc: JdbcConfig) -> str:
    cause = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    for _ in range(_CAUSES):
        if cause is None:
            break
        name = str(cause.getClass().getName())
        if name.endswith("ClassNotFoundException"):
            return f"driver {jdbc.driver} is not on Spark's class path: see spark.jars.packages"
        if name.endswith(("SQLException", "PSQLException")):
            return _STATES.get(str(cause.getSQLState() or "")[:2], name.rsplit(".", 1)[-1])
        cause = cause.getCause()
    return type(error).__name__
