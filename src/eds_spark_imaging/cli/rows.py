"""Rows of answers, printed or written to a file; the same for every command and engine."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, TYPE_CHECKING

from eds_spark_imaging.cli.grid import print_grid
from eds_spark_imaging.cli.options import Format
from eds_spark_imaging.runs import events

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Texts = Iterable[Sequence[str | None]]

_NESTED = ("array", "map", "struct")
_ISO = {
    "ignoreNullFields": "false",
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
}


def print_frame(frame: DataFrame, output: Format, limit: int) -> None:
    """Print the rows as a table, CSV, or JSON lines (ISO dates and times, nulls kept)."""
    if output is Format.JSON:
        print_lines(json_lines(frame))
    elif output is Format.CSV:
        print_texts(frame.columns, texts(frame), output)
    else:
        print_texts(frame.columns, texts(frame.limit(limit + 1) if limit else frame), output, limit)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines as they come."""
    for line in lines:
        print(line)


def print_texts(names: Sequence[str], rows: Texts, output: Format, limit: int = 0) -> None:
    """Print rows of texts as CSV or as a table, of which at most ``limit`` are shown (0: all)."""
    if output is Format.CSV:
        write_csv(sys.stdout, names, rows)
        return
    rest = iter(rows)
    print_grid(names, islice(rest, limit or None))
    if next(rest, None) is not None:
        events.note(f"only the first {limit} rows are shown; --limit 0 shows all")


def write_csv(out: IO[str], names: Sequence[str], rows: Texts) -> None:
    """Write rows of texts as CSV."""
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows(rows)


def json_lines(frame: DataFrame) -> Iterator[str]:
    """Each row as a JSON object."""
    from pyspark.sql import functions as F  # noqa: PLC0415

    for row in with_unique_names(frame).select(F.to_json(F.struct("*"), _ISO)).toLocalIterator():
        yield row[0]


def texts(frame: DataFrame) -> Iterator[list[str | None]]:
    """Each row as texts; nested values as JSON."""
    from pyspark.sql import functions as F  # noqa: PLC0415

    renamed = with_unique_names(frame)
    columns = [
        F.to_json(F.col(f"`{name}`")) if kind.startswith(_NESTED) else F.col(f"`{name}`").cast("string")
        for name, kind in renamed.dtypes
    ]
    for row in renamed.select(*columns).toLocalIterator():
        yield list(row)


def with_unique_names(frame: DataFrame) -> DataFrame:
    """The frame with a number behind names that come again."""
    return frame.toDF(*numbered(frame.columns))


def numbered(given: Sequence[str]) -> list[str]:
    """Columns of the same name get a number, so that no value is lost in a JSON object."""
    seen: dict[str, int] = {}
    names = []
    for name in given:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return names
