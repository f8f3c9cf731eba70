"""The given half of the French names of LOINC's imaging exams, where it is beside the project.

The grammar of a name is `MODALITY place - side ; views or guidance contrast`: side and contrast are read here by
these patterns alone, apart from the reader.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from description_sets import HERE, regions_fit, symbols

from eds_spark_imaging.terminology.exam import Reader

NAMES = Path(__file__).parents[4] / "shared" / "terms_given.csv"
pytestmark = pytest.mark.skipif(not NAMES.exists(), reason="the names are not beside the project")

READER = Reader()
CATEGORIES = (
    ("tep", r"PET|TEP"),
    ("medecine_nucleaire", r"MN|SPECT"),
    ("irm", r"RM|angioIRM|IRM|spectroscopie\.IRM"),
    ("scanner", r"CTA?|tomodensitométrie"),
    ("mammographie", r"MG|TMN|mammo"),
    ("echographie", r"échographie"),
    ("angiographie", r"angiographie par fluoroscopie"),
    ("radiographie", r"RX|RF|radiographie"),
)
SIDE = re.compile(r"\b(?:(droite?s?)|(gauches?)|(bilatéra\w+))\b")


def names() -> dict[str, str]:
    with NAMES.open(encoding="utf-8") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


def category(name: str) -> str:
    return next((c for c, pattern in CATEGORIES if re.match(rf"(?:{pattern})(?![A-Za-zé])", name)), "")


def side(name: str) -> str:
    found = {"RLB"[[bool(g) for g in match].index(True)] for match in SIDE.findall(name.split(";", maxsplit=1)[0])}
    return "B" if "B" in found else "".join(sorted(found))


def contrast(name: str) -> str:
    name = name.replace("constraste", "contraste")
    given = bool(re.search(r"(?:avec|post) (?:(?!sans)[^;]){0,40}?(?:contraste|gastrografine)", name))
    without = bool(re.search(r"sans ?(?:contraste|(?:&|et|\+) ?avec [a-z ]*contraste)|sans$", name))
    implied = re.search(r"\bCTA\b|angiographie par fluoro|angioscannographie", name) is not None
    return "both" if given and without else "without" if without else "with" if given or implied else ""


def share_right(pairs: list[tuple[str, str, str]]) -> tuple[float, list[tuple[str, str, str]]]:
    wrong = [pair for pair in pairs if pair[1] != pair[2]]
    return 1 - len(wrong) / len(pairs), wrong


def test_modality_side_and_contrast_are_what_the_name_says() -> None:
    read = {name: READER.read({"study_description": name}) for name in names().values()}
    categories = [(n, category(n), t.category) for n, t in read.items() if category(n)]
    sides = [(n, side(n), t.laterality) for n, t in read.items() if side(n)]
    contrasts = [(n, contrast(n), t.contrast) for n, t in read.items() if contrast(n)]
    assert (len(categories) > 2900, len(sides) > 1200, len(contrasts) > 900) == (True, True, True)
    for pairs, bar in ((categories, 0.99), (sides, 0.995), (contrasts, 0.995)):
        share, wrong = share_right(pairs)
        assert share >= bar, wrong


def test_nothing_is_said_where_the_name_says_nothing() -> None:
    read = {name: READER.read({"study_description": name}) for name in names().values()}
    false_sides = [n for n, t in read.items() if t.laterality and not side(n)]
    false_contrasts = [n for n, t in read.items() if t.contrast and not contrast(n)]
    assert not false_sides
    assert not false_contrasts


def test_regions_are_those_judged_by_hand() -> None:
    lines = (HERE / "loinc_regions.csv").read_text(encoding="utf-8").splitlines()
    judged = {row["code"]: row["regions"] for row in csv.DictReader(line for line in lines if not line.startswith("#"))}
    all_names = names()
    wrong = {}
    for code, regions in judged.items():
        wanted = tuple(frozenset(one.split("/")) for one in regions.split("+")) if regions != "-" else ()
        found = symbols(READER, READER.read({"study_description": all_names[code]}))
        if not regions_fit(found, wanted):
            wrong[all_names[code]] = (found, regions)
    assert len(judged) >= 300
    assert 1 - len(wrong) / len(judged) >= 0.98, wrong
