"""What a criterion may be given, by kind: checked here, so that a mistake is one line before anything runs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from eds_spark_imaging.config.expressions import check_expression
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.terminology.ccam import parse_ccam
from eds_spark_imaging.terminology.cim10 import is_cim10, normalise_cim10

_LARGEST = 1e30  # literals of Spark have 38 digits; no NaN lies below it either
_MOST_DAYS = 1_000_000


def texts(where: str, value: Any) -> tuple[str, ...]:
    """One text or several."""
    given = value if isinstance(value, list) else [value]
    if not given or not all(isinstance(item, str) and item.strip() for item in given):
        raise ConfigError(f"{where} must be a text or a list of texts")
    return tuple(given)


def words(*known: str) -> Callable[[str, Any], tuple[str, ...]]:
    """One or several of some words."""

    def check(where: str, value: Any) -> tuple[str, ...]:
        given = texts(where, value)
        for word in given:
            if word not in known:
                raise ConfigError(f"{where}: {word!r} is not one of {', '.join(known)}")
        return given

    return check


def upper(where: str, value: Any) -> tuple[str, ...]:
    """One text or several, in upper case."""
    return tuple(text.strip().upper() for text in texts(where, value))


def flag(where: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ConfigError(f"{where} must be true or false")
    return value


def day(where: str, value: Any) -> dt.date:
    """A date, or a text YYYY-MM-DD. A time of day would not count, so none is taken."""
    if isinstance(value, str):
        try:
            return dt.datetime.strptime(value, "%Y-%m-%d").date()
        except ValueError:
            raise ConfigError(f"{where}: {value!r} is not a date such as 2015-01-31") from None
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise ConfigError(f"{where} must be a date such as 2015-01-31")
    return value


def numbers(where: str, value: Any) -> tuple[float | None, float | None]:
    """A number, or a range [low, high]; an empty text stands for a bound that is not there."""
    if _is_number(value):
        return value, value
    if not isinstance(value, list) or len(value) != 2:
        raise ConfigError(f"{where} must be a number or a range [low, high]")
    low, high = (None if bound == "" else bound for bound in value)
    if not all(_is_number(bound) for bound in (low, high) if bound is not None):
        raise ConfigError(f"{where} must be a number or a range [low, high]")
    if low is None and high is None:
        raise ConfigError(f"{where}: the range has no bound")
    if low is not None and high is not None and low > high:
        raise ConfigError(f"{where}: the range [{low}, {high}] is empty")
    return low, high


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def days(where: str, value: Any) -> tuple[int, int]:
    """A window in whole days from the exam, negative before it."""
    if not isinstance(value, list) or len(value) != 2 or not all(type(bound) is int for bound in value):
        raise ConfigError(f"{where} must be two whole numbers of days, such as [-30, 30]")
    low, high = value
    if max(abs(low), abs(high)) > _MOST_DAYS:
        raise ConfigError(f"{where}: a window has at most {_MOST_DAYS:,} days before and after the exam")
    if low > high:
        raise ConfigError(f"{where}: the window [{low}, {high}] is empty")
    return low, high


def patterns(where: str, value: Any) -> tuple[str, ...]:
    """Texts to be found anywhere, case ignored; a text between slashes is a regular expression."""
    given = texts(where, value)
    for text in given:
        if is_expression(text):
            check_expression(where, text[1:-1])
    return given


def is_expression(text: str) -> bool:
    """True for a text between slashes."""
    return len(text) > 2 and text.startswith("/") and text.endswith("/")


def cim10(text: str) -> str | None:
    """The canonical form of a CIM-10 code; None for another text."""
    code = normalise_cim10(text.strip()) or ""
    return code if is_cim10(code) and not re.search(r"[^\w\s.:+-]", text) else None


def ccam(text: str) -> str | None:
    """The 7 characters of a CCAM code, without extension, phase and activity; None for another text."""
    act = parse_ccam(text)
    return act.code if act else None


def codes(normal: Callable[[str], str | None]) -> Callable[[str, Any], tuple[str, ...]]:
    """Codes: whole (`C341`), by their beginning (`C34*`), or a regular expression (`/C3[34].*/`) on the whole code.

    ``normal`` gives the form in which whole codes are stored, None for what is none.
    """

    def code(where: str, text: str) -> str:
        if is_expression(text):
            check_expression(where, text[1:-1])
            return text
        beginning = re.sub(r"[\s.]", "", text.upper())
        if re.fullmatch(r"[A-Z0-9+]+\*", beginning):
            return f"{whole}*" if (whole := normal(beginning[:-1])) else beginning
        if found := normal(text):
            return found
        raise ConfigError(
            f"{where}: {text!r} is not a code, a beginning such as C34* or an expression such as /C3[34].*/"
        )

    return lambda where, value: tuple(code(where, text) for text in texts(where, value))
