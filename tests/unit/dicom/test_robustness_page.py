"""docs/robustness.md says what the code does: every reason with its comment, every bound with its number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eds_spark_imaging.dicom import reason, resolve
from eds_spark_imaging.dicom.parser import deflate, passing, plan, scanner, window
from eds_spark_imaging.dicom.result import Status
from eds_spark_imaging.dicom.templates import known as layouts
from eds_spark_imaging.storage import entries as listing

PAGE = (Path(__file__).parents[3] / "docs" / "robustness.md").read_text(encoding="utf-8")
SOURCES = "".join(Path(str(module.__file__)).read_text(encoding="utf-8") for module in (reason, listing))
DECLARED = re.findall(r'^    [A-Z_0-9]+ = "(\w+)"  # (.+)$', SOURCES, re.M)
BOUNDS = {
    name: getattr(module, name)
    for module in (deflate, layouts, passing, plan, resolve, scanner, window)
    for name in vars(module)
    if re.fullmatch(r"BLOCK|MAX_\w+", name) and name != "MAX_KNOWN_BYTES"
}


def test_every_reason_with_its_meaning() -> None:
    assert {word for word, _ in DECLARED} == {
        *map(str, reason.Reason),
        *map(str, reason.Rejection),
        *map(str, listing.Problem),
    }
    for word, meaning in DECLARED:
        assert f"| `{word}` | {meaning} |" in PAGE


@pytest.mark.parametrize("status", Status)
def test_every_status(status: Status) -> None:
    assert f"| `{status}` |" in PAGE


@pytest.mark.parametrize("name", BOUNDS)
def test_every_bound(name: str) -> None:
    match = re.search(rf"^\| `{name}` \| ([\d,]+)( KiB| MiB)? \|", PAGE, re.M)
    assert match is not None
    unit = {None: 1, " KiB": 1024, " MiB": 1024 * 1024}[match[2]]
    assert int(match[1].replace(",", "")) * unit == BOUNDS[name]
