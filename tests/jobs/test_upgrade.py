"""Lakes of earlier versions of this package, and of later ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lakes
import pytest

from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.spark.settings import SMALL_CONF

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = pytest.mark.spark

PROJECT = Path(__file__).parents[2]
RELEASE_0_1_0 = "27dd21e"
FILES = "dicom_file"
# Release 0.1.0 in a process of its own.
FIRST_RUN = """
import json
import sys
from dataclasses import replace
from eds_spark_imaging.config import Config
from eds_spark_imaging.pipeline.jobs import Options, run_jobs
config = replace(Config().with_places((sys.argv[1],), sys.argv[2]), spark=json.loads(sys.argv[3]))
run_jobs(["index", "parse", "build", "marts"], config, Options())
"""


def made_of(context: Context, table: str) -> dict[str, Any]:
    """What a table is, but for where it is and what is in it."""
    detail = context.spark.sql(f"DESCRIBE DETAIL {context.lake.identifier(table)}").collect()[0].asDict()
    schema = json.loads(context.spark.table(context.lake.identifier(table)).schema.json())
    columns = {f["name"]: (f["type"], f["metadata"].get("comment")) for f in schema["fields"]}
    kept = {key: detail[key] for key in ("properties", "clusteringColumns", "minWriterVersion", "tableFeatures")}
    kept["properties"] = {key: value.replace(" ", "") for key, value in kept["properties"].items()}
    return kept | {"columns": columns}


def test_a_table_of_another_declaration_becomes_what_a_new_one_is(spark: SparkSession, tmp_path: Path) -> None:
    old, new = lakes.open_context(spark, tmp_path / "old"), lakes.open_context(spark, tmp_path / "new")
    table = old.lake.identifier(FILES)
    spark.sql(
        f"CREATE TABLE {table} (path STRING NOT NULL COMMENT 'Path', source STRING NOT NULL, status STRING NOT NULL,"
        " changed_run STRING NOT NULL) USING delta CLUSTER BY (path) TBLPROPERTIES ("
        " 'delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'false',"
        " 'delta.dataSkippingStatsColumns' = 'path', 'delta.constraints.gone' = 'path > \\'\\'',"
        " 'delta.constraints.known_status' = 'status = \\'parsed\\'')"
    )
    spark.sql(f"INSERT INTO {table} VALUES ('/a', 's', 'parsed', '1-parse-a')")
    with old.run("build") as run:
        run.watermark = "1-parse-a"
    old.bring_up_to_date()
    new.bring_up_to_date()
    new.lake.create(FILES)
    assert made_of(old, FILES) == made_of(new, FILES)
    assert [tuple(row) for row in old.lake.read(FILES).select("path", "status", "first_run").collect()] == [
        ("/a", "parsed", None)
    ]
    assert old.last_watermark("build") == ""  # it makes other rows of the same instances
    with old.run("build") as run:
        run.watermark = "1-parse-a"
    assert old.last_watermark("build") == "1-parse-a"

    again, version = lakes.open_context(spark, tmp_path / "old"), old.lake.version(FILES)
    again.bring_up_to_date()
    assert again.last_watermark("build") == "1-parse-a"
    assert again.lake.version(FILES) == version
    (tmp_path / "old" / "_schema").unlink()  # killed while it was written
    again.bring_up_to_date()
    assert again.lake.version(FILES) == version


def test_what_cannot_be_brought_up(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.lake.opening import open_lake

    context = lakes.open_context(spark, tmp_path)
    spark.sql(f"CREATE TABLE {context.lake.identifier(FILES)} (path STRING, size STRING) USING delta")
    with pytest.raises(LakeError, match=r"dicom_file.size is string in the lake, bigint in this version"):
        context.bring_up_to_date()
    later = {"version": 99, "package": "9.1", "tables": {}, "anew": {}}
    (tmp_path / "_schema").write_text(json.dumps(later))
    for opening in (context.bring_up_to_date, lambda: open_lake(context.config, "test")):
        with pytest.raises(LakeError, match=r"version 9.1 of this package, this is .*: upgrade$"):
            opening()


@pytest.mark.slow  # budget: 4 minutes
def test_a_lake_of_release_0_1_0_equals_one_built_anew(spark: SparkSession, tmp_path: Path, tree: Path) -> None:
    from eds_spark_imaging.pipeline.jobs import Options, _run
    from eds_spark_imaging.pipeline.parse.job import Selection

    archive = subprocess.run(["git", "archive", RELEASE_0_1_0, "src"], cwd=PROJECT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip("no git history here")
    first = tmp_path / "0.1.0"
    first.mkdir()
    subprocess.run(["tar", "-x"], cwd=first, input=archive.stdout, check=True)
    settings = json.dumps(SMALL_CONF | {"spark.master": "local[2]"})
    command = [sys.executable, "-c", FIRST_RUN, str(tree), str(tmp_path / "old"), settings]
    subprocess.run(command, env=os.environ | {"PYTHONPATH": str(first / "src")}, check=True, timeout=400)
    jobs = ["index", "parse", "build", "marts"]
    contents = {}
    for name in ("old", "new"):
        context = lakes.open_context(spark, tmp_path / name, tree)
        options = Options(selection=Selection(outdated=True))
        context = _run(spark, jobs, context.config, options, None)
        contents[name] = {
            table.name: (made_of(context, table.name)["properties"], rows(context, table.name))
            for table in context.catalogue
            if table.name not in ("imaging_run", "imaging_release", "dicom_study_touched")
            and context.lake.exists(table.name)
        }
    assert contents["old"].keys() == contents["new"].keys()
    for table, content in contents["new"].items():
        assert contents["old"][table] == content, table


def rows(context: Context, table: str) -> list[str]:
    """Without names and times of runs."""
    frame = context.lake.read(table)
    kept = [c for c in context.catalogue[table].names if not c.endswith(("_run", "removed_at"))]
    return sorted(map(str, frame.select(*kept).collect()))
