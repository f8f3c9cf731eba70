"""Errors of Spark as one line without values: messages of Spark quote rows, and rows hold patients."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from eds_spark_imaging.errors import QueryError

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_CONDITION = re.compile(r"\[([A-Z0-9_.]+)\]")
_OF_DATA = re.compile(r"SQLSTATE: 22")  # the class of data exceptions
_CLASSES = re.compile(r"^(?:Caused by)?: ([\w.$]+)", re.MULTILINE)  # as a trace of Java has them
_RUNTIME_EXIT, _QUERY_EXIT = 1, 2


def one_line(error: Exception) -> tuple[str, int] | None:
    """The line to show and the exit code for an error that comes from Spark; None for any other."""
    try:
        from py4j.protocol import Py4JError  # noqa: PLC0415
        from pyspark.errors import AnalysisException, ParseException, PySparkException  # noqa: PLC0415
    except ImportError:
        return None
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if isinstance(error, AnalysisException | ParseException):
        # Raised before any row is read: what it quotes is the query itself.
        return text[:400], _QUERY_EXIT
    if isinstance(error, PySparkException | Py4JError):
        return redacted(str(error)), _RUNTIME_EXIT
    return None


@contextmanager
def answering() -> Iterator[None]:
    """QueryError, without values, where a query fails on the data that it meets, as a division by zero does."""
    try:
        yield
    except Exception as error:
        if not _OF_DATA.search(str(error)):
            raise
        raise QueryError(redacted(str(error))) from None


def redacted(text: str) -> str:
    """The error condition and first sentence of a Spark message, with everything in quotes left out.

    Of an error of Java without a condition the classes alone: what it says may be anything.
    """
    condition = _CONDITION.search(text)
    if not condition and (classes := _CLASSES.findall(text)):
        return f"Spark failed: {', by '.join(dict.fromkeys((classes[0], classes[-1])))}"
    start = text[condition.start() :] if condition else text
    sentence = re.split(r"\n|(?<=[a-z])\. ", start, maxsplit=1)[0]
    return _QUOTED.sub("…", sentence)[:300]
