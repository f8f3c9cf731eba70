"""What notebooks may import: the examples of its docstrings are true, and nothing is loaded too early."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from header_build import data_set, part10

import eds_spark_imaging

PROJECT = Path(__file__).parents[2]
NEED_SPARK = {"spark_session", "register_dicom", "open_lake"}
WITHOUT_SPARK = sorted(set(dir(eds_spark_imaging)) - NEED_SPARK - {"__version__"})
CONFIGURATION = """
[lake]
path = "lake"
[[sources]]
name = "pacs"
root = "exams"
"""


def examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True, recurse=True)
    found = finder.find(eds_spark_imaging, "eds_spark_imaging", module=False, extraglobs={"imaging": eds_spark_imaging})
    for name in WITHOUT_SPARK:
        value: Any = getattr(eds_spark_imaging, name)
        found += finder.find(value, name, module=False, globs={name: value})
    return [test for test in found if test.examples]


@pytest.mark.parametrize("example", examples(), ids=lambda test: test.name)
def test_examples(example: doctest.DocTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elements = ("Modality", "CS", b"CT"), ("SliceThickness", "DS", b"1.25"), ("KVP", "DS", b"120 ")
    (tmp_path / "image.dcm").write_bytes(part10(data_set(*elements)))
    (tmp_path / "notes.txt").write_text("nothing of DICOM\n" * 20)
    (tmp_path / "eds-imaging.toml").write_text(CONFIGURATION)
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    assert doctest.DocTestRunner().run(example, out=said.append).failed == 0, "".join(said)


def test_there_are_examples() -> None:
    assert {"eds_spark_imaging", "read_header", "read_terms", "load_config", "Cohort"} <= {e.name for e in examples()}


def test_nothing_is_loaded_too_early() -> None:
    code = f"""
import sys
import eds_spark_imaging
assert not {{"pyspark", "pydicom", "pyarrow"}} & sys.modules.keys()
for name in {WITHOUT_SPARK!r}:
    getattr(eds_spark_imaging, name)
assert "pyspark" not in sys.modules
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'read_headers'"):
        _ = eds_spark_imaging.read_headers
    with pytest.raises(ImportError):
        exec("from eds_spark_imaging import read_headers")


def test_the_page_for_notebooks_names_them_all() -> None:
    page = (PROJECT / "docs" / "notebooks.md").read_text(encoding="utf-8")
    table = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (.*?) \|", page.partition("\n## ")[0], re.MULTILINE))))
    assert table == set(dir(eds_spark_imaging)) - {"__version__"}
    imports = re.findall(r"^from (eds_spark_imaging\S*) import (.+)$", page, re.MULTILINE)
    assert {module for module, _ in imports} == {"eds_spark_imaging"}
    assert {name for _, names in imports for name in names.split(", ")} <= table
