"""index, parse and build on one lake, step by step: each test goes on from the state of the one before."""

from __future__ import annotations

import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from frames import frame
from lakes import last_counts, open_context

from eds_spark_imaging.config import SourceConfig
from eds_spark_imaging.errors import AccountingError, LakeError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("few_attributes")]

CT = "1.3.6.1.4.1.5962.1.2.1.20040119072730.12322"


@pytest.fixture
def context(spark: SparkSession, tree: Path, tmp_path: Path) -> Context:
    return open_context(spark, tmp_path / "lake", tree)


def run_jobs(context: Context, **options: Any) -> None:
    from eds_spark_imaging.pipeline.build import build
    from eds_spark_imaging.pipeline.checks import check_accounting
    from eds_spark_imaging.pipeline.index.job import index
    from eds_spark_imaging.pipeline.parse.job import parse

    index(context, **options)
    parse(context)
    build(context)
    check_accounting(context)


def statuses(context: Context) -> dict[str, str]:
    rows = context.lake.read("dicom_file").select("path", "status").collect()
    return {Path(row["path"]).name: row["status"] for row in rows}


def exams(context: Context) -> dict[str, int]:
    rows = context.lake.read("imaging_study").where("removed_at IS NULL").collect()
    return {row["study_instance_uid"]: row["number_of_instances"] for row in rows}


def versions(context: Context) -> dict[str, int]:
    from delta.tables import DeltaTable

    return {
        table.name: DeltaTable.forPath(context.spark, f"{context.lake.root}/{table.name}").history(1).first()["version"]
        for table in context.catalogue
        if context.lake.exists(table.name) and table.name != "imaging_run"
    }


def test_a_tree_of_good_and_bad_files_then_its_changes(context: Context, tree: Path, tmp_path: Path) -> None:
    run_jobs(context)
    first = statuses(context)
    ct = {first["CT_small.dcm"], first["copy of CT.dcm"]}
    assert ct == {"parsed", "duplicate"}
    assert {name: first[name] for name in first if "CT" not in name} == {
        "MR_small.dcm": "parsed",
        "rtplan.dcm": "parsed",
        "ExplVR_BigEnd.dcm": "parsed",
        "DICOMDIR": "dicomdir",
        "readme.txt": "not_dicom",
        "empty.dcm": "not_dicom",
        "cut.dcm": "quarantined",
    }
    assert len(exams(context)) == 4
    assert exams(context)[CT] == 1

    # Nothing new: no table gets a version, no file is parsed.
    before = versions(context)
    run_jobs(context)
    assert versions(context) == before
    assert last_counts(context, "parse").get("files_parsed", 0) == 0

    # The primary of two copies goes: the other takes its place and the exam stays.
    (gone,) = [name for name in ("CT_small.dcm", "copy of CT.dcm") if first[name] == "parsed"]
    next(tree.rglob(gone)).unlink()
    run_jobs(context, allow_removals=True)
    assert statuses(context)[gone] == "removed"
    assert exams(context)[CT] == 1

    # The last one goes: the exam is kept with the time it went, out of the counts.
    other = {"CT_small.dcm": "copy of CT.dcm", "copy of CT.dcm": "CT_small.dcm"}[gone]
    kept = tmp_path / "kept.dcm"
    shutil.move(next(tree.rglob(other)), kept)
    run_jobs(context, allow_removals=True)
    assert CT not in exams(context)
    row = context.lake.read("imaging_study").where(f"study_instance_uid = '{CT}'").first()
    assert row is not None
    assert row["removed_at"] is not None
    assert context.lake.read("imaging_series").where(f"study_instance_uid = '{CT}'").count() == 0

    # It comes back.
    shutil.move(kept, tree / other)
    run_jobs(context)
    assert exams(context)[CT] == 1
    assert statuses(context)[other] == "parsed"


@pytest.mark.slow
def test_of_two_copies_one_goes_and_the_other_changes(context: Context, tree: Path) -> None:
    from eds_spark_imaging.pipeline.checks import check_accounting
    from eds_spark_imaging.pipeline.index.job import index
    from eds_spark_imaging.pipeline.parse.job import parse

    index(context)
    parse(context)
    gone, changed = tree / "copy of CT.dcm", tree / "a b" / "CT_small.dcm"
    assert (statuses(context)[gone.name], statuses(context)[changed.name]) == ("duplicate", "parsed")
    gone.unlink()
    shutil.copy(tree / "a b" / "MR_small.dcm", changed)
    index(context, allow_removals=True)
    parse(context)
    check_accounting(context)
    assert statuses(context)[gone.name] == "removed"
    paths = {Path(row["path"]).name for row in context.lake.read("dicom_instance").select("path").collect()}
    assert paths == {"MR_small.dcm", "rtplan.dcm", "ExplVR_BigEnd.dcm", "CT_small.dcm"}


