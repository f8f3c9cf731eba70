"""What texts say of exams: of a file of JSON lines, for debugging the lexicon without Spark, or of a lake's exams."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated

import typer

from eds_spark_imaging.cli.jobs import run_one
from eds_spark_imaging.cli.options import ConfigOption, LakeOption, LogOption, config_from
from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import InputError, UsageError
from eds_spark_imaging.runs import events
from eds_spark_imaging.terminology.exam import Reader
from eds_spark_imaging.terminology.exam_names import ExamNames, key_of, kind_of_exam
from eds_spark_imaging.terminology.site import site_lexicon, site_names
from eds_spark_imaging.terminology.sources import sources

# Bytes of one line, more than any row of texts has.
_LONGEST_LINE = 1_000_000


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
    if file is None and explain:
        raise UsageError("--explain is for texts: name a FILE, or - for standard input")
    if file is not None and lake is not None:
        raise UsageError("FILE and --lake do not go together: terms are those of texts, or of a lake's exams")
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
    names = site_names(config.terminology.exam_names, reader.lexicon)
    bad = 0
    for number, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        row = _object(line)
        if row is None:
            bad += 1
            too_long = len(line) > _LONGEST_LINE
            events.note(f"line {number} is {'longer than 1 MB' if too_long else 'not a JSON object'}")
            continue
        print(json.dumps(_answer(reader, names, row, explain=explain)))
    if bad:
        raise InputError(f"{bad} {'line was' if bad == 1 else 'lines were'} no JSON object; the others are printed")


def _answer(reader: Reader, names: ExamNames | None, row: dict[str, object], *, explain: bool) -> dict[str, object]:
    given = sources(row)
    terms = reader.terms(given)
    answer = {"id": row.get("id"), **terms.as_dict()}
    if names is not None:
        kind = kind_of_exam(reader.lexicon, names, given, terms)
        answer["exam_loinc_code"] = names.code(key_of(reader.lexicon, terms, kind)) if kind else ""
    if explain:
        answer["explain"] = reader.explain(row)
    return answer


def _lines(file: str) -> Iterator[bytes]:
    if file == "-":
        if sys.stdin is None:
            raise InputError("standard input is closed")
        yield from _short_lines(sys.stdin.buffer)
        return
    try:
        with Path(file).open("rb") as opened:
            yield from _short_lines(opened)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or 'cannot be read'}") from None


def _short_lines(opened: IO[bytes]) -> Iterator[bytes]:
    """Lines; of one that is too long no more is kept than shows that."""
    while line := opened.readline(_LONGEST_LINE + 1):
        rest = line
        while len(rest) > _LONGEST_LINE and not rest.endswith(b"\n"):
            rest = opened.readline(_LONGEST_LINE + 1)
        yield line


def _object(line: bytes) -> dict[str, object] | None:
    if len(line) > _LONGEST_LINE:
        return None
    try:
        row = json.loads(line.decode("utf-8-sig", "replace"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _no_constant(name: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError(name)
