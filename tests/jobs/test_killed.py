"""Jobs killed by SIGKILL at every step, then run again: the tables are those of a run that nobody disturbed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lakes
import pydicom
import pytest
from few_attributes import few_attributes

from eds_spark_imaging.tables import catalogue

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = [pytest.mark.spark, pytest.mark.slow]  # some 8 minutes

PROJECT = Path(__file__).parent.parent.parent
SHIPPED = Path(pydicom.__file__).parent / "data" / "test_files"
JOBS = ["index", "parse", "build"]
TABLES = ("dicom_file", "dicom_instance", "dicom_issue", "imaging_study", "imaging_series", "imaging_acquisition")
# In the order in which a run comes to them. The other jobs have points, and tests, of their own.
POINTS = [
    *("files_changed", "removed_touched", "removed_flipped", "removed_issues", "worker", "staged"),
    *("touched", "issues_deleted", "issues", "flipped_status", "flipped"),
    *("instances_deleted", "instances", "members", "outcome", "series", "acquisition", "study"),
]

# The jobs in a process of their own, as small as they can be.
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[3])
from few_attributes import few_attributes
from eds_spark_imaging.tables import catalogue
catalogue.declaration = few_attributes
from eds_spark_imaging.config import Config, ParseConfig
from eds_spark_imaging.pipeline.jobs import Options, run_jobs
from eds_spark_imaging.spark.settings import SMALL_CONF
from dataclasses import replace
config = replace(Config().with_places((sys.argv[1],), sys.argv[2]), spark={
    "spark.master": "local[2]", "spark.sql.shuffle.partitions": "2", "spark.databricks.delta.snapshotPartitions": "1",
    **SMALL_CONF}, parse=ParseConfig(files_per_run=int(sys.argv[4])))
run_jobs(["index", "parse", "build"], config, Options(allow_removals=True))
"""


def before(root: Path) -> None:
    """What a first run finds."""
    root.mkdir()
    for name in ("MR_small.dcm", "rtplan.dcm", "ExplVR_BigEnd.dcm", "examples_ybr_color.dcm"):
        shutil.copy(SHIPPED / name, root / name)
    shutil.copy(SHIPPED / "CT_small.dcm", root / "b.dcm")
    with zipfile.ZipFile(root / "exams.zip", "w") as archive:
        archive.write(SHIPPED / "examples_rgb_color.dcm", "one.dcm")
        archive.write(SHIPPED / "CT_small.dcm", "two.dcm")


def after(root: Path) -> None:
    """What changes then: everything that publication has a step for."""
    shutil.copy(SHIPPED / "CT_small.dcm", root / "a.dcm")  # becomes primary in the place of another
    shutil.copy(SHIPPED / "examples_palette.dcm", root / "MR_small.dcm")  # changes its exam
    (root / "rtplan.dcm").unlink()  # the last of its exam
    shutil.copy(SHIPPED / "badVR.dcm", root / "dose.dcm")  # has an issue
    shutil.copy(SHIPPED / "SC_rgb_jpeg.dcm", root / "ExplVR_BigEnd.dcm")  # has another one in the place of two
    with zipfile.ZipFile(root / "exams.zip", "w") as archive:
        archive.write(SHIPPED / "examples_rgb_color.dcm", "one.dcm")
        archive.write(SHIPPED / "liver_1frame.dcm", "three.dcm")


def run_jobs(context: Context) -> None:
    from eds_spark_imaging.pipeline.checks import check_accounting
    from eds_spark_imaging.pipeline.jobs import JOBS as ALL
    from eds_spark_imaging.pipeline.jobs import Options

    with context.lake.lock():
        for name in JOBS:
            ALL[name](context, Options(allow_removals=True))
        check_accounting(context)


def content(context: Context) -> dict[str, list[str]]:
    """What the tables say, without the names and times of runs."""
    result = {}
    for name in TABLES:
        frame = context.lake.read(name)
        kept = [c for c, kind in frame.dtypes if not c.endswith(("_run", "removed_at")) and not kind.startswith("map")]
        result[name] = sorted(map(str, frame.select(*kept).collect()))
    return result


