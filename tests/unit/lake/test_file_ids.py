"""Ids of files: the published HMAC-SHA256, cut; nothing of the path or the key in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.lake import file_ids
from eds_spark_imaging.spark.hadoop import local_folder


def test_the_first_half_of_hmac_sha256() -> None:
    # RFC 4231, test cases 1 and 2.
    assert file_ids.file_id(b"\x0b" * 20)("Hi There") == "b0344c61d8db38535ca8afceaf0bf12b"
    assert file_ids.file_id(b"Jefe")("what do ya want for nothing?") == "5bdcc146bf60754e6a042426089575c7"


def test_any_path_has_an_id() -> None:
    identify = file_ids.file_id(b"k" * 32)
    paths = ["", "/a", "/a/é", "s3://b/k", "/a.zip!m/1.dcm", "/odd\udcff"]
    assert len({identify(path) for path in paths}) == len(paths)


def test_a_key_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    monkeypatch.setenv(file_ids.KEY_FILE, str(file))
    with pytest.raises(ConfigError, match="No such file"):
        file_ids.find_key(None, "/lake")  # type: ignore[arg-type]
    file.write_text("short\n")
    with pytest.raises(ConfigError, match="at least 16 bytes"):
        file_ids.find_key(None, "/lake")  # type: ignore[arg-type]
    file.write_text("0123456789abcdef\n")
    assert file_ids.make_key(None, "/lake") == b"0123456789abcdef"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("uri", "folder"),
    [("/a/b", "/a/b"), ("file:/a", "/a"), ("file:///a", "/a"), ("hdfs://n/a", None), ("s3a://b", None)],
)
def test_folders_of_this_machine(uri: str, folder: str | None) -> None:
    assert local_folder(uri) == (Path(folder) if folder else None)
