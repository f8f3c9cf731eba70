"""Grids on standard output: fitted to a terminal, never cut where the output goes to a file or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from eds_spark_imaging.cli.output import PipeConsole

_UNLIMITED = 100_000


def print_grid(headers: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
    """Print rows under their headers; nulls are blank. Text is shown as it is, without markup."""
    terminal = sys.stdout.isatty()
    grid = Table(box=box.HEAVY_HEAD if terminal else box.ASCII2)
    for header in headers:
        grid.add_column(Text(header))
    for row in rows:
        grid.add_row(*[Text(value or "") for value in row])
    PipeConsole(width=None if terminal else _UNLIMITED, highlight=False).print(grid, soft_wrap=False)
