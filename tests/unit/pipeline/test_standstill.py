"""What a whole run reads is the same as before, or it is not: nothing that changes goes unseen."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from eds_spark_imaging.config import Config, HospitalConfig, LakeConfig, SourceConfig, WarehouseConfig
from eds_spark_imaging.config.sections.jobs import TerminologyConfig
from eds_spark_imaging.pipeline import standstill
from eds_spark_imaging.pipeline.standstill import Standstill


class TinyLake:
    """A lake of one table, as far as it is looked at here."""

    def __init__(self, root: str) -> None:
        self.root, self.catalogue, self.newest = root, [SimpleNamespace(name="link_decision")], 3

    def version(self, _: str) -> int:
        return self.newest


class Place:
    """A configuration with files behind it, and its lake."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("dicom/1/a.dcm", "dicom/b.zip", "base/person/part-0.parquet", "terms.toml", "lake/x"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"12")
        self.lake: Any = TinyLake(str(folder / "lake"))
        self.config = Config(
            lake=LakeConfig(path=self.lake.root),
            warehouse=WarehouseConfig(path=str(folder / "base")),
            sources=(SourceConfig("pacs", str(folder / "dicom")),),
            terminology=TerminologyConfig(file=str(folder / "terms.toml")),
        )

    def now(self) -> Standstill | None:
        return Standstill.now(self.config, self.lake)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_was_kept_is_known_again_and_the_lake_itself_is_no_input(place: Place) -> None:
    assert Standstill.kept(place.lake) is None
    before = place.now()
    assert before is not None
    before.keep(place.lake)
    (place.folder / "lake" / "y").touch()
    assert Standstill.kept(place.lake) == place.now() == before


def test_tables_are_kept_as_they_are_at_the_end(place: Place) -> None:
    before = place.now()
    assert before is not None
    place.lake.newest = 4
    before.keep(place.lake)
    assert Standstill.kept(place.lake) == place.now() != before


def _rewrite(place: Place) -> None:
    path = place.folder / "dicom/1/a.dcm"
    kept = path.stat()
    path.write_bytes(b"21")
    os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))  # as a copy with its times has them


def _configure(**changes: Any) -> Callable[[Place], None]:
    def change(place: Place) -> None:
        place.config = replace(place.config, **changes)

    return change


CHANGES: dict[str, Callable[[Place], None]] = {
    "a new file": lambda place: (place.folder / "dicom/1/new").touch(),
    "a file that is gone": lambda place: (place.folder / "dicom/b.zip").unlink(),
    "another name": lambda place: (place.folder / "dicom/b.zip").replace(place.folder / "dicom/c.zip"),
    "other content of one size and time": _rewrite,
    "rights": lambda place: (place.folder / "dicom/b.zip").chmod(0o600),
    "the base centrale": lambda place: (place.folder / "base/person/part-1.parquet").touch(),
    "a file that the configuration names": lambda place: (place.folder / "terms.toml").write_text("more"),
    "a named file that is gone": lambda place: (place.folder / "terms.toml").unlink(),
    "the configuration": _configure(sources=()),
    "a table": lambda place: setattr(place.lake, "newest", 4),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_is_seen(place: Place, change: Callable[[Place], None]) -> None:
    before = place.now()
    change(place)
    assert place.now() not in (before, None)


def test_a_month_that_is_over_is_seen(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    states = []
    for day in (dt.date(2026, 1, 1), dt.date(2026, 1, 31), dt.date(2026, 2, 1)):
        today = SimpleNamespace(today=lambda day=day: day)
        monkeypatch.setattr(standstill, "dt", SimpleNamespace(date=today))
        states.append(place.now())
    assert states[0] == states[1] != states[2]


def test_a_change_of_this_package_is_seen(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.setattr(standstill, "eds_spark_imaging", SimpleNamespace(__file__=str(package / "__init__.py")))
    before = place.now()
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "x.pyc").touch()
    assert place.now() == before is not None
    (package / "rules.csv").touch()
    assert place.now() != before


@pytest.mark.parametrize(
    "changes",
    [
        {"warehouse": WarehouseConfig(database="base")},
        {"warehouse": WarehouseConfig(path="hdfs://namenode/base")},
        {"sources": (SourceConfig("pacs", "s3://bucket/dicom"),)},
        {"hospitals": (HospitalConfig("066", "/a name\0"),)},
    ],
    ids=["database", "hdfs", "s3", "no path"],
)
def test_what_lies_elsewhere_is_not_known(place: Place, changes: dict[str, Any]) -> None:
    _configure(**changes)(place)
    assert place.now() is None


def test_a_lake_elsewhere_a_link_to_a_folder_and_a_folder_that_cannot_be_listed_are_not_known(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place.folder / "dicom/link").symlink_to(place.folder)
    assert place.now() is None
    (place.folder / "dicom/link").unlink()
    assert place.now() is not None
    monkeypatch.setattr(os, "scandir", _refuse)
    assert place.now() is None
    monkeypatch.undo()
    place.lake.root = "hdfs://namenode/lake"
    assert place.now() is None


def _refuse(path: str) -> None:
    raise PermissionError(path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"inputs": "1"}', b'{"inputs": "1", "versions": {}, "x": 1}'])
def test_a_record_of_another_form_is_none(place: Place, content: bytes) -> None:
    (place.folder / "lake" / "_standstill").write_bytes(content)
    assert Standstill.kept(place.lake) is None
