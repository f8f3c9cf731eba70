"""A table's log as we read it: delta-rs, which writes the tables, tells what is right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eds_spark_imaging.lake import log
from eds_spark_imaging.lake.log import TableLog

deltalake = pytest.importorskip("deltalake")


def _write(folder: Path, mode: str = "append", rows: int = 2, **options: object) -> None:
    table = pa.table({"k": list(range(rows)), "s": [f"a b%{n}" for n in range(rows)]})
    deltalake.write_deltalake(str(folder), table, mode=mode, **options)


def _same_as_delta(folder: Path, read: TableLog, version: int) -> None:
    told, state = deltalake.DeltaTable(str(folder), version=version), read.state(version)
    assert state is not None
    assert state.version == version
    assert state.is_plain
    assert {f"{folder}/{file}" for file in state.files} == {uri.removeprefix("file://") for uri in told.file_uris()}
    assert state.bytes == sum((folder / file).stat().st_size for file in state.files)
    assert json.loads(state.schema) == json.loads(told.schema().to_json())


def _append(folder: Path) -> None:
    _write(folder)


def _overwrite(folder: Path) -> None:
    _write(folder, "overwrite")


def _delete(folder: Path) -> None:
    deltalake.DeltaTable(str(folder)).delete("k = 1")


def _checkpoint(folder: Path) -> None:
    deltalake.DeltaTable(str(folder)).create_checkpoint()


def _compact(folder: Path) -> None:
    deltalake.DeltaTable(str(folder)).optimize.compact()


_STEPS = st.lists(st.sampled_from([_append, _overwrite, _delete, _checkpoint, _compact]), max_size=8)


@settings(max_examples=25)
@given(_STEPS)
def test_every_version_has_the_files_that_delta_says(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Callable[[Path], None]]
) -> None:
    folder = tmp_path_factory.mktemp("table")
    _write(folder)
    followed = TableLog(folder)
    for step in steps:
        step(folder)
        _same_as_delta(folder, followed, followed.newest())
    for version in reversed(range(followed.newest() + 1)):
        _same_as_delta(folder, followed, version)
        _same_as_delta(folder, TableLog(folder), version)


def test_no_table(tmp_path: Path) -> None:
    assert TableLog(tmp_path).newest() == -1
    assert TableLog(tmp_path / "none").newest() == -1


def test_commits_before_a_checkpoint_are_not_needed(tmp_path: Path) -> None:
    _write(tmp_path)
    _write(tmp_path)
    _checkpoint(tmp_path)
    _write(tmp_path)
    for number in (0, 1):
        (tmp_path / "_delta_log" / f"{number:020}.json").unlink()
    _same_as_delta(tmp_path, TableLog(tmp_path), 2)
    assert TableLog(tmp_path).state(0) is None


def test_a_table_in_parts_is_not_plain(tmp_path: Path) -> None:
    _write(tmp_path, partition_by=["s"])
    state = TableLog(tmp_path).state()
    assert state is not None
    assert not state.is_plain
    assert all((tmp_path / file).is_file() for file in state.files)  # "s=a b%0" is escaped twice in the log


@pytest.mark.parametrize(
    ("protocol", "is_plain"),
    [
        ({"minReaderVersion": 1, "minWriterVersion": 2}, True),
        ({"minReaderVersion": 2, "minWriterVersion": 5}, False),  # mapped columns
        ({"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["timestampNtz"]}, True),
        ({"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["timestampNtz", "deletionVectors"]}, False),
        ({"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["typeWidening"]}, False),
        ({"minReaderVersion": 4, "minWriterVersion": 9}, False),
    ],
)
def test_what_readers_must_know_more_of_is_not_plain(
    tmp_path: Path, protocol: dict[str, object], *, is_plain: bool
) -> None:
    _write(tmp_path)
    commit = tmp_path / "_delta_log" / f"{1:020}.json"
    commit.write_text(json.dumps({"protocol": protocol}) + "\n")
    state = TableLog(tmp_path).state()
    assert state is not None
    assert state.is_plain == is_plain


@pytest.mark.parametrize("content", ["{", "[]\n", '{"add": {}}\n', '{"protocol": {}}\n', "7\n"])
def test_a_damaged_log_is_for_delta(tmp_path: Path, content: str) -> None:
    _write(tmp_path)
    (tmp_path / "_delta_log" / f"{1:020}.json").write_text(content)
    assert TableLog(tmp_path).state() is None


def test_a_commit_without_actions_changes_no_files(tmp_path: Path) -> None:
    _write(tmp_path)
    before = TableLog(tmp_path).state()
    (tmp_path / "_delta_log" / f"{1:020}.json").write_text("")
    after = TableLog(tmp_path).state()
    assert before is not None
    assert after is not None
    assert (after.version, after.files, after.schema) == (1, before.files, before.schema)


def test_a_long_log_is_for_delta(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path)
    monkeypatch.setattr(log, "_MOST_BYTES", 100)
    assert TableLog(tmp_path).state() is None
    _checkpoint(tmp_path)
    assert TableLog(tmp_path).state() is None
