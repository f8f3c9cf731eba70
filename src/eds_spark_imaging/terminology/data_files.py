"""The data files of the lexicon, as rows, and the lists of words that rules ask for (``groups.csv``)."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a data file, without its comments."""
    text = files("eds_spark_imaging.terminology").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return parse_rows(text)


def parse_rows(text: str) -> list[dict[str, str]]:
    """Rows of a lexicon file: CSV with a header; lines that begin with # are comments."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [{key: value or "" for key, value in row.items() if key} for row in csv.DictReader(lines)]


@lru_cache(maxsize=1)
def _groups() -> dict[str, tuple[str, ...]]:
    return {row["group"]: tuple(row["members"].split("|")) for row in rows("groups")}


def group(name: str) -> tuple[str, ...]:
    """The members of a group as they are written; KeyError where there is no such group."""
    return _groups()[name]
