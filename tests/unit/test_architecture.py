"""The rooms and their direction, as CONTRIBUTING.md states them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGE = "eds_spark_imaging"
SOURCE = PROJECT / "src" / PACKAGE
ROW = re.compile(r"^\| `(\w+)` \| .+? \| (.+?) \| (no Spark)? *\|$", re.MULTILINE)
ROOMS = {
    room: (set(re.findall(r"`(\w+)`", imports)), bool(without))
    for room, imports, without in ROW.findall((PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
}


def imported(module: Path) -> Iterator[str]:
    """The dotted names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def modules() -> dict[str, Path]:
    names = {}
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        names[".".join((PACKAGE, *(p for p in parts if p != "__init__")))] = path
    return names


def test_the_table_names_every_room() -> None:
    assert set(ROOMS) == {p.name for p in SOURCE.iterdir() if (p / "__init__.py").exists()}


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_what_the_table_says(room: str) -> None:
    ours = {
        name.split(".")[1]
        for module in (SOURCE / room).rglob("*.py")
        for name in imported(module)
        if name.startswith(f"{PACKAGE}.") and name != f"{PACKAGE}.__version__"
    }
    assert ours - {room, "vocabulary", "treatment"} == ROOMS[room][0]


def test_no_circles() -> None:
    known = modules()
    uses = {
        name: {
            target
            for full in imported(path)
            for target in (full, full.rpartition(".")[0])
            if target in known and target != name and not name.startswith(f"{target}.")
        }
        for name, path in known.items()
    }
    while leaves := [name for name, targets in uses.items() if not targets & uses.keys()]:
        for name in leaves:
            del uses[name]
    assert not uses


@pytest.mark.parametrize("room", sorted(room for room, (_, without_spark) in ROOMS.items() if without_spark))
def test_no_spark_where_it_is_said(room: str) -> None:
    wrong = [
        m for m in (SOURCE / room).rglob("*.py") for name in imported(m) if name.split(".")[0] in ("pyspark", "delta")
    ]
    assert not wrong


@pytest.mark.parametrize("arguments", [["--help"], ["describe", "imaging_study"], ["header", "--help"]])
def test_no_spark_is_loaded_by(arguments: list[str]) -> None:
    code = f"""
import sys
sys.argv = ["eds-imaging", *{arguments!r}]
from eds_spark_imaging.cli.app import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
assert "pyspark" not in sys.modules
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr
