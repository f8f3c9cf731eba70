"""docs/robustness.md says what the code does: every word with its meaning, every bound with its number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eds_spark_imaging.cli.derived import VOCABULARIES, with_words
from eds_spark_imaging.dicom import naming, resolve
from eds_spark_imaging.dicom.parser import deflate, passing, plan, scanner, window
from eds_spark_imaging.dicom.templates import known as templates

PAGE = (Path(__file__).parents[3] / "docs" / "robustness.md").read_text(encoding="utf-8")
BOUNDS = {
    name: getattr(module, name)
    for module in (deflate, naming, templates, passing, plan, resolve, scanner, window)
    for name in vars(module)
    if re.fullmatch(r"BLOCK|MAX_\w+", name) and name != "MAX_KNOWN_BYTES"
}


def test_every_word_with_its_meaning() -> None:
    """As `./dev docs` writes them."""
    assert with_words(PAGE) == PAGE
    for words in VOCABULARIES.values():
        for word, meaning in words.meanings().items():
            assert f"| `{word}` | {meaning} |" in PAGE


@pytest.mark.parametrize("name", BOUNDS)
def test_every_bound(name: str) -> None:
    match = re.search(rf"^\| `{name}` \| ([\d,]+)( KiB| MiB)? \|", PAGE, re.M)
    assert match is not None
    unit = {None: 1, " KiB": 1024, " MiB": 1024 * 1024}[match[2]]
    assert int(match[1].replace(",", "")) * unit == BOUNDS[name]
