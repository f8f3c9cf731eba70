"""Descriptions to terms and back, on tiny frames; the reader itself is not here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark

SAID = (
    "exam_category string, exam_kind string, own_parts array<string>, own_regions array<string>,"
    " body_parts array<string>, body_part_codes array<string>, region_codes array<string>, main_body_part string,"
    " body_part_source string, body_part_rule string, body_part_confidence double, exam_laterality string,"
    " exam_contrast string, terms_conflicts array<string>"
)
SETTLED = (
    "exam_key string, act_parts array<string>, act_part_codes array<string>, act_region_codes array<string>,"
    " act_conflict string, exam_loinc_code string"
)


def frame(spark: SparkSession, ddl: str, *rows: dict[str, Any]) -> DataFrame:
    """Rows with null where they say nothing."""
    names = [column.split()[0] for column in ddl.split(", ")]
    return spark.createDataFrame([tuple(row.get(name) for name in names) for row in rows], ddl)


def test_a_description_is_read_once_whatever_it_describes(spark: SparkSession) -> None:
    from chispa import assert_df_equality

    from eds_spark_imaging.transforms.terms import describe_exams, distinct_descriptions

    exams = frame(
        spark,
        "study_instance_uid string, study_description string, modalities array<string>",
        {"study_instance_uid": "1", "study_description": "IRM GENOU", "modalities": ["MR", "SR"]},
        {"study_instance_uid": "2", "study_description": "IRM GENOU", "modalities": ["MR", "SR"]},
        {"study_instance_uid": "3", "study_description": None, "modalities": ["MR"]},
    )
    described = describe_exams(exams)
    distinct = distinct_descriptions(described, described)
    expected = frame(
        spark,
        "modality string, study_description string",
        {"modality": "MR\\SR", "study_description": "IRM GENOU"},
        {"modality": "MR"},
    )
    assert_df_equality(
        distinct.select("modality", "study_description"), expected, ignore_row_order=True, ignore_nullable=True
    )
    assert [row["n"] for row in described.selectExpr("count(DISTINCT description_key) AS n").collect()] == [2]


def test_accepted_acts_of_an_exam_and_exams_that_have_others_now(spark: SparkSession) -> None:
    from chispa import assert_df_equality

    from eds_spark_imaging.transforms.terms import accepted_acts, exams_with_other_acts

    pairs = frame(
        spark,
        "study_instance_uid string, procedure_code string, accepted boolean",
        {"study_instance_uid": "1", "procedure_code": "ZCQK004", "accepted": True},
        {"study_instance_uid": "1", "procedure_code": "ZBQK002", "accepted": True},
        {"study_instance_uid": "1", "procedure_code": "NFQK001", "accepted": False},
        {"study_instance_uid": "2", "procedure_code": None, "accepted": True},
        {"study_instance_uid": "3", "procedure_code": "ZBQK002", "accepted": True},
    )
    acts = accepted_acts(pairs)
    wanted = frame(
        spark,
        "study_instance_uid string, procedure_codes array<string>",
        {"study_instance_uid": "1", "procedure_codes": ["ZBQK002", "ZCQK004"]},
        {"study_instance_uid": "3", "procedure_codes": ["ZBQK002"]},
    )
    assert_df_equality(acts, wanted, ignore_row_order=True, ignore_nullable=True)

    ddl = "study_instance_uid string, procedure_codes array<string>, removed_at timestamp"
    studies = frame(
        spark,
        ddl,
        {"study_instance_uid": "1", "procedure_codes": ["ZBQK002", "ZCQK004"]},
        {"study_instance_uid": "2"},
        {"study_instance_uid": "3", "procedure_codes": ["NFQK001"]},
        {"study_instance_uid": "4", "procedure_codes": ["NFQK001"]},
    )
    other = frame(spark, "study_instance_uid string", {"study_instance_uid": "3"}, {"study_instance_uid": "4"})
    assert_df_equality(exams_with_other_acts(studies, acts), other, ignore_row_order=True, ignore_nullable=True)


def test_acts_fill_what_nothing_else_says_and_contradict_the_rest(spark: SparkSession) -> None:
    from chispa import assert_df_equality

    from eds_spark_imaging.tables.spec import DOUBLE, STRING, STRINGS
    from eds_spark_imaging.tables.spec import Column as TableColumn
    from eds_spark_imaging.transforms.terms import settled_exams

    kinds = {"string": STRING, "double": DOUBLE, "array<string>": STRINGS}
    shown = (
        "body_parts array<string>, body_part_source string, body_part_rule string, body_part_confidence double,"
        " region_codes array<string>, main_body_part string, terms_conflicts array<string>, exam_loinc_code string"
    )
    columns = [TableColumn(name, kinds[kind], "") for name, kind in (column.split() for column in shown.split(", "))]
    texts = {"body_part_source": "study_description", "body_part_rule": "exact", "body_part_confidence": 0.9}
    knee = {"body_parts": ["KNEE"], "region_codes": ["LL"], "main_body_part": "KNEE", "terms_conflicts": [], **texts}
    exams = frame(
        spark,
        f"study_instance_uid string, exam_key string, {SAID}",
        {"study_instance_uid": "1", "exam_key": "a", **knee},
        {"study_instance_uid": "2", "exam_key": "b", **knee},
        {"study_instance_uid": "3", "exam_key": "c", "body_parts": []},
        {"study_instance_uid": "4", "exam_key": "d", "body_parts": [], "region_codes": ["CV"]},
    )
    chest = {"act_parts": ["CHEST"], "act_part_codes": ["1"], "act_region_codes": ["TH"]}
    settled = frame(
        spark,
        SETTLED,
        {"exam_key": "a", "act_parts": [], "exam_loinc_code": "1-1"},
        {"exam_key": "b", **chest, "act_conflict": "body_part: ..."},
        {"exam_key": "c", **chest},
        {"exam_key": "d", **chest},
    )
    act = {"body_parts": ["CHEST"], "body_part_source": "procedure_codes", "body_part_rule": "act"}
    act |= {"body_part_confidence": 0.5, "main_body_part": "CHEST", "terms_conflicts": []}
    expected = frame(
        spark,
        f"study_instance_uid string, {shown}",
        {"study_instance_uid": "1", **knee, "exam_loinc_code": "1-1"},
        {"study_instance_uid": "2", **knee, "body_part_confidence": 0.72, "terms_conflicts": ["body_part: ..."]},
        {"study_instance_uid": "3", **act, "region_codes": ["TH"]},
        {"study_instance_uid": "4", **act, "region_codes": ["CV"]},
    )
    assert_df_equality(settled_exams(exams, settled, columns), expected, ignore_row_order=True, ignore_nullable=True)


def test_an_exam_is_the_union_of_its_series_and_its_description(spark: SparkSession) -> None:
    from eds_spark_imaging.transforms.terms import exam_terms, exams_with_series

    answer = (
        "description_key string, category string, body_parts array<string>, body_part_codes array<string>,"
        " region_codes array<string>, body_part_source string, body_part_rule string, body_part_confidence double,"
        " laterality string, laterality_source string, contrast string, contrast_source string,"
        " conflicts array<string>, exam_kind string"
    )
    answers = frame(
        spark,
        answer,
        {"description_key": "tap", "body_parts": ["CHESTABDPELVIS"], "body_part_source": "study_description"}
        | {"region_codes": ["TH", "AP"], "contrast": "with", "conflicts": []},
        {"description_key": "none", "body_parts": [], "region_codes": [], "conflicts": []},
    )
    described = frame(
        spark,
        "study_instance_uid string, description_key string",
        {"study_instance_uid": "1", "description_key": "tap"},
        {"study_instance_uid": "2", "description_key": "none"},
        {"study_instance_uid": "3", "description_key": "none"},
    )
    of_series = frame(
        spark,
        "study_instance_uid string, series_instance_uid string, body_parts array<string>, region_codes array<string>,"
        " exam_laterality string, exam_contrast string, terms_conflicts array<string>, body_part_confidence double",
        {"study_instance_uid": "1", "series_instance_uid": "1.1", "body_parts": ["LIVER"], "exam_contrast": "without"},
        {"study_instance_uid": "2", "series_instance_uid": "2.1", "body_parts": ["KNEE"], "exam_laterality": "R"},
        {"study_instance_uid": "2", "series_instance_uid": "2.2", "body_parts": ["KNEE"], "exam_laterality": "L"},
        {"study_instance_uid": "2", "series_instance_uid": "2.3", "body_parts": ["HIP"], "exam_laterality": "L"},
        {"study_instance_uid": "3", "series_instance_uid": "3.1", "body_parts": ["HAND"]},
    )
    series = frame(
        spark,
        "study_instance_uid string, series_instance_uid string, modalities array<string>",
        *(
            {"study_instance_uid": uid[0], "series_instance_uid": uid, "modalities": [modality]}
            for uid, modality in (("1.1", "CT"), ("2.1", "CR"), ("2.2", "CR"), ("2.3", "CR"), ("3.1", "SR"))
        ),
    )
    gathered = exams_with_series(described, answers, of_series, series).cache()
    named = {tuple(row["named"]) for row in gathered.select("named").collect()}
    assert named == {("CHESTABDPELVIS", "LIVER"), ("HIP", "KNEE"), ()}
    united = gathered.selectExpr("named", "named AS body_parts", "named AS body_part_codes").distinct()
    from pyspark.sql import functions as F

    rows = exam_terms(gathered, united, F.lit("v")).collect()
    found = {
        row["study_instance_uid"]: (row["main_body_part"], row["exam_laterality"], row["exam_contrast"]) for row in rows
    }
    assert found == {"1": ("CHESTABDPELVIS", None, "both"), "2": ("KNEE", "B", None), "3": (None, None, None)}
