"""Archives and files that share a SOPInstanceUID, through index, parse and build, as the source changes."""

from __future__ import annotations

import io
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import lakes
import pydicom
import pytest

from eds_spark_imaging.config import Config

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("few_attributes")]

SHIPPED = Path(pydicom.__file__).parent / "data" / "test_files"
OTHER_SERIES = "1.2.826.0.1.3680043.8.498.1"


def write_zip(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.fixture
def context(spark: SparkSession, tmp_path: Path) -> Context:

    root = tmp_path / "archives"
    root.mkdir()
    ct, mr = (SHIPPED / "CT_small.dcm").read_bytes(), (SHIPPED / "MR_small.dcm").read_bytes()
    write_zip(root / "exams.zip", {"a/ct.dcm": ct, "a/mr.dcm": mr, "notes.txt": b"text " * 99, "../up.dcm": ct})
    with tarfile.open(root / "more.tar.gz", "w:gz") as archive:
        plan = tarfile.TarInfo("rt.dcm")
        content = (SHIPPED / "rtplan.dcm").read_bytes()
        plan.size = len(content)
        archive.addfile(plan, io.BytesIO(content))
    (root / "copy.dcm").write_bytes(ct)
    moved = pydicom.dcmread(SHIPPED / "CT_small.dcm")
    moved.SeriesInstanceUID = OTHER_SERIES
    moved.save_as(root / "zz moved.dcm")
    for number in range(30):  # so that a file that goes is less than a twentieth
        (root / f"{number}.txt").write_text("nothing of interest\n" * 30)
    return lakes.open_context(spark, tmp_path / "lake", root)


def root_of(context: Context) -> Path:
    return Path(context.config.sources[0].root)


def run_jobs(context: Context) -> int:
    """The number of files that were opened, members included."""
    from eds_spark_imaging.pipeline.build import build
    from eds_spark_imaging.pipeline.checks import check_accounting
    from eds_spark_imaging.pipeline.index.job import index
    from eds_spark_imaging.pipeline.parse.job import parse

    index(context)
    parse(context)
    build(context)
    check_accounting(context)
    last = context.runs("parse").orderBy("run_id", ascending=False).first()
    return last["counts"].get("files_parsed", 0) if last else 0


def outcomes(context: Context) -> dict[str, tuple[str, str | None]]:
    root = f"{root_of(context)}/"
    rows = context.lake.read("dicom_file").where("path NOT LIKE '%.txt' OR archive IS NOT NULL").collect()
    return {row["path"].removeprefix(root): (row["status"], row["reason"]) for row in rows}


def modalities(context: Context) -> list[str]:
    rows = context.lake.read("imaging_study").where("removed_at IS NULL").collect()
    return sorted(row["main_modality"] for row in rows)


@pytest.mark.slow
def test_members_come_and_go_with_their_archive(context: Context) -> None:
    assert run_jobs(context) == 30 + 2 + 2 + 4 + 1
    first = outcomes(context)
    assert first == {
        "exams.zip": ("not_dicom", "archive"),
        "more.tar.gz": ("not_dicom", "archive"),
        # Of equal files the smallest path counts; the one that was moved has a shorter header or a larger digest.
        "copy.dcm": first["copy.dcm"],
        "exams.zip!a/ct.dcm": ("duplicate", None),
        "zz moved.dcm": first["zz moved.dcm"],
        "exams.zip!a/mr.dcm": ("parsed", None),
        "exams.zip!notes.txt": ("not_dicom", "no_dicom_structure"),
        "exams.zip!../up.dcm": ("quarantined", "unsafe_name"),
        "more.tar.gz!rt.dcm": ("parsed", None),
    }
    assert {first["copy.dcm"][0], first["zz moved.dcm"][0]} == {"parsed", "duplicate"}
    assert modalities(context) == ["CT", "MR", "RTPLAN"]
    files = {Path(row["path"]).name: row for row in context.lake.read("dicom_file").collect()}
    assert files["mr.dcm"]["archive"] == str(root_of(context) / "exams.zip")
    assert files["mr.dcm"]["size"] == (SHIPPED / "MR_small.dcm").stat().st_size
    read = sum(row["bytes_read"] or 0 for row in files.values() if "exams.zip" in row["path"])
    assert 0 < read <= 2 * (root_of(context) / "exams.zip").stat().st_size

    # The CT is in two series: it counts once, and the conflict is seen.
    conflicts = context.lake.read("dicom_instance").where("uid_conflict IS NOT NULL")
    assert {(Path(row["path"]).name, row["uid_conflict"]) for row in conflicts.collect()} == {
        (name, "series") for name in ("ct.dcm", "copy.dcm", "zz moved.dcm")
    }
    ct = context.lake.read("imaging_study").where("main_modality = 'CT'").collect()[0]
    assert (ct["number_of_instances"], ct["number_of_series"], ct["instances_in_conflict"]) == (1, 1, 1)

    assert run_jobs(context) == 0  # an archive that was parsed is not opened again

    # The zip changes: one member goes, one comes, one is another file. The moved CT goes.
    root = root_of(context)
    ct_again = (SHIPPED / "CT_small.dcm").read_bytes()
    ultrasound = (SHIPPED / "examples_ybr_color.dcm").read_bytes()
    write_zip(root / "exams.zip", {"a/ct.dcm": ct_again, "b/us.dcm": ultrasound, "notes.txt": b"text " * 99})
    (root / "zz moved.dcm").unlink()
    assert run_jobs(context) == 1 + 3
    now = outcomes(context)
    assert now["exams.zip!a/mr.dcm"] == now["exams.zip!../up.dcm"] == now["zz moved.dcm"] == ("removed", None)
    assert now["exams.zip!b/us.dcm"] == now["copy.dcm"] == ("parsed", None)
    assert modalities(context) == ["CT", "RTPLAN", "US"]
    assert context.lake.read("dicom_instance").where("uid_conflict IS NOT NULL").count() == 0

    # The zip goes: so do its members.
    shutil.move(root / "exams.zip", root.parent / "exams.zip")
    from eds_spark_imaging.pipeline.index.job import index
    from eds_spark_imaging.pipeline.parse.job import parse

    index(context, allow_removals=True)
    parse(context)
    gone = {path for path, (status, _) in outcomes(context).items() if status == "removed"}
    assert gone == {"zz moved.dcm", *(path for path in outcomes(context) if path.startswith("exams.zip"))}
    left = {Path(row["path"]).name for row in context.lake.read("dicom_instance").select("path").collect()}
    assert left == {"copy.dcm", "more.tar.gz!rt.dcm"}


@pytest.mark.slow
def test_a_large_zip_is_read_by_several_tasks(spark: SparkSession, tmp_path: Path) -> None:

    from eds_spark_imaging.config import ParseConfig
    from eds_spark_imaging.pipeline.index.job import index
    from eds_spark_imaging.pipeline.parse.job import parse

    root = tmp_path / "archives"
    root.mkdir()
    with zipfile.ZipFile(root / "large.zip", "w") as archive:
        for number in range(1200):
            archive.writestr(f"{number}.txt", b"nothing of interest " * 20)
        archive.write(SHIPPED / "CT_small.dcm", "ct.dcm")
    config = Config(parse=ParseConfig(archive_bytes_per_task=200_000))
    context = lakes.open_context(spark, tmp_path / "lake", root, config=config)
    index(context)
    parse(context)
    rows = context.lake.read("dicom_file").groupBy("status", "reason").count().collect()
    assert {tuple(row) for row in rows} == {
        ("not_dicom", "archive", 1),
        ("not_dicom", "no_dicom_structure", 1200),
        ("parsed", None, 1),
    }
    assert context.lake.read("dicom_instance").count() == 1
