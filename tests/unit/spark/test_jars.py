"""The folder of the JARs, where it cannot be and where nobody has a home."""

from __future__ import annotations

from pathlib import Path

import pytest

from eds_spark_imaging.errors import ConfigError, SetupError
from eds_spark_imaging.spark import jars


def homeless(*_: object) -> None:
    raise RuntimeError("Could not determine home directory.")


def test_a_folder_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(jars.FOLDER, str(tmp_path / "file" / "jars"))
    monkeypatch.setattr(jars, "java", lambda: "java")
    with pytest.raises(SetupError, match="file/jars for the JARs: Not a directory; EDS_IMAGING_JARS names another"):
        jars.fetch()


def test_without_a_home_the_folder_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "expanduser", homeless)
    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv(jars.FOLDER, "/x")
    assert jars.jar_folder() == Path("/x")
    monkeypatch.delenv(jars.FOLDER)
    with pytest.raises(ConfigError, match="the home of '~' is not known"):
        jars.jar_folder()
