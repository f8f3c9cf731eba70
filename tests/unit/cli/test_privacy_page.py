"""docs/privacy.md: its tables are there, and say of well-known elements what PS3.15 table E.1-1 says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eds_spark_imaging.cli.privacy_page import with_tables
from eds_spark_imaging.tables import Catalogue

pytest.importorskip("dicomanonymizer")

PAGE = (Path(__file__).parents[3] / "docs" / "privacy.md").read_text(encoding="utf-8")


def parts(page: str) -> dict[str, list[str]]:
    """The lines of each table that derives from declarations."""
    found = re.findall(r"<!-- (\w+) -->\n(.*?)<!-- end -->", page, re.DOTALL)
    return {name: [line for line in text.splitlines() if line.startswith("| ")] for name, text in found}


def test_every_table_is_filled_also_where_the_page_has_it_empty() -> None:
    emptied = re.sub(r"(<!-- \w+ -->\n).*?(\n<!-- end -->)", r"\1\2", PAGE, flags=re.DOTALL)
    assert parts(emptied) == {"treatments": [], "columns": [], "profile": []}
    assert with_tables(emptied, Catalogue()) == PAGE
    assert {name: len(lines) > 5 for name, lines in parts(PAGE).items()} == dict.fromkeys(parts(emptied), True)


@pytest.mark.parametrize(
    ("column", "action", "said"),
    [
        ("patient_name", "Z", "drop | covered: not there"),
        ("patient_birth_name", "X", "drop | covered: not there"),
        ("study_instance_uid", "U", "pseudonym | covered: a stand-in, the same in all tables"),
        ("accession_number", "Z", "pseudonym | covered: a stand-in, the same in all tables"),
        ("study_description", "X", "allow_by_name | covered: not there unless allowed by name"),
        ("patient_birth_date", "Z", "generalise | as with Retain Patient Characteristics, and stricter: coarser"),
        ("study_date", "Z", "shift | covered as with Retain Longitudinal Temporal Information with Modified Dates"),
    ],
)
def test_the_page_says_what_the_profile_does(column: str, action: str, said: str) -> None:
    (line,) = (line for line in parts(PAGE)["profile"] if line.startswith(f"| `{column}` |"))
    assert line.endswith(f" | {action} | {said} |")
