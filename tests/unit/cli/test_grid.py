"""Grids: no value tells the terminal what to do, and none is cut."""

from __future__ import annotations

import io
import sys

import pytest

from eds_spark_imaging.cli.grid import print_grid

HOSTILE = "a\x1b[31m\x9b2J\x07\x00\r\u202eb\u2066 \x7f"
UID = "1.2.840.10008.5.1.4.1.1.2.999999999999999999999"


class Terminal(io.StringIO):
    """A standard output that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("out", [Terminal, io.StringIO])
def test_commands_to_a_terminal_are_escapes(out: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "200")
    shown = out()
    monkeypatch.setattr(sys, "stdout", shown)
    print_grid(["path\x1b[2J"], [[HOSTILE], ["é\ttab"]])
    said = shown.getvalue()
    assert r"a\x1b[31m\x9b2J\x07\x00\x0d\u202eb\u2066 \x7f" in said
    assert r"path\x1b[2J" in said
    assert not set(said) & set("\x1b\x9b\x07\x00\r\u202e\u2066\x7f")
    assert "é" in said


def test_nothing_is_cut_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("TERM", "xterm")
    shown = Terminal()
    monkeypatch.setattr(sys, "stdout", shown)
    print_grid(["uid", "modality"], [[UID, "CT"]])
    rows = [line for line in shown.getvalue().splitlines() if line.startswith("│")]
    assert "".join(row.split("│")[1].strip() for row in rows) == UID
    assert max(map(len, rows)) <= 20
