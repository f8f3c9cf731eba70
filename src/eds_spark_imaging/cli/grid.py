"""Grids on standard output: fitted to a terminal, never cut where the output goes to a file or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from eds_spark_imaging.cli.output import PipeConsole

_UNLIMITED = 100_000
# Signs that a terminal obeys, or that turn the direction of what follows: names of files may hold them.
_COMMANDS = {
    code: f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    for code in (*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


def print_grid(headers: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
    """Print rows under their headers; nulls are blank.

    Text is shown whole and without markup, what a terminal would obey as escapes.
    """
    terminal = sys.stdout.isatty()
    grid = Table(box=box.HEAVY_HEAD if terminal else box.ASCII2)
    for header in headers:
        grid.add_column(_text(header), overflow="fold")
    for row in rows:
        grid.add_row(*[_text(value or "") for value in row])
    PipeConsole(width=None if terminal else _UNLIMITED, highlight=False).print(grid, soft_wrap=False)


def _text(value: str) -> Text:
    return Text(value.translate(_COMMANDS))
