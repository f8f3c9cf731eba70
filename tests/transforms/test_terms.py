"""Descriptions to terms and back, on tiny frames; the reader itself is not here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from frames import frame

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

SAID = (
    "exam_category exam_kind:string own_parts:array<string> own_regions:array<string> body_parts body_part_codes"
    " region_codes main_body_part body_part_source body_part_rule body_part_confidence exam_laterality exam_contrast"
    " terms_conflicts"
)
SETTLED = (
    "exam_key:string act_parts:array<string> act_part_codes:array<string> act_region_codes:array<string>"
    " act_conflict:string exam_loinc_code"
)


def test_a_description_is_read_once_whatever_it_describes(spark: SparkSession) -> None:
    from chispa import assert_df_equality

    from eds_spark_imaging.transforms.terms import describe_exams, distinct_descriptions

    exams = frame(
        spark,
        "study_instance_uid study_description modalities",
        ("1", "IRM GENOU", ["MR", "SR"]),
        ("2", "IRM GENOU", ["MR", "SR"]),
        ("3", None, ["MR"]),
    )
    described = describe_exams(exams)
    distinct = distinct_descriptions(described, described)
    expected = frame(spark, "modality study_description", ("MR\\SR", "IRM GENOU"), ("MR", None))
    assert_df_equality(
        distinct.select("modality", "study_description"), expected, ignore_row_order=True, ignore_nullable=True
    )
    assert [row["n"] for row in described.selectExpr("count(DISTINCT description_key) AS n").collect()] == [2]


def test_accepted_acts_of_an_exam_and_exams_that_have_others_now(spark: SparkSession) -> None:
    from chispa import assert_df_equality

    from eds_spark_imaging.transforms.terms import accepted_acts, exams_with_other_acts

    pairs = frame(
        spark,
        "study_instance_uid procedure_code accepted",
        ("1", "ZCQK004", True),
        ("1", "ZBQK002", True),
        ("1", "NFQK001", False),
        ("2", None, True),
        ("3", "ZBQK002", True),
    )
    acts = accepted_acts(pairs)
    columns = "study_instance_uid procedure_codes"
    wanted = frame(spark, columns, ("1", ["ZBQK002", "ZCQK004"]), ("3", ["ZBQK002"]))
    assert_df_equality(acts, wanted, ignore_row_order=True, ignore_nullable=True)

    codes = [("1", ["ZBQK002", "ZCQK004"]), ("2", None), ("3", ["NFQK001"]), ("4", ["NFQK001"])]
    studies = frame(spark, columns, *codes, removed_at=None)
    other = frame(spark, "study_instance_uid", ("3",), ("4",))
    assert_df_equality(exams_with_other_acts(studies, acts), other, ignore_row_order=True, ignore_nullable=True)


def test_acts_fill_what_nothing_else_says_and_contradict_the_rest(spark: SparkSession) -> None:
    from chispa import assert_df_equality

    from eds_spark_imaging.tables.terms import STUDY_TERMS
    from eds_spark_imaging.transforms.terms import settled_exams

    shown = (
        "body_parts body_part_source body_part_rule body_part_confidence region_codes main_body_part terms_conflicts"
        " exam_loinc_code"
    )
    declared = {column.name: column for column in STUDY_TERMS}
    texts = {"body_part_source": "study_description", "body_part_rule": "exact", "body_part_confidence": 0.9}
    knee = {"body_parts": ["KNEE"], "region_codes": ["LL"], "main_body_part": "KNEE", "terms_conflicts": [], **texts}
    exams = frame(
        spark,
        f"study_instance_uid exam_key:string {SAID}",
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
        f"study_instance_uid {shown}",
        {"study_instance_uid": "1", **knee, "exam_loinc_code": "1-1"},
        {"study_instance_uid": "2", **knee, "body_part_confidence": 0.72, "terms_conflicts": ["body_part: ..."]},
        {"study_instance_uid": "3", **act, "region_codes": ["TH"]},
        {"study_instance_uid": "4", **act, "region_codes": ["CV"]},
    )
    found = settled_exams(exams, settled, [declared[name] for name in shown.split()])
    assert_df_equality(found, expected, ignore_row_order=True, ignore_nullable=True)


def test_an_exam_is_the_union_of_its_series_and_its_description(spark: SparkSession) -> None:
    from eds_spark_imaging.transforms.terms import exam_terms, exams_with_series

    answers = frame(
        spark,
        "description_key:string category:string body_parts body_part_codes region_codes body_part_source"
        " body_part_rule body_part_confidence laterality laterality_source:string contrast:string"
        " contrast_source:string conflicts exam_kind:string",
        {"description_key": "tap", "body_parts": ["CHESTABDPELVIS"], "body_part_source": "study_description"}
        | {"region_codes": ["TH", "AP"], "contrast": "with", "conflicts": []},
        {"description_key": "none", "body_parts": [], "region_codes": [], "conflicts": []},
    )
    described = frame(spark, "study_instance_uid description_key:string", ("1", "tap"), ("2", "none"), ("3", "none"))
    of_series = frame(
        spark,
        "study_instance_uid series_instance_uid body_parts exam_laterality exam_contrast",
        ("1", "1.1", ["LIVER"], None, "without"),
        ("2", "2.1", ["KNEE"], "R", None),
        ("2", "2.2", ["KNEE"], "L", None),
        ("2", "2.3", ["HIP"], "L", None),
        ("3", "3.1", ["HAND"], None, None),
        region_codes=None,
        terms_conflicts=None,
        body_part_confidence=None,
    )
    modalities = (("1.1", "CT"), ("2.1", "CR"), ("2.2", "CR"), ("2.3", "CR"), ("3.1", "SR"))
    series = frame(
        spark,
        "study_instance_uid series_instance_uid modalities",
        *((uid[0], uid, [modality]) for uid, modality in modalities),
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
