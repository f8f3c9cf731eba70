"""What a small change of the source makes Delta read and rewrite, by the metrics of its own history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import lakes
import pydicom
import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

# Some two minutes.
pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.usefixtures("few_attributes"),
]

SHIPPED = Path(pydicom.__file__).parent / "data" / "test_files"
BATCHES = 4
EXAMS = 6
TABLES = ("dicom_file", "dicom_instance", "imaging_study", "imaging_series", "imaging_acquisition")


def write_exam(folder: Path, number: int, description: str = "CHEST") -> None:
    """An exam of one series of two slices."""
    folder.mkdir(parents=True, exist_ok=True)
    dataset = pydicom.dcmread(SHIPPED / "CT_small.dcm")
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"1.2.3.{100 + number}", f"1.2.3.{100 + number}.1"
    dataset.StudyDescription = description
    for instance in (1, 2):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{100 + number}.1.{instance}"
        dataset.InstanceNumber = instance
        dataset.save_as(folder / f"{number}-{instance}.dcm")


def run_jobs(context: Context) -> None:
    from eds_spark_imaging.pipeline.build import build
    from eds_spark_imaging.pipeline.checks import check_accounting
    from eds_spark_imaging.pipeline.index.job import index
    from eds_spark_imaging.pipeline.parse.job import parse

    index(context)
    parse(context)
    build(context)
    check_accounting(context)


def last_version(context: Context, table: str) -> int:
    from delta.tables import DeltaTable

    return int(DeltaTable.forPath(context.spark, f"{context.lake.root}/{table}").history(1).first()["version"])


def rewritten(context: Context, table: str, since: int) -> tuple[int, int]:
    """Files removed and rows copied, updated or inserted by the commits after a version."""
    from delta.tables import DeltaTable

    history = DeltaTable.forPath(context.spark, f"{context.lake.root}/{table}").history().collect()
    metrics = [row["operationMetrics"] for row in history if row["version"] > since]
    files = sum(int(m.get("numTargetFilesRemoved", 0)) for m in metrics)
    rows = sum(int(m.get("numOutputRows", 0) or m.get("numTargetRowsUpdated", 0)) for m in metrics)
    return files, rows


def test_one_exam_that_changes(spark: SparkSession, tmp_path: Path) -> None:

    root = tmp_path / "source"
    context = lakes.open_context(spark, tmp_path / "lake", root)
    for batch in range(BATCHES):
        for number in range(batch * EXAMS, (batch + 1) * EXAMS):
            write_exam(root / str(batch), number)
        run_jobs(context)
    files = {name: context.lake.size(name).files for name in TABLES}
    assert all(count >= BATCHES for count in files.values())
    before = {name: last_version(context, name) for name in TABLES}

    run_jobs(context)
    assert {name: last_version(context, name) for name in TABLES} == before  # nothing new, nothing written

    write_exam(root / "1", EXAMS + 2, "THORAX")
    run_jobs(context)
    changed = context.lake.read("imaging_study").where("study_description = 'THORAX'").collect()
    assert [row["study_instance_uid"] for row in changed] == [f"1.2.3.{100 + EXAMS + 2}"]
    for name in TABLES:
        removed, rows = rewritten(context, name, before[name])
        # Two files of the source changed, one exam and one series; `dicom_file` is written when a file is listed and
        # again when it is parsed. Each row lies in one file of the table.
        most = {"dicom_file": 4, "dicom_instance": 2}.get(name, 1)
        assert removed <= most, name
        assert removed < files[name], name
        assert rows <= most * 2 * EXAMS, name
    # The description is the exam's alone: rows of series that come out the same are not written.
    assert last_version(context, "imaging_study") > before["imaging_study"]
    for name in ("imaging_series", "imaging_acquisition"):
        assert last_version(context, name) == before[name]
