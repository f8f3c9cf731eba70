"""A lake in a local folder read by DuckDB, without Spark: the same tables and views, at the newest release."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import ConfigError, LakeError, SetupError
from eds_spark_imaging.lake.record import SCHEMA_FILE, Schema
from eds_spark_imaging.lake.view import words_of
from eds_spark_imaging.lake.views import VIEWS
from eds_spark_imaging.tables import Catalogue, Table
from eds_spark_imaging.tables.runs import RELEASE

if TYPE_CHECKING:
    import duckdb


def open_duckdb(config: Config, query: str, *, live: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection in which the tables and views that ``query`` mentions are known by name.

    LakeError where there is no lake, ConfigError where it is not in a local folder, SetupError without DuckDB.
    """
    path = (config.require_lake().path or "").removeprefix("file://")
    if not path or "://" in path:
        raise ConfigError("--engine duckdb reads a lake in a local folder only")
    root, catalogue = Path(path), Catalogue(config.site_attributes)
    there = [table for table in catalogue if (root / table.name / "_delta_log").is_dir()]
    if not there:
        raise LakeError(f"no tables in the lake {root}: run the jobs first")
    record = root / SCHEMA_FILE
    Schema.read(record.read_bytes() if record.is_file() else None)  # or it is of a later version
    connection = _connection()
    connection.execute("SET TimeZone = 'Europe/Paris'")
    versions = {} if live else _newest_release(connection, root)
    if versions:
        there = [table for table in there if table.name in versions or table.name == RELEASE]
    wanted = words_of(query)
    views = [view for view in VIEWS if view.can_be_made(catalogue, [table.name for table in there])]
    selects = {view.name: view.select(catalogue) for view in views if view.name in wanted}
    _make_known(connection, root, there, versions, wanted | words_of(" ".join(selects.values())))
    for name, select in selects.items():
        connection.execute(f"CREATE VIEW {name} AS {select}")
    return connection


def _connection() -> duckdb.DuckDBPyConnection:
    try:
        import duckdb  # noqa: PLC0415 - an extra
        import duckdb_extension_delta  # noqa: PLC0415
    except ImportError:
        raise SetupError("--engine duckdb needs DuckDB: pip install 'eds-spark-imaging[duckdb]'") from None
    extension = next(Path(duckdb_extension_delta.__path__[0]).rglob("*.duckdb_extension"))
    connection = duckdb.connect()
    connection.load_extension(str(extension))
    return connection


def _newest_release(connection: duckdb.DuckDBPyConnection, root: Path) -> dict[str, int]:
    if not (root / RELEASE / "_delta_log").is_dir():
        return {}
    table = _scan(root, RELEASE, None)
    newest = f"SELECT table_name, version FROM {table} WHERE run_id = (SELECT max(run_id) FROM {table})"
    return dict(_answer(connection, newest, RELEASE))


def _make_known(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    tables: Iterable[Table],
    versions: dict[str, int],
    wanted: Collection[str],
) -> None:
    for table in tables:
        if table.name not in wanted:
            continue
        scan = _scan(root, table.name, versions.get(table.name))
        there = {row[0] for row in _answer(connection, f"DESCRIBE SELECT * FROM {scan}", table.name)}
        missing = [f'CAST(NULL AS {_type(c.type)}) AS "{c.name}"' for c in table if c.name not in there]
        connection.execute(f"CREATE VIEW {table.name} AS SELECT {', '.join(['*', *missing])} FROM {scan}")


def _answer(connection: duckdb.DuckDBPyConnection, query: str, table: str) -> list[tuple[Any, ...]]:
    """The rows; LakeError where the table's log or files are damaged or gone."""
    import duckdb  # noqa: PLC0415

    try:
        return connection.execute(query).fetchall()
    except duckdb.Error as error:
        raise LakeError(f"the table {table} cannot be read ({kind_of(error)})") from None


def kind_of(error: duckdb.Error) -> str:
    """What DuckDB calls an error of this kind, without the rest of its message, which quotes values and files."""
    match = re.match(r"[A-Za-z ]+(?= Error:)", str(error))
    return f"{match[0]} Error" if match else type(error).__name__


def _scan(root: Path, name: str, version: int | None) -> str:
    path = str(root / name).replace("'", "''")
    return f"delta_scan('{path}')" if version is None else f"delta_scan('{path}', version := {version})"


def _type(kind: pa.DataType) -> str:
    """DuckDB's name of a column's type."""
    if pa.types.is_list(kind):
        return f"{_type(kind.value_type)}[]"
    if pa.types.is_map(kind):
        return f"MAP({_type(kind.key_type)}, {_type(kind.item_type)})"
    if pa.types.is_struct(kind):
        return f"STRUCT({', '.join(f'{child.name} {_type(child.type)}' for child in kind)})"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMPTZ" if kind.tz else "TIMESTAMP"
    names = {pa.string(): "VARCHAR", pa.float64(): "DOUBLE", pa.int64(): "BIGINT", pa.int32(): "INTEGER"}
    return {**names, pa.bool_(): "BOOLEAN", pa.date32(): "DATE", pa.binary(): "BLOB"}[kind]
