"""What counts as little to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from eds_spark_imaging.config import Config
from eds_spark_imaging.lake import sizing
from eds_spark_imaging.lake.sizing import is_small


def config(folder: Path, **places: str) -> Config:
    source = places.get("source", str(folder / "source"))
    return Config().with_places((source,), places.get("lake", str(folder / "lake")), places.get("warehouse"))


def test_little_in_local_folders(tmp_path: Path) -> None:
    (tmp_path / "source" / "deep").mkdir(parents=True)
    (tmp_path / "source" / "deep" / "a.dcm").write_bytes(b"x")
    assert is_small(config(tmp_path), sources=True)
    assert is_small(config(tmp_path, warehouse=str(tmp_path)), sources=True)
    assert is_small(config(tmp_path, source="s3://bucket"))  # does not matter for a query


@pytest.mark.parametrize(
    "place", [{"source": "s3://bucket"}, {"lake": "hdfs:///lake"}, {"lake": "db:imaging"}, {"warehouse": "db:central"}]
)
def test_places_that_cannot_be_looked_at(tmp_path: Path, place: dict[str, str]) -> None:
    assert not is_small(config(tmp_path, **place), sources=True)


def test_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "source").mkdir()
    for number in range(5):
        (tmp_path / "source" / f"{number}.dcm").touch()
    monkeypatch.setattr(sizing, "_FILES", 5)
    assert is_small(config(tmp_path), sources=True)
    with (tmp_path / "source" / "0.dcm").open("wb") as archive:
        archive.truncate(1 << 20)  # counts for two
    assert not is_small(config(tmp_path), sources=True)
    monkeypatch.setattr(sizing, "_FILES", 100)
    assert is_small(config(tmp_path), sources=True)
    (tmp_path / "lake").mkdir()
    with (tmp_path / "lake" / "part").open("wb") as table:
        table.truncate(65 << 20)
    assert not is_small(config(tmp_path))
