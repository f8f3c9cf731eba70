"""`maintain` after many small runs, run records, and the ids of files."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from frames import frame, rows
from lakes import last_counts, named, open_context

from eds_spark_imaging.config import Config, MaintainConfig
from eds_spark_imaging.errors import ConfigError, InputError, LakeError
from eds_spark_imaging.lake.file_ids import KEY_FILE, find_key, make_key
from eds_spark_imaging.lake.holder import Holder

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = pytest.mark.spark

SMALL_RUNS = 12
FILES, QUEUE = "dicom_file", "dicom_study_touched"


def add_files(context: Context, number: int, run_id: str) -> None:
    """A small run: three new files, one of the run before changed."""
    paths = [(f"/r/{number}/{i}", i) for i in range(3)]
    new = rows("path size", *paths, source="s", status="pending", first_run=run_id, changed_run=run_id)
    context.lake.append(FILES, named(context, FILES, new).coalesce(1))
    if number in (3, 9):
        changed = frame(context.spark, "path status", (f"/r/{number - 1}/0", "parsed"))
        context.lake.merge(FILES, changed, ["path"], ["status"])


def maintain(context: Context) -> dict[str, int]:
    """Runs the job; returns the counts of its record."""
    from eds_spark_imaging.pipeline.maintain import maintain

    maintain(context)
    return last_counts(context, "maintain")


def version(context: Context, table: str) -> int:
    row = context.spark.sql(f"DESCRIBE HISTORY {context.lake.identifier(table)} LIMIT 1").first()
    assert row is not None
    return int(row["version"])


@pytest.mark.slow
def test_few_files_and_the_same_content_after_many_small_runs(spark: SparkSession, tmp_path: Path) -> None:
    context = open_context(spark, tmp_path / "lake")
    lake = context.lake
    lake.create(FILES)
    for number in range(SMALL_RUNS):
        add_files(context, number, f"run-{number:02}")
    before, snapshot = lake.size(FILES), version(context, FILES)
    content = sorted(lake.read(FILES).collect())
    assert len(content) == 3 * SMALL_RUNS
    assert before.files >= SMALL_RUNS
    # A file that a killed task left, which no commit ever named.
    orphan = tmp_path / "lake" / FILES / "part-00000-left.snappy.parquet"
    orphan.write_bytes(b"x" * 1000)
    old = (dt.datetime.now() - dt.timedelta(days=8)).timestamp()
    os.utime(orphan, (old, old))
    staged = tmp_path / "lake" / "_staging" / "a-run" / "_SUCCESS"
    staged.parent.mkdir(parents=True)
    staged.touch()
    os.utime(staged, (old, old))

    counts = maintain(context)
    assert lake.size(FILES).files == 1
    assert sorted(lake.read(FILES).collect()) == content
    assert (counts["tables"], counts["tables_changed"]) == (1, 1)
    assert (counts["files_before"], counts["files_after"]) == (before.files, 1)
    assert (counts["bytes_before"], counts["bytes_after"]) == (before.bytes, lake.size(FILES).bytes)
    # The orphan and nothing else: the files of the snapshot are younger than the retention.
    assert not orphan.exists()
    assert (counts["stored_files_deleted"], counts["stored_bytes_deleted"]) == (1, 1000)
    earlier = spark.sql(f"SELECT * FROM {lake.identifier(FILES)} VERSION AS OF {snapshot}")
    assert sorted(earlier.collect()) == content
    assert staged.exists()

    # Nothing more to do: the table gets no version.
    done = version(context, FILES)
    lake.optimize(FILES)
    lake.vacuum(FILES)
    assert version(context, FILES) == done


@pytest.mark.slow
def test_the_queue_loses_what_build_has_taken_in_long_ago(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.pipeline.maintain import stale_touches

    context = open_context(spark, tmp_path / "lake")
    old, older = "20200102T000000000000-parse-a", "20200101T000000000000-parse-b"
    now = dt.datetime.now(dt.UTC)
    recent = (now - dt.timedelta(days=2)).strftime("%Y%m%dT%H%M%S%f-parse-c")
    pairs = [("1.1", older), ("1.1", old), ("1.1", recent), ("1.2", older), ("1.2", old), ("1.3", recent)]
    queue = frame(spark, "study_instance_uid changed_run", *pairs, ("1.4", old)).coalesce(1)
    context.lake.append(QUEUE, queue)
    assert stale_touches(queue, "").count() == 0  # no build has succeeded yet
    assert stale_touches(queue, "20200101T500000").count() == 2

    with context.run("build") as run:
        run.watermark = recent
    assert maintain(context)["queue_rows_deleted"] == 3
    left = {tuple(row) for row in context.lake.read(QUEUE).select("study_instance_uid", "changed_run").collect()}
    # What a next build would take is untouched, and no exam is forgotten.
    assert left == {("1.1", recent), ("1.2", old), ("1.3", recent), ("1.4", old)}


def test_a_record_names_the_slowest_files_by_id(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.lake.opening import open_lake

    context = open_context(spark, tmp_path / "lake")
    paths = [f"/pacs/DUPONT/{i}.dcm" for i in range(12)]
    with context.run("parse") as run:
        run.main_count = "files_parsed"
        run.count(files_parsed=12)
        run.expect(12)
        assert run.expected is not None
        assert (run.expected.total, run.expected.unit) == (12, "files")
        run.slowest += [(path, float(i), 100 * i) for i, path in enumerate(paths)]
    row = context.lake.read("imaging_run").collect()[0]
    slowest = row["slowest_files"]
    assert [(file["seconds"], file["bytes"]) for file in slowest] == [(float(i), 100 * i) for i in range(11, 1, -1)]
    assert slowest[0]["file_id"] == context.file_id(paths[11])
    assert "DUPONT" not in str(row)
    assert row["rows_per_second"] > 0

    # Who may read the key finds the path of an id.
    key = tmp_path / "lake" / "_key"
    assert stat.S_IMODE(key.stat().st_mode) & 0o007 == 0
    assert [child.name for child in (tmp_path / "lake").iterdir() if "_key" in child.name] == ["_key"]
    open_lake(context.config, "test")
    frame(spark, "path", *[(path,) for path in paths]).createOrReplaceTempView("listed")
    found = spark.sql(f"SELECT path FROM listed WHERE file_id(path) = '{slowest[3]['file_id']}'")
    assert [row[0] for row in found.collect()] == [paths[8]]


def test_the_key_is_made_once(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = tmp_path / "lake"
    lake.mkdir()
    assert find_key(spark, str(lake)) is None
    assert list(lake.iterdir()) == []  # looking for it writes nothing
    key = make_key(spark, str(lake))
    assert make_key(spark, str(lake)) == make_key(spark, f"file:{lake}") == key
    assert len(key) == 64
    named = tmp_path / "secret"
    named.write_bytes(b"another key of the site")
    monkeypatch.setenv(KEY_FILE, str(named))
    assert make_key(spark, str(lake)) == b"another key of the site"
    monkeypatch.delenv(KEY_FILE)
    (lake / "_key").write_bytes(b"")
    with pytest.raises(ConfigError, match="at least 16 bytes"):
        make_key(spark, str(lake))
    with pytest.raises(LakeError, match="cannot be written"):
        make_key(spark, f"{named}/lake")


def another_writes(lock: Path, holder: Holder) -> None:
    """Another run's mark, without the checksum that Hadoop keeps beside its own on a local file system."""
    lock.with_name(f".{lock.name}.crc").unlink(missing_ok=True)
    lock.write_bytes(holder.content)


