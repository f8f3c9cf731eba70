"""What texts say of exams: of a file of JSON lines, for debugging the lexicon without Spark, or of a lake's exams."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from eds_spark_imaging.cli.jobs import run_one
from eds_spark_imaging.cli.options import ConfigOption, LakeOption, LogOption, config_from
from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import InputError
from eds_spark_imaging.runs import events
from eds_spark_imaging.terminology.exam import Reader
from eds_spark_imaging.terminology.site import site_lexicon


def terms(
    file: Annotated[
        str | None, typer.Argument(help="JSON lines; - is standard input. Without it: the exams of the lake.")
    ] = None,
    config: ConfigOption = None,
    lake: LakeOption = None,
    explain: Annotated[bool, typer.Option("--explain", help="What each text says, and what is set aside.")] = False,
    log_format: LogOption = None,
) -> None:
    """Category, body part, region, side and contrast: of texts in a file (no Spark), or of the lake's exams."""
    given = config_from(config, None, lake, None)
    if file is None:
        run_one("terms", given)
    else:
        print_terms(file, given, explain=explain)


def print_terms(file: str, config: Config, *, explain: bool) -> None:
    """One JSON object a line of ``file`` (``-``: standard input) with the terms of that row of columns.

    InputError at the end where a line is no JSON object; each is named, the others are printed all the same.
    """
    reader = Reader(site_lexicon(config.terminology.file, config.terminology.terms))
    bad = 0
    for number, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        row = _object(line)
        if row is None:
            bad += 1
            events.note(f"line {number} is not a JSON object")
            continue
        answer = {"id": row.get("id"), **reader.read(row).as_dict()}
        if explain:
            answer["explain"] = reader.explain(row)
        print(json.dumps(answer))
    if bad:
        raise InputError(f"{bad} {'line was' if bad == 1 else 'lines were'} no JSON object; the others are printed")


def _lines(file: str) -> Iterator[str]:
    if file == "-":
        yield from (line.decode("utf-8-sig", "replace") for line in sys.stdin.buffer)
        return
    try:
        with Path(file).open("rb") as opened:
            yield from (line.decode("utf-8-sig", "replace") for line in opened)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or 'cannot be read'}") from None


def _object(line: str) -> dict[str, object] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None