def start(root: Path, lake: Path, portion: int = 1000, **environment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", SCRIPT, str(root), str(lake), str(PROJECT / "tests" / "helpers"), str(portion)]
    return subprocess.Popen(
        command,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def places(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The source after its changes, a lake from before them, and what the tables should say."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "declaration", few_attributes)
        yield _places(spark, tmp_path_factory)


def _places(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("killed")
    root, lake = folder / "source", folder / "lake"
    before(root)
    run_jobs(lakes.open_context(spark, lake, root))
    after(root)
    undisturbed = folder / "undisturbed"
    shutil.copytree(lake, undisturbed)
    context = lakes.open_context(spark, undisturbed, root)
    run_jobs(context)
    return {"folder": folder, "root": root, "lake": lake, "expected": content(context)}


def test_the_changes_reach_every_table(places: dict[str, Any], spark: SparkSession) -> None:
    old = content(lakes.open_context(spark, places["lake"], places["root"]))
    assert all(old[name] != places["expected"][name] for name in TABLES)
    (lost,) = [row for row in places["expected"]["dicom_file"] if "!two.dcm" in row]
    assert "status='removed'" in lost
    assert not [row for row in places["expected"]["dicom_instance"] if "!two.dcm" in row]


def test_no_point_is_forgotten() -> None:
    package = PROJECT / "src" / "eds_spark_imaging"
    modules = [*package.glob("pipeline/index/*"), *package.glob("pipeline/parse/*"), *package.glob("workers/*")]
    sources = [path.read_text() for path in (*modules, package / "pipeline/build.py") if path.suffix == ".py"]
    assert set(re.findall(r'crash_point\("(\w+)"\)', "".join(sources))) == {*POINTS, "portion"}


def test_killed_at_every_point_in_turn(spark: SparkSession, places: dict[str, Any]) -> None:
    """Each run takes up what the one before has left, and dies one step later."""
    lake = places["folder"] / "lake-killed"
    shutil.copytree(places["lake"], lake)
    for point in POINTS:
        code = start(places["root"], lake, EDS_IMAGING_CRASH_AT=point).wait(timeout=300)
        # A worker that dies fails the run, which lives to say so.
        assert code == (1 if point == "worker" else -signal.SIGKILL), f"the point {point} was not reached"
    context = lakes.open_context(spark, lake, places["root"])
    run_jobs(context)
    assert content(context) == places["expected"]


def test_a_killed_load_loses_one_portion_at_the_most(spark: SparkSession, places: dict[str, Any]) -> None:
    lake = places["folder"] / "lake-portions"
    assert start(places["root"], lake, portion=3, EDS_IMAGING_CRASH_AT="portion").wait(timeout=300) == -signal.SIGKILL
    context = lakes.open_context(spark, lake, places["root"])
    statuses = [row["status"] for row in context.lake.read("dicom_file").where("archive IS NULL").collect()]
    assert 0 < statuses.count("pending") < len(statuses)  # the first portion stays
    assert start(places["root"], lake, portion=3, EDS_IMAGING_CRASH_AT="instances").wait(timeout=300) == -signal.SIGKILL
    run_jobs(context)
    undisturbed = lakes.open_context(spark, places["folder"] / "undisturbed", places["root"])
    loaded, expected = content(context), content(undisturbed)
    for table in ("dicom_instance", "dicom_issue", "imaging_series", "imaging_acquisition"):
        assert loaded[table] == expected[table], table


@pytest.mark.parametrize("seconds", [2.0, 6.0])
def test_killed_with_its_jvm_at_any_moment(spark: SparkSession, places: dict[str, Any], seconds: float) -> None:
    lake = places["folder"] / f"lake-{seconds}"
    shutil.copytree(places["lake"], lake)
    process = start(places["root"], lake)
    lock = lake / "_lock"
    held = lock.stat().st_mtime_ns
    while lock.stat().st_mtime_ns == held and process.poll() is None:  # until the jobs begin
        time.sleep(0.05)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=60)
    context = lakes.open_context(spark, lake, places["root"])
    run_jobs(context)
    assert content(context) == places["expected"]
    shutil.rmtree(lake)
