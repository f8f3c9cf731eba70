"""Files read in portions, totals kept from run to run, inventories of what is new: the tables are the same."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lakes
import pytest

from eds_spark_imaging.config import Config, ParseConfig
from eds_spark_imaging.errors import AccountingError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("few_attributes")]


def read(context: Context) -> dict[str, int]:
    """Counts of the last run of parse, which index came before."""
    from eds_spark_imaging.pipeline.checks import check_accounting
    from eds_spark_imaging.pipeline.index.job import index
    from eds_spark_imaging.pipeline.parse.job import parse

    index(context)
    parse(context)
    check_accounting(context)
    row = context.runs("parse").orderBy("run_id", ascending=False).first()
    assert row is not None
    return dict(row["counts"])


def rows(context: Context, table: str) -> list[str]:
    frame = context.lake.read(table)
    kept = [c for c, kind in frame.dtypes if not c.endswith("_run") and not kind.startswith("map")]
    return sorted(map(str, frame.select(*kept).collect()))


def readable(context: Context) -> Any:
    return json.loads(context.newest_watermark("parse"))["readable"]


@pytest.mark.slow
def test_portions_give_what_one_pass_gives(spark: SparkSession, tree: Path, tmp_path: Path) -> None:
    in_parts = Config(parse=ParseConfig(files_per_run=3))
    once = lakes.open_context(spark, tmp_path / "whole", tree)
    often = lakes.open_context(spark, tmp_path / "parts", tree, config=in_parts)
    counts = read(once)
    assert read(often) == counts
    assert counts["files_parsed"] == 9
    for table in ("dicom_file", "dicom_instance", "dicom_issue"):
        assert rows(often, table) == rows(once, table), table
    portions = often.lake.read("dicom_file").select("changed_run").distinct().collect()
    assert len(portions) > 1
    # The copy of a file of an earlier portion is known as such.
    assert {row["status"] for row in often.lake.read("dicom_file").select("status").collect()} >= {"duplicate"}

    # The totals follow what changes, and are those of the tables.
    assert readable(often) == often.lake.read("dicom_instance").count() == 5
    shutil.copy(tree / "a b" / "MR_small.dcm", tree / "another.dcm")
    (tree / "a b" / "rtplan.dcm").unlink()
    inventory = tmp_path / "new.csv"
    inventory.write_text(f"path,size,modified\nanother.dcm,{(tree / 'another.dcm').stat().st_size},1\n")
    (source,) = often.config.sources
    delta = replace(in_parts, sources=(replace(source, inventory=str(inventory), inventory_mode="delta"),))
    added = lakes.open_context(spark, tmp_path / "parts", config=delta)
    assert read(added)["files_parsed"] == 1  # what the inventory lacks is not gone
    assert readable(added) == added.lake.read("dicom_instance").count() == 6
    assert "removed" not in {row["status"] for row in added.lake.read("dicom_file").select("status").collect()}

    # A row that nobody accounts for is found.
    added.lake.append("dicom_instance", added.lake.read("dicom_instance").limit(1))
    with pytest.raises(AccountingError, match="6 files are parsed or duplicates, 7 have an instance"):
        read(added)


@pytest.mark.slow
def test_build_waits_for_what_a_killed_run_has_queued_only(
    spark: SparkSession, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eds_spark_imaging.pipeline import build as build_module
    from eds_spark_imaging.pipeline.build import build
    from eds_spark_imaging.pipeline.index.job import index
    from eds_spark_imaging.pipeline.parse.job import parse, stage
    from eds_spark_imaging.pipeline.parse.removal import queue_exams
    from eds_spark_imaging.pipeline.parse.selection import Selection, portions
    from eds_spark_imaging.pipeline.parse.staging import Staging
    from eds_spark_imaging.runs.context import LARGE_LAKE

    context = lakes.open_context(spark, tmp_path / "lake", tree)
    index(context)
    with context.run("parse") as killed, context.lake.scratch("parse_work") as scratch:
        (work,) = portions(context, Selection(), "", scratch)
        stage(context, killed.run_id, work)
        queue_exams(context, killed.run_id, [Staging.of(context, killed.run_id, work).readable], 1)
    context.lake.create("imaging_study")
    build(context)
    parse(context)
    monkeypatch.setattr(build_module, "_MANY_EXAMS", 0)  # as many exams do
    monkeypatch.setattr(context.lake, "bytes_known", lambda: LARGE_LAKE)
    build(context)
    found = context.lake.read("imaging_study").select("study_instance_uid", "number_of_instances", "modalities")
    assert found.where("number_of_instances = 1").count() == found.count() == 4
    assert {row["modalities"][0] for row in found.collect()} == {"CT", "MR", "RTPLAN", "US"}
