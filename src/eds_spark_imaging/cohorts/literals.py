"""Values from a description as literals of SQL: nothing of a description reaches a statement in another way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

_ESCAPED = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\0": "\\0"})


def literal(value: object) -> str:
    """One value. TypeError for a kind that no criterion takes."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dt.date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.translate(_ESCAPED) + "'"
    raise TypeError(f"no literal for {type(value).__name__}")


def listed(values: Iterable[object]) -> str:
    """Several values, separated by commas."""
    return ", ".join(literal(value) for value in values)


def one_of(column: str, values: Iterable[object]) -> str:
    """The column holds one of the values."""
    given = list(values)
    return f"{column} = {literal(given[0])}" if len(given) == 1 else f"{column} IN ({listed(given)})"


def any_of(column: str, values: Iterable[object]) -> str:
    """The array holds at least one of the values; false where it is null."""
    return f"coalesce(arrays_overlap({column}, array({listed(values)})), FALSE)"


def between(column: str, low: object | None, high: object | None) -> str:
    """Bounds, either of which may be missing; both belong to the range."""
    parts = [f"{column} >= {literal(low)}"] if low is not None else []
    parts += [f"{column} <= {literal(high)}"] if high is not None else []
    return " AND ".join(parts)
