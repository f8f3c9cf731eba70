"""SQL on the tables of a lake: only the result goes to standard output, or to a file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eds_spark_imaging.cli.options import (
    ConfigOption,
    Format,
    FormatOption,
    LakeOption,
    LiveOption,
    WarehouseOption,
    config_from,
)
from eds_spark_imaging.cli.rows import numbered, print_frame, print_lines, print_texts
from eds_spark_imaging.cli.spark_errors import answering
from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import UsageError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Engine(StrEnum):
    """What answers a query."""

    SPARK = "spark"
    DUCKDB = "duckdb"


def sql(
    query: Annotated[str, typer.Argument(help="A SELECT on the tables and views.")],
    lake: LakeOption = None,
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    output: FormatOption = Format.TABLE,
    limit: Annotated[int, typer.Option(min=0, help="Rows shown as a table; 0 for all.")] = 100,
    live: LiveOption = False,
    engine: Annotated[
        Engine, typer.Option("--engine", help="What answers; duckdb starts at once, for a lake in a local folder.")
    ] = Engine.SPARK,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write all rows to: .csv, .jsonl or .parquet.")
    ] = None,
) -> None:
    """Query the tables with SQL, and those of the base centrale as base_NAME."""
    places = config_from(config, None, lake, warehouse)
    if out is not None:
        if engine is not Engine.SPARK:
            raise UsageError("--out is for --engine spark")
        if output is not Format.TABLE:
            raise UsageError("--format is for standard output: of a file the ending says the format")
        export_query(places, query, out, live=live)
    elif engine is Engine.DUCKDB:
        run_duckdb_query(places, query, output, limit, live=live)
    else:
        run_query(places, query, output, limit, live=live)


def run_query(config: Config, query: str, output: Format, limit: int, *, live: bool = False) -> None:
    """Print the rows of ``query``."""
    with answering():
        print_frame(_answer(config, query, live=live), output, limit)


def export_query(config: Config, query: str, out: Path, *, live: bool = False) -> None:
    """Write the rows of ``query`` to a file."""
    from eds_spark_imaging.cli.answer_file import check_answer_file, write_answer  # noqa: PLC0415

    check_answer_file(out)
    with answering():
        write_answer(_answer(config, query, live=live), out)
    print(out)


def run_duckdb_query(config: Config, query: str, output: Format, limit: int, *, live: bool) -> None:
    """The same by DuckDB, in its own dialect of SQL."""
    from eds_spark_imaging.cli.duckdb_rows import json_line, query_rows, text  # noqa: PLC0415 - an extra

    given, rows = query_rows(config, query, live=live)
    if output is Format.JSON:
        print_lines(json_line(numbered(given), row) for row in rows)
        return
    print_texts(given, ([text(value) for value in row] for row in rows), output, limit)


def _answer(config: Config, query: str, *, live: bool) -> DataFrame:
    from eds_spark_imaging.lake.opening import open_lake  # noqa: PLC0415 - loads Spark
    from eds_spark_imaging.lake.view import words_of  # noqa: PLC0415
    from eds_spark_imaging.pipeline.base_views import make_base_views  # noqa: PLC0415
    from eds_spark_imaging.pipeline.checks import check_config  # noqa: PLC0415

    check_config(config)
    spark = open_lake(config, "eds-imaging sql", live=live, query=query)
    if config.warehouse is not None:
        make_base_views(spark, config.warehouse, words_of(query))
    return spark.sql(query)
