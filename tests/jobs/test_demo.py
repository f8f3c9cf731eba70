"""The demonstration as a newcomer runs it, held against the truth of its synthetic hospital."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import duckdb_extension_delta
import polars as pl
import pytest
from commands import run_command
from deltalake import DeltaTable
from guide_answers import CHECKS, Hospital, questions, somebody

from eds_spark_imaging.config import Config
from eds_spark_imaging.lake.duckdb import open_duckdb
from eds_spark_imaging.lake.views import VIEWS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.slow  # the demonstration alone takes two minutes and more


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a demonstration, and what it printed."""
    out = tmp_path_factory.mktemp("demo") / "demo"
    run = run_command("demo", "--out", out, "--patients", 40)
    assert run.returncode == 0, run.stderr[-3000:]
    return out, run.stdout


def table(demo: tuple[Path, str], name: str) -> pl.DataFrame:
    return pl.read_delta(str(demo[0] / "lake" / name))


def truth(demo: tuple[Path, str], name: str) -> pl.DataFrame:
    return pl.read_parquet(demo[0] / "hospital" / "truth" / f"{name}.parquet")


def test_the_summary_says_what_a_newcomer_asks(demo: tuple[Path, str]) -> None:
    for said in ("Files by status", "Exams by modality", "link status", "diagnoses", "acts", "eds-imaging sql --lake"):
        assert said in demo[1]


def test_it_ends_with_a_cohort_and_a_report(demo: tuple[Path, str]) -> None:
    (cohort,) = table(demo, "imaging_cohort").to_dicts()
    members = table(demo, cohort["made_table"])
    left = cohort["attrition"]
    assert len(members) == cohort["members"] == left[-1]["exams"]
    assert [step["exams"] for step in left] == sorted((step["exams"] for step in left), reverse=True)
    assert left[0]["exams"] == len(table(demo, "imaging_study").filter(pl.col("removed_at").is_null()))
    assert members["person_id"].drop_nulls().is_unique().all()
    assert f"{cohort['members']:,} exams in {cohort['made_table']}" in demo[1]
    report = (demo[0] / "report.html").read_text(encoding="utf-8")
    for section in ("activity", "coverage", "links", "unmapped"):
        assert f'<section id="{section}"' in report


def test_coverage_has_a_state_for_every_month(demo: tuple[Path, str]) -> None:
    coverage = table(demo, "imaging_coverage")
    cells = coverage.group_by("hospital_code", "exam_category").agg(pl.len().alias("months"), pl.col("exams").sum())
    months = cells.group_by("hospital_code").agg(pl.col("months").n_unique())
    assert months["months"].unique().to_list() == [1]
    exams = table(demo, "imaging_study").filter(
        pl.col("removed_at").is_null() & pl.col("study_datetime_quality").is_in(["complete", "date_only"])
    )
    assert len(exams) == table(demo, "imaging_activity")["exams"].sum()
    assert cells["exams"].sum() == len(exams)  # strays begin no history, and have a month of their own


def test_every_file_has_the_status_that_the_truth_expects(demo: tuple[Path, str]) -> None:
    files = table(demo, "dicom_file").filter(pl.col("source") != "pydicom").select("path", "status")
    root = f"{demo[0]}/hospital/"
    expected = truth(demo, "file")
    in_archive = pl.col("path").str.contains(".zip", literal=True)
    found = files.with_columns(pl.col("path").str.replace(root, "", literal=True)).filter(~in_archive)
    joined = expected.filter(~in_archive).join(found, on="path", how="full")
    # Of two copies either may be the primary, by their content.
    either = {"parsed": "readable", "duplicate": "readable"}
    wrong = joined.filter(pl.col("expected_status").replace(either).ne_missing(pl.col("status").replace(either)))
    assert wrong.is_empty(), wrong


def test_exams_are_those_of_the_hospital(demo: tuple[Path, str]) -> None:
    exams = truth(demo, "exam").select("study_instance_uid", "hospital")
    found = table(demo, "imaging_study").join(exams, on="study_instance_uid")
    assert len(found) == len(exams)
    assert found.filter(pl.col("hospital_code").ne_missing(pl.col("hospital"))).is_empty()


