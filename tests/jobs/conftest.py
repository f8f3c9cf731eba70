"""A small tree of DICOM files, good and bad."""

from __future__ import annotations

import shutil
from pathlib import Path

import few_attributes as few_attributes_module
import pydicom
import pytest

SHIPPED = Path(pydicom.__file__).parent / "data" / "test_files"
GOOD = ("CT_small.dcm", "MR_small.dcm", "rtplan.dcm", "ExplVR_BigEnd.dcm")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Four readable files, one of them twice, and what else lies about in real folders."""
    root = tmp_path / "tree"
    (root / "a b").mkdir(parents=True)
    for name in GOOD:
        shutil.copy(SHIPPED / name, root / "a b" / name)
    shutil.copy(SHIPPED / "CT_small.dcm", root / "copy of CT.dcm")
    shutil.copy(SHIPPED / "dicomdirtests" / "DICOMDIR", root / "DICOMDIR")
    (root / "readme.txt").write_text("not a DICOM file\n" * 20)
    (root / "empty.dcm").touch()
    (root / "cut.dcm").write_bytes((SHIPPED / "CT_small.dcm").read_bytes()[:3000])
    return root


@pytest.fixture
def few_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lakes of this test have few columns."""
    from eds_spark_imaging.tables import catalogue

    monkeypatch.setattr(catalogue, "declaration", few_attributes_module.few_attributes)
