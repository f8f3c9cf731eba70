"""One synthetic hospital for all tests here, and plain rows of its tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from eds_spark_imaging.synth import SynthSummary, generate

Row = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A generated hospital on disk."""

    out: Path
    summary: SynthSummary

    def table(self, name: str) -> list[Row]:
        """Rows of a table of the base centrale."""
        return rows(self.out / "warehouse" / name / "part-00000.parquet")

    def truth(self, name: str) -> list[Row]:
        """Rows of a truth table."""
        return rows(self.out / "truth" / f"{name}.parquet")


@cache
def rows(path: Path) -> list[Row]:
    return pq.read_table(path).to_pylist()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    out = tmp_path_factory.mktemp("hospital") / "out"
    return Made(out, generate(out, 300, 7, odd_files=True))


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """More people, no files: for shares and rare events."""
    out = tmp_path_factory.mktemp("large") / "out"
    return Made(out, generate(out, 2500, 3, with_dicom=False))
