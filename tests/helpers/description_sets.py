"""The test sets of texts, and how far an answer is from what is expected."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from eds_spark_imaging.terminology.exam import Reader, Terms
from eds_spark_imaging.terminology.parts import members

HERE = Path(__file__).parents[1] / "unit" / "terminology" / "data"
_NAMES = (
    " _second _third _fourth _fifth _sixth _seventh _eighth _ninth _tenth _eleventh _twelfth _thirteenth _fourteenth"
    " _fifteenth _sixteenth _seventeenth _eighteenth _nineteenth _twentieth _twentyfirst"
    " _twentysecond _twentythird _twentyfourth _twentyfifth _twentysixth _twentyseventh _twentyeighth _twentyninth"
    " _thirtieth _thirtyfirst _thirtysecond _thirtythird _thirtyfourth _thirtyfifth _thirtysixth _thirtyseventh"
    " _thirtyeighth _thirtyninth _fortieth _fortyfirst _fortysecond _fortythird _fortyfourth _fortyfifth"
)
RECORDS = (
    "records_second.jsonl",
    "records_third.jsonl",
    "records_fourth.jsonl",
    "records_fifth.jsonl",
    "records_sixth.jsonl",
    "records_seventh.jsonl",
    "records_eighth.jsonl",
    "records_ninth.jsonl",
    "records_tenth.jsonl",
    "records_eleventh.jsonl",
)
SETS = tuple(f"texts{name}.csv" for name in _NAMES.split(" "))


@dataclass(frozen=True)
class Expected:
    """A text and what it says of an exam; ``regions`` are symbols, `a/b` either or both.

    Where the conventions leave it open, ``body_parts``, ``laterality`` and ``contrast`` hold several answers, in the
    files as `a/b`.
    """

    modality: str
    text: str
    body_parts: tuple[frozenset[str], ...]
    regions: tuple[frozenset[str], ...]
    laterality: str
    contrast: str


def expected(name: str) -> Iterator[Expected]:
    """The rows of a test set."""
    lines = [line for line in (HERE / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    for row in csv.DictReader(lines, delimiter="|"):
        parts = _answers(row["body_parts"])
        regions = tuple(frozenset(one.split("/")) for one in row["regions"].split())
        yield Expected(row["modality"], row["text"], parts, regions, row["laterality"], row["contrast"])


def expected_of_records(name: str) -> Iterator[tuple[dict[str, str], Expected]]:
    """The rows of a set of records, exams and series by what is written of each, and what they say."""
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        given: dict[str, str] = row["given"]
        parts = _answers(row["body_parts"])
        regions = tuple(frozenset(one.split("/")) for one in row["regions"].split())
        text = json.dumps(given, ensure_ascii=False)
        yield given, Expected(given.get("modality", ""), text, parts, regions, row["laterality"], row["contrast"])


def _answers(parts: str | list[str]) -> tuple[frozenset[str], ...]:
    """`A,B/C`: A and B, or C."""
    if isinstance(parts, list):
        return (frozenset(parts),)
    return tuple(frozenset(filter(None, one.split(","))) for one in parts.split("/"))


def wrong(reader: Reader, one: Expected, given: Mapping[str, object] | None = None) -> dict[str, str]:
    """What differs, by field: parts (composites taken apart), regions, side, contrast; of ``given`` or of the text."""
    terms = reader.read(given or {"modality": one.modality, "study_description": one.text})
    parts = members(reader.lexicon, terms.body_parts)
    fits = {
        "body_parts": any(parts == members(reader.lexicon, tuple(answer)) for answer in one.body_parts),
        "laterality": terms.laterality in one.laterality.split("/"),
        "contrast": terms.contrast in one.contrast.split("/"),
    }
    differs = {
        field: f"{getattr(terms, field)!r}, expected {getattr(one, field)!r}" for field, fit in fits.items() if not fit
    }
    if not regions_fit(symbols(reader, terms), one.regions):
        differs["regions"] = f"{symbols(reader, terms)}, expected {one.regions}"
    return differs


def symbols(reader: Reader, terms: Terms) -> set[str]:
    """The regions of an answer by their symbols."""
    by_code = {code: symbol for symbol, code in reader.lexicon.regions.items()}
    return {by_code[code] for code in terms.region_codes}


def regions_fit(found: set[str], wanted: tuple[frozenset[str], ...]) -> bool:
    """Whether each wanted region is there, in one of its forms, and no other."""
    return found <= frozenset().union(*wanted) and all(found & one for one in wanted)
