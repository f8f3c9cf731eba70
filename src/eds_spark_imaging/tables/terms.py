"""Columns that the job `terms` fills: what texts and attributes of exams and series say, with how far to trust it."""

from __future__ import annotations

from eds_spark_imaging.tables.spec import DOUBLE, STRING, STRINGS, Column
from eds_spark_imaging.treatment import Treatment

_RULES = "exact, joined, vertebrae, abbreviated, cut, typo, context, modality or, of exams, act"
_TERMS = (
    Column(
        "exam_category",
        STRING,
        "scanner, irm, tep, mammographie, radiographie, echographie, ophtalmologie, medecine_nucleaire, angiographie"
        " or autres",
        treatment=Treatment.MASK,
    ),
    Column("exam_category_source", STRING, "Column that gave the category", treatment=Treatment.KEEP),
    Column(
        "exam_category_rule",
        STRING,
        "modality, text, companion of a nuclear exam, or nothing known",
        treatment=Treatment.KEEP,
    ),
    Column("exam_category_confidence", DOUBLE, "How far to trust the category, 0 to 1"),
    Column(
        "body_parts",
        STRINGS,
        "Body parts, terms of DICOM Body Part Examined (PS3.16 Annex L, CID 4)",
        treatment=Treatment.MASK,
    ),
    Column("body_part_codes", STRINGS, "SNOMED CT codes of body_parts, in their order", treatment=Treatment.MASK),
    Column(
        "region_codes",
        STRINGS,
        "SNOMED CT codes of the regions, value set JDV_RegionAnatomique_CISIS",
        treatment=Treatment.MASK,
    ),
    Column("body_part_source", STRING, "Column that gave parts and regions", treatment=Treatment.KEEP),
    Column("body_part_rule", STRING, f"How its words were found: {_RULES}", treatment=Treatment.KEEP),
    Column("body_part_confidence", DOUBLE, "How far to trust parts and regions, 0 to 1"),
    Column(
        "exam_laterality",
        STRING,
        "R, L or B of a paired part whose side is stated; null elsewhere",
        treatment=Treatment.KEEP,
    ),
    Column("exam_laterality_source", STRING, "Column that gave the side", treatment=Treatment.KEEP),
    Column("exam_laterality_rule", STRING, "attribute or text", treatment=Treatment.KEEP),
    Column("exam_laterality_confidence", DOUBLE, "How far to trust the side, 0 to 1"),
    Column("exam_contrast", STRING, "with, without or both; null where nothing says", treatment=Treatment.KEEP),
    Column("exam_contrast_source", STRING, "Column that gave the contrast", treatment=Treatment.KEEP),
    Column("exam_contrast_rule", STRING, "attribute, text or kind of exam", treatment=Treatment.KEEP),
    Column("exam_contrast_confidence", DOUBLE, "How far to trust the contrast, 0 to 1"),
    Column("terms_conflicts", STRINGS, "What contradicts: field: column=value, column=value", treatment=Treatment.DROP),
    Column(
        "terms_version",
        STRING,
        "Version of the rules and of the lexicon with the terms of the site",
        treatment=Treatment.KEEP,
    ),
)
_RUN = Column("terms_run", STRING, "Run that last changed these columns", treatment=Treatment.DROP)

SERIES_TERMS = (*_TERMS, _RUN)
STUDY_TERMS = (
    *_TERMS[:6],
    Column(
        "main_body_part",
        STRING,
        "The part that names the exam: the first of its description, else of most series",
        treatment=Treatment.MASK,
    ),
    *_TERMS[6:-2],
    Column(
        "procedure_codes",
        STRINGS,
        "CCAM codes of the acts that the last crossing accepted: the last source of parts, compared with the others",
        treatment=Treatment.KEEP,
    ),
    Column(
        "exam_loinc_code",
        STRING,
        "LOINC code of the one name that says just this exam, from the site's list; null where none or several do",
        treatment=Treatment.MASK,
    ),
    *_TERMS[-2:],
    _RUN,
)