def test_key_and_lock_on_a_store_that_is_not_this_machine(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.lake.lock import LakeInUseError, lake_lock

    gateway: Any = spark.sparkContext._jsc
    gateway.hadoopConfiguration().set("fs.viewfs.mounttable.test.link./lake", f"file://{tmp_path}")
    root = "viewfs://test/lake"
    assert find_key(spark, root) is None
    key = make_key(spark, root)
    assert find_key(spark, root) == make_key(spark, root) == key == (tmp_path / "_key").read_bytes()
    assert stat.S_IMODE((tmp_path / "_key").stat().st_mode) == 0o640
    lock = tmp_path / "_lock"
    with lake_lock(spark, root):
        with pytest.raises(LakeInUseError, match=f"in use by another run .{spark.sparkContext.applicationId}, process"):
            lake_lock(spark, root).__enter__()
        held = Holder.read(lock.read_bytes())
        assert held
        assert held.process == os.getpid()
    assert not lock.exists()

    over = replace(held, begun="1", token="abc")  # its process has ended
    another_writes(lock, over)
    with lake_lock(spark, root):
        held = Holder.read(lock.read_bytes())
        assert held
        assert held.token != "abc"
        another_writes(lock, replace(held, token="other"))  # which has taken it away
    assert b"other" in lock.read_bytes()
    another_writes(lock, replace(over, machine="elsewhere"))
    with pytest.raises(LakeInUseError, match="if that one was killed"):
        lake_lock(spark, root).__enter__()
    assert [path.name for path in tmp_path.iterdir() if "_lock" in path.name] == ["_lock"]
    (tmp_path / "file").touch()
    with pytest.raises(LakeError, match="cannot be written") as error:
        lake_lock(spark, f"{root}/file").__enter__()
    assert not isinstance(error.value, LakeInUseError)


def test_events_of_a_run(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from eds_spark_imaging.cli.progress import progress_on_terminal
    from eds_spark_imaging.runs.context import Context

    monkeypatch.setenv("EDS_IMAGING_LOG", "json")
    config = Config().with_places(lake=str(tmp_path / "lake"))
    context = Context(spark, config, progress_on_terminal().on(spark))

    def failing() -> None:
        with context.run("parse") as run:
            names.append(run.run_id)
            run.count(files_parsed=3)
            raise InputError("/pacs/DUPONT/1.dcm")

    names: list[str] = []
    with pytest.raises(InputError):
        failing()
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(event["event"], event["run_id"]) for event in events] == [
        ("job_started", *names),
        ("job_ended", *names),
    ]
    assert (events[1]["outcome"], events[1]["error"], events[1]["counts"]) == (
        "failed",
        "InputError",
        {"files_parsed": 3},
    )
    assert "DUPONT" not in str(events)
    row = context.lake.read("imaging_run").collect()[0]
    assert (row["outcome"], row["error"], row["slowest_files"]) == ("failed", "InputError", None)


def test_small_appends_are_merged_without_maintain(spark: SparkSession, tmp_path: Path) -> None:
    context = open_context(spark, tmp_path / "lake")
    for _ in range(4):
        context.lake.append(QUEUE, frame(spark, "study_instance_uid changed_run", ("1.1", "run")))
        context.lake.merge_small_appends(many=3)
    assert context.lake.size(QUEUE).files < 3
    assert context.lake.read(QUEUE).count() == 4


def test_a_retention_that_readers_could_not_live_with() -> None:
    assert MaintainConfig().vacuum_hours == 168
    with pytest.raises(ConfigError, match="168"):
        MaintainConfig(vacuum_hours=167)


def test_a_lake_without_tables(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="no tables"):
        maintain(open_context(spark, tmp_path / "lake"))
