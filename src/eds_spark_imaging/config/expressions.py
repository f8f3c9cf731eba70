"""Regular expressions of descriptions and configurations: what both Python and Java read, since Spark's are Java's."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from typing import Final

from eds_spark_imaging.errors import ConfigError

FOLDED: Final = "(?iu)"  # without u Java ignores the case of ASCII alone

# The parts of an expression in which the two differ; escapes and classes are taken whole.
_PART = re.compile(
    r"(?P<escape>\\.)"
    r"|(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<group>\(\?(?:[P#(]|[a-zA-Z]*[aLx]))"
    r"|(?P<brace>\{(?![0-9]+(?:,[0-9]*)?\}))",
    re.DOTALL,
)


def check_patterns(where: str, patterns: Iterable[str]) -> None:
    """ConfigError at the first pattern that is empty, for it would be found in every text, or that is none to Spark."""
    for pattern in patterns:
        if not pattern:
            raise ConfigError(f"{where} has an empty pattern")
        check_expression(where, pattern)


def check_expression(where: str, text: str) -> None:
    """ConfigError where a text is no regular expression of Python's, or not the same one to Java.

    Of what Python takes, Java refuses or reads otherwise (``java.util.regex.Pattern``): named groups, comments and
    conditions, flags of ASCII, locale and comments, ``\\U``, ``\\N``, ``\\Z``, ``\\0``, braces that repeat nothing, and
    brackets, ``&&`` and ``\\b`` within brackets.
    """
    for match in _PART.finditer(text):
        if said := _refused(match):
            raise ConfigError(f"{where} pattern {text!r} is not a regular expression to Spark: {said}")
    try:
        with warnings.catch_warnings(action="error", category=FutureWarning):  # of sets within brackets
            re.compile(text)
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        raise ConfigError(f"{where} pattern {text!r} is not a regular expression: {error}") from None


def _refused(match: re.Match[str]) -> str | None:
    """What is wrong with a part, if anything."""
    part = match[0]
    if match.lastgroup == "escape":
        return part if part in (r"\U", r"\N", r"\Z", r"\0") else None
    if match.lastgroup == "class":
        if r"\b" in re.findall(r"\\.", part, re.DOTALL):
            return r"\b within brackets"
        inner = re.sub(r"\\.", "", part[1:-1], flags=re.DOTALL)
        found = next((sign for sign in ("[", "&&") if sign in inner), None)
        return f"{found!r} within brackets without a backslash" if found else None
    return "'{' without a backslash where it repeats nothing" if match.lastgroup == "brace" else repr(part)
