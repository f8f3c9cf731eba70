"""The command ``terms``: JSON lines of descriptions in, JSON lines of terms out; starts no Spark."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from eds_spark_imaging.errors import InputError
from eds_spark_imaging.terminology.exam import Reader


def print_terms(file: str, *, explain: bool = False, out: TextIO | None = None) -> None:
    """Read JSON lines from ``file`` (``-``: standard input) and print one line of terms for each.

    A line that is no JSON object is named on standard error and left out; the others are printed all the same.

    Raises:
        InputError: the file cannot be read, or some of its lines were no JSON objects.
    """
    reader = Reader()
    out = out or sys.stdout
    bad = 0
    for number, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        row = _object(line)
        if row is None:
            bad += 1
            print(f"eds-imaging: line {number} is not a JSON object", file=sys.stderr)
            continue
        answer = {"id": row.get("id"), **reader.read(row).as_dict()}
        if explain:
            answer["explain"] = reader.explain(row)
        print(json.dumps(answer, ensure_ascii=False), file=out)
    if bad:
        raise InputError(f"{bad} line(s) were not JSON objects; the others are printed")


def _lines(file: str) -> Iterator[str]:
    if file == "-":
        yield from (line.decode("utf-8", "replace") for line in sys.stdin.buffer)
        return
    try:
        with Path(file).open("rb") as opened:
            yield from (line.decode("utf-8-sig", "replace") for line in opened)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or 'cannot be read'}") from error


def _object(line: str) -> dict[str, object] | None:
    try:
        row = json.loads(line.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


if __name__ == "__main__":
    try:
        print_terms(sys.argv[1] if len(sys.argv) > 1 else "-", explain="--explain" in sys.argv)
    except InputError as error:
        print(f"eds-imaging: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
