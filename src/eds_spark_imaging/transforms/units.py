"""Columns that are one value together: a date and its time, a code with its scheme and meaning.

The most frequent value is that of all of them, never the date of one instance with the time of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_MOMENT: Final = ("_date", "_time")
_CODE: Final = ("_code_value", "_coding_scheme_designator", "_code_meaning")


@dataclass(frozen=True)
class Unit:
    """One column, or several of which the first tells most. With ``whole``, values without null go first."""

    columns: tuple[str, ...]
    whole: bool = False

    @property
    def name(self) -> str:
        """The column that the unit is named by."""
        return self.columns[0]

    @property
    def mode(self) -> str:
        """SQL for the most frequent struct of the columns, ties to the smallest; null where no column has a value."""
        columns = [f"`{column}`" for column in self.columns]
        known = [f"{column} IS NOT NULL" for column in columns]
        tests = list(dict.fromkeys((known[0], " OR ".join(known))))
        if self.whole:
            tests.insert(0, " AND ".join(known))
        value = f"struct({', '.join(columns)})"
        return f"coalesce({', '.join(f'mode(IF({test}, {value}, NULL), true)' for test in tests)})"


def units(columns: Sequence[str]) -> Iterator[Unit]:
    """All the columns, each in one unit."""
    found = [*_of(columns, _MOMENT, whole=True), *_of(columns, _CODE)]
    together = {column for unit in found for column in unit.columns}
    yield from found
    yield from (Unit((column,)) for column in columns if column not in together)


def _of(columns: Sequence[str], suffixes: Sequence[str], *, whole: bool = False) -> Iterable[Unit]:
    there = set(columns)
    for column in columns:
        if column.endswith(suffixes[0]):
            stem = column.removesuffix(suffixes[0])
            same = tuple(stem + suffix for suffix in suffixes if stem + suffix in there)
            if len(same) > 1:
                yield Unit(same, whole)
