"""Rows of DuckDB as `sql` prints them."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import ImagingError, LakeError, QueryError
from eds_spark_imaging.lake.duckdb import kind_of, open_duckdb

if TYPE_CHECKING:
    import duckdb

_ROWS = 1000


def query_rows(config: Config, query: str, *, live: bool) -> tuple[list[str], Iterator[Sequence[Any]]]:
    """Names of the columns, and the rows as they come.

    QueryError where the query cannot be understood or answered, LakeError where a file that it asks cannot be read.
    """
    import duckdb  # noqa: PLC0415 - opening has seen that it is there

    connection = open_duckdb(config, query, live=live)
    try:
        # None for a text without a statement, which the stubs do not know.
        result: duckdb.DuckDBPyConnection | None = connection.execute(query)
    except duckdb.Error as error:
        raise _one_line(error) from None
    if result is None:
        raise QueryError("the query is empty")
    return [column[0] for column in result.description or ()], _rows(result)


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[Sequence[Any]]:
    import duckdb  # noqa: PLC0415

    try:
        while rows := result.fetchmany(_ROWS):
            yield from rows
    except duckdb.Error as error:
        raise _one_line(error) from None


def _one_line(error: duckdb.Error) -> ImagingError:
    """The error without values: messages quote rows, with and without quotes, and rows hold patients."""
    import duckdb  # noqa: PLC0415

    if isinstance(error, duckdb.ParserException | duckdb.CatalogException | duckdb.BinderException):
        # Raised before any row is read: what it quotes is the query itself.
        return QueryError(str(error).splitlines()[0][:400])
    if isinstance(error, duckdb.IOException):
        return LakeError(f"a file that the query asks cannot be read ({kind_of(error)})")
    return QueryError(f"the query cannot be answered ({kind_of(error)})")


def json_line(names: Sequence[str], row: Sequence[Any]) -> str:
    """One row as a JSON object: ISO dates and times, nulls kept; numbers that are none as Spark has them, in quotes."""
    return _json(dict(zip(names, row, strict=True)))


def text(value: Any) -> str | None:
    """A value as the table and CSV show it; nested ones as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return _json(value) if isinstance(value, list | tuple | Mapping) else str(_finite(value))


def _json(value: object) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else text(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return _finite(value) if value is None or isinstance(value, str | bool | int | float) else str(value)


def _finite(value: object) -> object:
    """The value, or the word for a number that is none or has no bounds."""
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
