"""A site adds attributes in its configuration, without code, and fills them in a lake that was made before."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from eds_spark_imaging.config import load_config

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = pytest.mark.spark

CT = "1.3.6.1.4.1.5962.1.2.1.20040119072730.12322"
SITE = """
[[attributes]]
sources = ["(0019,xx02)[GEMS_ACQU_01]"]
column = "ge_detector_channels"
kind = "bigint"
level = "acquisition"
modalities = ["CT"]
comment = "Number of detector channels, by GE"

[[attributes]]
sources = ["ImageComments"]
kind = "string"
level = "series"
comment = "Comments on the image; free text"
identifying = true
"""


def open_context(spark: SparkSession, tree: Path, lake: Path, toml: str) -> Context:
    from eds_spark_imaging.runs.context import Context

    file = lake.with_suffix(".toml")
    file.write_text(toml)
    return Context(spark, load_config(file).with_places((str(tree),), str(lake)))


def parsed_in_last_run(context: Context) -> int:
    last = context.runs("parse").orderBy("run_id", ascending=False).first()
    assert last is not None
    return int(last["counts"].get("files_parsed", 0))


def comments(context: Context) -> dict[str, str | None]:
    rows = context.lake.read("dicom_instance").select("path", "image_comments").collect()
    return {Path(row["path"]).name: row["image_comments"] for row in rows}


@pytest.mark.slow
def test_a_site_attribute_in_a_lake_that_was_made_before(spark: SparkSession, tree: Path, tmp_path: Path) -> None:
    from eds_spark_imaging.pipeline.build import build
    from eds_spark_imaging.pipeline.checks import check_accounting
    from eds_spark_imaging.pipeline.index.job import index
    from eds_spark_imaging.pipeline.parse.job import Selection, parse

    before = open_context(spark, tree, tmp_path / "lake", "")
    index(before)
    parse(before)
    build(before)
    assert parsed_in_last_run(before) == 9
    assert "image_comments" not in before.lake.read("dicom_instance").columns

    # A new file is read by the new declaration; the rows of the old one stay, with nulls.
    shutil.copy(next(tree.rglob("MR_small.dcm")), tree / "another MR.dcm")
    after = open_context(spark, tree, tmp_path / "lake", SITE)
    index(after)
    parse(after)
    assert parsed_in_last_run(after) == 1
    assert {name for name, text in comments(after).items() if text} == {"another MR.dcm"}

    # Only the five readable files of the old declaration are read again.
    parse(after, Selection(outdated=True))
    assert parsed_in_last_run(after) == 5
    assert comments(after) == {
        "CT_small.dcm": "Uncompressed",
        "copy of CT.dcm": "Uncompressed",
        "MR_small.dcm": "Uncompressed",
        "another MR.dcm": "Uncompressed",
        "rtplan.dcm": None,
        "ExplVR_BigEnd.dcm": None,
    }
    parse(after, Selection(outdated=True))
    assert parsed_in_last_run(after) == 0

    # The columns are in the tables of exams too, with their comments.
    build(after)
    check_accounting(after)
    series = after.lake.read("imaging_series").where(f"study_instance_uid = '{CT}'").first()
    acquisition = after.lake.read("imaging_acquisition").where(f"study_instance_uid = '{CT}'").first()
    assert series is not None
    assert acquisition is not None
    assert series["image_comments"] == "Uncompressed"
    assert acquisition["ge_detector_channels"] == 912
    field = after.lake.read("imaging_acquisition").schema["ge_detector_channels"]
    assert field.metadata["comment"].startswith("Number of detector channels, by GE")
    after.lake.register()
    assert spark.sql("SELECT ge_detector_channels FROM imaging_acquisition_ct").first() == (912,)