@pytest.mark.slow
def test_files_that_changed_after_a_killed_run_had_read_them(context: Context, tree: Path) -> None:
    """The run was killed before it published; what it read is old by now, and must not pass for what is there."""
    from eds_spark_imaging.pipeline.index.job import index
    from eds_spark_imaging.pipeline.parse.job import _recover, stage
    from eds_spark_imaging.pipeline.parse.selection import Selection, portions

    with zipfile.ZipFile(tree / "gone.zip", "w") as archive:
        archive.write(tree / "a b" / "MR_small.dcm", "member.dcm")
    index(context)
    with context.run("parse") as killed, context.lake.scratch("parse_work") as scratch:
        (work,) = portions(context, Selection(), "", scratch)
        stage(context, killed.run_id, work)
    changed, gone = tree / "a b" / "MR_small.dcm", tree / "a b" / "rtplan.dcm"
    shutil.copy(tree / "a b" / "ExplVR_BigEnd.dcm", changed)
    gone.unlink()
    (tree / "gone.zip").unlink()
    index(context, allow_removals=True)
    with context.run("parse") as second:  # it publishes what the first has read, and is killed too
        _recover(context, second)
    assert {statuses(context)[name] for name in ("MR_small.dcm", "rtplan.dcm")} == {"pending", "removed"}
    run_jobs(context)
    assert statuses(context)["gone.zip"] == statuses(context)["gone.zip!member.dcm"] == "removed"
    instances = context.lake.read("dicom_instance").select("path", "sop_instance_uid").collect()
    uids = {Path(row["path"]).name: row["sop_instance_uid"] for row in instances}
    assert uids["MR_small.dcm"] == uids["ExplVR_BigEnd.dcm"]
    assert {statuses(context)[name] for name in ("MR_small.dcm", "ExplVR_BigEnd.dcm")} == {"parsed", "duplicate"}
    assert sorted(uids) == ["CT_small.dcm", "ExplVR_BigEnd.dcm", "MR_small.dcm", "copy of CT.dcm"]


def test_more_than_a_twentieth_of_a_source_gone_is_an_error(context: Context, tree: Path) -> None:
    from eds_spark_imaging.pipeline.index.job import index

    index(context)
    hidden = tree.parent / "unmounted"
    tree.rename(hidden)
    tree.mkdir()
    with pytest.raises(AccountingError, match="9 of 9 files are gone"):
        index(context)
    assert set(statuses(context).values()) == {"pending"}


def test_a_root_under_another_name_lists_no_file_twice(context: Context, tree: Path, tmp_path: Path) -> None:
    from eds_spark_imaging.pipeline.index.job import index
    from eds_spark_imaging.pipeline.parse.marks import Marks
    from eds_spark_imaging.runs.context import Context

    index(context)
    renamed = replace(context.config, sources=(SourceConfig("renamed", str(tree), override_charset="cp1251"),))
    again = Context(context.spark, renamed)
    index(again)
    files = again.lake.read("dicom_file")
    assert {(row["source"], row["count"]) for row in files.groupBy("source").count().collect()} == {("renamed", 9)}
    # Rows that were read with other character sets are outdated.
    columns = [Marks.of(each).column for each in (again, context)]
    marks = files.select(*columns).distinct().collect()
    assert [tuple(row) for row in marks] == [(f"{again.fingerprint}/override_charset=cp1251", context.fingerprint)]


def test_files_below_a_folder_that_cannot_be_listed_stay(context: Context, tree: Path) -> None:
    from eds_spark_imaging.transforms.file_changes import file_changes

    columns = "path source status size modified reason archive"
    parsed = [(path, "s", "parsed", 1, 1, None, None) for path in ("/r/a/x", "/r/b/y")]
    known = frame(context.spark, columns, *parsed)
    listed = frame(
        context.spark,
        "source path size modified problem:string",
        ("s", "/r/a", None, None, "unreadable_folder"),
        ("s", "/r/b/exams.ZIP!one.dcm", 1, 1, None),
        ("s", "/r/b/one!.zip", 1, 1, None),
    )
    changes = {row["path"]: (row["_op"], row["status"], row["reason"]) for row in file_changes(listed, known).collect()}
    assert changes.pop("/r/a/x")[0] == "kept"
    assert changes == {
        "/r/a": ("new", "quarantined", "unreadable_folder"),
        "/r/b/exams.ZIP!one.dcm": ("new", "quarantined", "looks_like_member"),
        "/r/b/one!.zip": ("new", "pending", None),
        "/r/b/y": ("removed", "removed", None),
    }


def test_two_runs_at_once_are_refused(context: Context) -> None:
    with context.lake.lock():
        handle = os.open(f"{context.lake.root}/_lock", os.O_RDONLY)
        os.close(handle)
        with pytest.raises(LakeError, match="in use by another run"), context.lake.lock():
            pass
