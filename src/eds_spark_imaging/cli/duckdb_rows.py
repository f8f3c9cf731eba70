"""Rows of DuckDB as `sql` prints them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import QueryError
from eds_spark_imaging.lake.duckdb import open_duckdb

if TYPE_CHECKING:
    import duckdb

_ROWS = 1000


def query_rows(config: Config, query: str, *, live: bool) -> tuple[list[str], Iterator[Sequence[Any]]]:
    """Names of the columns, and the rows as they come. QueryError where the query cannot be understood."""
    import duckdb  # noqa: PLC0415 - opening has seen that it is there

    connection = open_duckdb(config, query, live=live)
    try:
        result = connection.execute(query)
    except duckdb.Error as error:
        raise QueryError(str(error).splitlines()[0][:400]) from None
    return [column[0] for column in result.description or ()], _rows(result)


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[Sequence[Any]]:
    while rows := result.fetchmany(_ROWS):
        yield from rows


def json_line(names: Sequence[str], row: Sequence[Any]) -> str:
    """One row as a JSON object: ISO dates and times, nulls kept."""
    return json.dumps(dict(zip(names, row, strict=True)), default=_plain, ensure_ascii=False)


def text(value: Any) -> str | None:
    """A value as the table and CSV show it; nested ones as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, default=_plain, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def _plain(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else str(value)
