"""Benchmarks are not run by tests; that each can be started is."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py") if "\ndef main(" in path.read_text())


@pytest.fixture(autouse=True)
def _from_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])


def test_all_are_found() -> None:
    assert importlib.import_module("benchmarks.__main__").names() == NAMES != []


@pytest.mark.parametrize("name", NAMES)
def test_each_finds_what_it_imports(name: str) -> None:
    assert callable(importlib.import_module(f"benchmarks.{name}").main)