def test_verified_links_lead_to_the_right_person(demo: tuple[Path, str]) -> None:
    exams = truth(demo, "exam").select("study_instance_uid", "person_ids", "correctly_attached")
    linked = table(demo, "imaging_study").filter(pl.col("link_verified")).join(exams, on="study_instance_uid")
    right = linked.filter(pl.col("person_id").is_in(pl.col("person_ids")))
    assert len(linked) > 50
    assert len(right) >= 0.99 * len(linked)
    assert not linked.filter(~pl.col("correctly_attached")).is_empty()


def test_pairs_join_on_real_rows(demo: tuple[Path, str]) -> None:
    warehouse = demo[0] / "hospital" / "warehouse"
    for what in ("condition", "procedure"):
        name = {"condition": "imaging_study_diagnosis", "procedure": "imaging_study_procedure"}[what]
        events = pl.read_parquet(warehouse / f"{what}_occurrence" / "*.parquet")
        pairs = table(demo, name).join(events, on=f"{what}_occurrence_id", suffix="_event")
        assert len(pairs) > 20
        days = pairs.join(table(demo, "imaging_study"), on="study_instance_uid").select(
            wanted=(pl.col(f"{what}_datetime").dt.date() - pl.col("study_datetime").dt.date()).dt.total_days(),
            days="days_from_exam",
        )
        assert days.filter(pl.col("wanted") != pl.col("days")).is_empty()


def test_other_readers_open_every_table(demo: tuple[Path, str]) -> None:
    lake = demo[0] / "lake"
    names = sorted(path.name for path in lake.iterdir() if (path / "_delta_log").is_dir())
    assert {"dicom_file", "dicom_instance", "imaging_study", "imaging_acquisition", "imaging_run"} <= set(names)
    connection = duckdb.connect()
    extension = next(Path(duckdb_extension_delta.__path__[0]).rglob("*.duckdb_extension"))
    connection.load_extension(str(extension))
    for name in names:
        rows = DeltaTable(str(lake / name)).to_pyarrow_table().num_rows
        assert table(demo, name).height == rows
        assert connection.execute(f"SELECT count(*) FROM delta_scan('{lake / name}')").fetchall() == [(rows,)]


def test_every_view_opens_without_spark(demo: tuple[Path, str]) -> None:
    config = Config().with_places(lake=str(demo[0] / "lake"))
    opened = {}
    for view in VIEWS:
        query = f"SELECT count(*) FROM {view.name}"
        opened[view.name] = open_duckdb(config, query).execute(query).fetchall()[0][0]
    assert opened["imaging_acquisition_ct"] == table(demo, "imaging_acquisition").filter(main_modality="CT").height
    assert all(opened[f"imaging_acquisition_{name}"] for name in ("ct", "mr", "xray", "us"))


def test_no_column_has_a_void_type(demo: tuple[Path, str]) -> None:
    for name in ("dicom_instance", "imaging_acquisition", "imaging_study"):
        for column, kind in table(demo, name).schema.items():
            assert "Null" not in str(kind), (name, column)


@pytest.fixture(scope="module")
def opened(demo: tuple[Path, str], spark: SparkSession) -> Iterator[SparkSession]:
    """A session that knows the tables of the demonstration."""
    from eds_spark_imaging.config import LakeConfig
    from eds_spark_imaging.lake.lake import Lake
    from eds_spark_imaging.tables import Catalogue

    names = Lake(spark, LakeConfig(path=str(demo[0] / "lake")), Catalogue(), writable=False).register()
    yield spark
    for name in names:
        spark.catalog.dropTempView(name)


def test_the_guide_has_twenty_questions() -> None:
    assert list(questions()) == list(CHECKS) == list(range(1, 21))


@pytest.mark.spark
@pytest.mark.parametrize("number", CHECKS)
def test_answers_of_the_guide(number: int, demo: tuple[Path, str], opened: SparkSession) -> None:
    hospital = Hospital(demo[0] / "hospital")
    query = questions()[number].replace("8000000001", somebody(hospital))
    CHECKS[number](hospital, [row.asDict() for row in opened.sql(query).collect()])


def test_the_notebook_runs(demo: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    notebook = nbformat.read(Path(__file__).parents[2] / "docs" / "first-look.ipynb", as_version=4)
    assert not [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    monkeypatch.setenv("EDS_IMAGING_LAKE", str(demo[0] / "lake"))
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in shown if output.output_type == "error"]
    assert [output for output in shown if "text/html" in output.get("data", {})]
