"""What a killed run has staged is published by one of another version or configuration, as read by the former."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lakes import open_context

from eds_spark_imaging.config import Config, SourceConfig

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("few_attributes")]


@pytest.mark.slow
def test_rows_are_marked_by_who_read_them(
    spark: SparkSession, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eds_spark_imaging.pipeline.index.job import index
    from eds_spark_imaging.pipeline.parse import job
    from eds_spark_imaging.pipeline.parse.selection import Selection, files_to_parse
    from eds_spark_imaging.runs.context import Context

    place, source = tmp_path / "lake", SourceConfig("s", str(tree), default_charset="cp1252")
    killed = open_context(spark, place, config=Config(sources=(source,)))
    index(killed)

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(job, "publish", kill)
        with pytest.raises(KeyboardInterrupt):
            job.parse(killed)

    other = replace(source, default_charset=None, override_charset="cp1252")
    context = Context(spark, replace(killed.config, sources=(other,)))
    job.parse(context)
    instances = context.lake.read("dicom_instance")
    marks = {row[0] for row in instances.select("reader_fingerprint").collect()}
    assert marks == {f"{killed.fingerprint}/default_charset=cp1252"}
    assert instances.count() == 5
    assert files_to_parse(context, Selection(outdated=True)).count() == 5
    assert files_to_parse(killed, Selection(outdated=True)).count() == 0


def test_a_staging_that_does_not_tell_is_of_no_reader(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.pipeline.parse.marks import Marks
    from eds_spark_imaging.spark.hadoop import HadoopPath

    marks, staging = Marks("a1b2", {"s": "override_charset=cp1252"}), HadoopPath(spark, str(tmp_path / "staging"))
    assert Marks.stored_in(staging) == Marks("unknown")
    marks.put_beside(staging)
    assert Marks.stored_in(staging) == marks
