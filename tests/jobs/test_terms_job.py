"""The job `terms` on a lake: exams and series get what their texts say; only what changed is read again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lakes import last_counts, open_context, write

from eds_spark_imaging.config import Config, TerminologyConfig

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.usefixtures("few_attributes")]


def exam(uid: str, description: str | None, modalities: list[str]) -> dict[str, Any]:
    return {
        "study_instance_uid": uid,
        "study_description": description,
        "modalities": modalities,
        "main_modality": modalities[0],
    }


def series(uid: str, number: int, modality: str, description: str | None, **more: object) -> dict[str, Any]:
    return {
        "study_instance_uid": uid,
        "series_instance_uid": f"{uid}.{number}",
        "main_modality": modality,
        "modalities": [modality],
        "series_description": description,
        **more,
    }


def run_terms(context: Context) -> dict[str, int]:
    from eds_spark_imaging.pipeline.terms import terms

    terms(context)
    return last_counts(context, "terms")


def found(context: Context, table: str, *columns: str) -> dict[str, tuple[Any, ...]]:
    key = "study_instance_uid" if table == "imaging_study" else "series_instance_uid"
    return {row[key]: tuple(row[c] for c in columns) for row in context.lake.read(table).collect()}


def test_terms_of_exams_and_series(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.runs.context import Context

    context = open_context(spark, tmp_path / "lake")
    write(
        context,
        "imaging_study",
        [
            exam("1", "TDM TAP IV+", ["CT", "SR"]),
            exam("2", None, ["CR"]),
            exam("3", "PROTOCOLE ZETA", ["MR"]),
            exam("4", "TEP FDG CORPS ENTIER", ["PT", "CT"]),
        ],
        "run-1",
    )
    write(
        context,
        "imaging_series",
        [
            series("1", 1, "CT", "THORAX SANS IV"),
            series("1", 2, "CT", "FOIE PORTAL"),
            series("1", 3, "SR", "GENOU"),
            series("2", 1, "CR", "GENOU FACE", laterality="R"),
            series("2", 2, "CR", "GENOU G PROFIL"),
            series("3", 1, "MR", None),
            series("4", 1, "PT", None),
        ],
        "run-1",
    )
    counts = run_terms(context)
    assert (counts["exams"], counts["exams_changed"], counts["series_changed"]) == (4, 4, 7)
    of_series = found(context, "imaging_series", "body_parts", "exam_laterality", "exam_contrast", "body_part_source")
    assert of_series["1.1"] == (["CHEST"], None, "without", "series_description")
    assert of_series["1.2"] == (["LIVER"], None, "with", "series_description")
    assert of_series["2.1"] == (["KNEE"], "R", None, "series_description")
    assert of_series["4.1"] == (["WHOLEBODY"], None, None, "study_description")
    of_exams = found(
        context, "imaging_study", "exam_category", "body_parts", "main_body_part", "exam_laterality", "exam_contrast"
    )
    assert of_exams == {
        "1": ("scanner", ["CHESTABDPELVIS", "LIVER"], "CHESTABDPELVIS", None, "both"),
        "2": ("radiographie", ["KNEE"], "KNEE", "B", None),
        "3": ("irm", [], None, None, None),
        "4": ("tep", ["WHOLEBODY"], "WHOLEBODY", None, None),
    }

    assert run_terms(context) == {"exams": 0, "series_changed": 0, "exams_changed": 0}

    write(context, "imaging_study", [exam("2", "RX GENOUX", ["CR"])], "run-2", beside_others=True)
    assert found(context, "imaging_study", "body_parts")["2"] == (["KNEE"],)
    counts = run_terms(context)
    assert (counts["exams"], counts["exams_changed"]) == (1, 1)

    site = TerminologyConfig(terms=({"terms": "protocole zeta", "body_parts": "PROSTATE"},))
    again = Context(spark, replace(context.config, terminology=site))
    assert run_terms(again)["exams"] == 4
    assert found(again, "imaging_study", "body_parts")["3"] == (["PROSTATE"],)


@pytest.mark.slow
def test_acts_and_names_of_a_site(spark: SparkSession, tmp_path: Path) -> None:

    names = tmp_path / "names.csv"
    names.write_text(
        "code,name\n1-1,RM genou - droit sans contraste\n1-2,RM genou - droit\n1-3,RX thorax ; 2 incidences\n"
    )
    given = Config(terminology=TerminologyConfig(exam_names=str(names)))
    context = open_context(spark, tmp_path / "lake", config=given)
    write(
        context,
        "imaging_study",
        [exam("1", "IRM GENOU D", ["MR"]), exam("2", None, ["CR"]), exam("3", "RX GENOU", ["CR"])],
        "run-1",
    )
    write(
        context,
        "imaging_series",
        [series("1", 1, "MR", "T1 SANS IV"), series("2", 1, "CR", None), series("3", 1, "CR", None)],
        "run-1",
    )
    assert run_terms(context)["exams_changed"] == 3
    columns = ("body_parts", "body_part_source", "exam_loinc_code")
    before = found(context, "imaging_study", *columns)
    assert before == {
        "1": (["KNEE"], "study_description", "1-1"),
        "2": ([], None, None),
        "3": (["KNEE"], "study_description", None),
    }

    acts = [
        {"study_instance_uid": uid, "procedure_occurrence_id": n, "person_id": 1, "procedure_code": "ZBQK002"}
        | {"ambiguous": False, "accepted": uid != "1"}
        for n, uid in enumerate(("1", "2", "3"))
    ]
    write(context, "imaging_study_procedure", acts, "run-2")
    counts = run_terms(context)
    assert (counts["exams"], counts["exams_changed"]) == (2, 2)
    after = found(context, "imaging_study", *columns, "terms_conflicts", "procedure_codes", "main_body_part")
    assert after["2"] == (["CHEST"], "procedure_codes", None, [], ["ZBQK002"], "CHEST")
    conflict = "body_part: study_description=KNEE, procedure_codes=CHEST"
    assert after["3"] == (["KNEE"], "study_description", None, [conflict], ["ZBQK002"], "KNEE")
    assert run_terms(context) == {"exams": 0, "series_changed": 0, "exams_changed": 0}


@pytest.mark.slow
def test_unmapped_descriptions_are_a_view(spark: SparkSession, tmp_path: Path) -> None:

    context = open_context(spark, tmp_path / "lake")
    write(context, "imaging_study", [exam("1", "PROTOCOLE ZETA", ["MR"]), exam("2", "IRM GENOU", ["MR"])], "run-1")
    write(
        context,
        "imaging_series",
        [series("1", 1, "MR", "AX T1"), series("1", 2, "MR", "AX T1"), series("2", 1, "MR", "AX T1")],
        "run-1",
    )
    run_terms(context)
    context.lake.register()
    rows = spark.table("imaging_unmapped_description").select("study_description", "number_of_series").collect()
    assert [tuple(row) for row in rows] == [("PROTOCOLE ZETA", 2)]


@pytest.mark.slow
def test_an_exam_of_which_only_an_acquisition_changed(spark: SparkSession, tmp_path: Path) -> None:
    context = open_context(spark, tmp_path / "lake")
    write(context, "imaging_study", [exam("1", "TDM THORAX", ["CT"])], "run-1")
    write(context, "imaging_series", [series("1", 1, "CT", None)], "run-1")
    for run, voltage in (("run-1", 100.0), ("run-2", 120.0)):
        made = {"study_instance_uid": "1", "series_instance_uid": "1.1", "main_modality": "CT", "kvp": voltage}
        write(context, "imaging_acquisition", [made], run)
        assert run_terms(context)["exams"] == 1
    assert run_terms(context)["exams"] == 0
