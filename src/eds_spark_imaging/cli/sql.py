"""SQL on the tables of a lake: only the result goes to standard output."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from eds_spark_imaging.cli.grid import print_grid
from eds_spark_imaging.cli.options import ConfigOption, LakeOption, LiveOption, WarehouseOption, config_from
from eds_spark_imaging.config import Config

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Format(StrEnum):
    """Formats of query results."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class Engine(StrEnum):
    """What answers a query."""

    SPARK = "spark"
    DUCKDB = "duckdb"


def sql(
    query: Annotated[str, typer.Argument(help="A SELECT on the tables and views.")],
    lake: LakeOption = None,
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    output: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = Format.TABLE,
    limit: Annotated[int, typer.Option(help="Rows shown as a table; 0 for all.")] = 100,
    live: LiveOption = False,
    engine: Annotated[
        Engine, typer.Option("--engine", help="What answers; duckdb starts at once, for a lake in a local folder.")
    ] = Engine.SPARK,
) -> None:
    """Query the tables with SQL, and those of the base centrale as base_NAME."""
    places = config_from(config, None, lake, warehouse)
    if engine is Engine.DUCKDB:
        run_duckdb_query(places, query, output.value, limit, live=live)
    else:
        run_query(places, query, output.value, limit, live=live)


_NESTED = ("array", "map", "struct")


def run_query(config: Config, query: str, output: str, limit: int, *, live: bool = False) -> None:
    """Print the rows of ``query`` as a table, CSV, or JSON lines (ISO dates and times, nulls kept)."""
    from eds_spark_imaging.lake.lake import words_of  # noqa: PLC0415 - loads Spark
    from eds_spark_imaging.lake.opening import open_lake  # noqa: PLC0415
    from eds_spark_imaging.pipeline.base_views import make_base_views  # noqa: PLC0415

    spark = open_lake(config, "eds-imaging sql", live=live, query=query)
    if config.warehouse is not None:
        make_base_views(spark, config.warehouse, words_of(query))
    frame = spark.sql(query)
    if output == "json":
        _print_json(frame)
    elif output == "csv":
        _write_csv(frame.columns, _texts(frame))
    else:
        _write_table(frame.columns, _texts(frame.limit(limit + 1) if limit else frame), limit)


def run_duckdb_query(config: Config, query: str, output: str, limit: int, *, live: bool) -> None:
    """The same by DuckDB, in its own dialect of SQL."""
    from eds_spark_imaging.cli.duckdb_rows import json_line, query_rows, text  # noqa: PLC0415 - an extra

    given, rows = query_rows(config, query, live=live)
    if output == "json":
        for row in rows:
            print(json_line(_numbered(given), row))
        return
    texts = ([text(value) for value in row] for row in rows)
    if output == "csv":
        _write_csv(given, texts)
    else:
        _write_table(given, texts, limit)


def _print_json(frame: DataFrame) -> None:
    from pyspark.sql import functions as F  # noqa: PLC0415

    options = {"ignoreNullFields": "false", "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"}
    options["timestampNTZFormat"] = "yyyy-MM-dd'T'HH:mm:ss.SSSSSS"
    renamed = _unique_names(frame)
    for row in renamed.select(F.to_json(F.struct("*"), options)).toLocalIterator():
        print(row[0])


def _unique_names(frame: DataFrame) -> DataFrame:
    return frame.toDF(*_numbered(frame.columns))


def _numbered(given: Sequence[str]) -> list[str]:
    """Columns of the same name get a number, so that no value is lost in the JSON object."""
    seen: dict[str, int] = {}
    names = []
    for name in given:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return names


def _texts(frame: DataFrame) -> Iterator[list[str | None]]:
    from pyspark.sql import functions as F  # noqa: PLC0415

    renamed = _unique_names(frame)
    columns = [
        F.to_json(F.col(f"`{name}`")) if kind.startswith(_NESTED) else F.col(f"`{name}`").cast("string")
        for name, kind in renamed.dtypes
    ]
    for row in renamed.select(*columns).toLocalIterator():
        yield list(row)


def _write_csv(names: Sequence[str], rows: Iterator[list[str | None]]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    writer.writerows(rows)


def _write_table(names: Sequence[str], rows: Iterator[list[str | None]], limit: int) -> None:
    print_grid(names, islice(rows, limit or None))
    if next(rows, None) is not None:
        print(f"only the first {limit} rows are shown; --limit 0 shows all", file=sys.stderr)
