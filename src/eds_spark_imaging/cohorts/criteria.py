"""The criteria, each declared once: what it may be given, what it means, and its condition in SQL.

A condition is over one row of the table that the criterion's group names. It is never null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from eds_spark_imaging.cohorts import values as v
from eds_spark_imaging.cohorts.literals import any_of, between, literal, one_of


@dataclass(frozen=True)
class Criterion:
    """``check`` raises ConfigError on what it cannot take; ``condition`` makes SQL of what it gave."""

    meaning: str
    check: Callable[[str, Any], Any]
    condition: Callable[[Any], str]


def _known(condition: str) -> str:
    return f"coalesce({condition}, FALSE)"


def _in(column: str, meaning: str) -> Criterion:
    return Criterion(meaning, v.texts, lambda given: _known(one_of(column, given)))


def _overlap(column: str, meaning: str) -> Criterion:
    return Criterion(meaning, v.texts, lambda given: any_of(column, given))


def _range(column: str, meaning: str) -> Criterion:
    return Criterion(meaning, v.numbers, lambda given: _known(between(column, *given)))


def _word(column: str, meaning: str, *known: str) -> Criterion:
    return Criterion(meaning, v.words(*known), lambda given: _known(one_of(column, given)))


def _text(column: str, meaning: str) -> Criterion:
    def condition(given: tuple[str, ...]) -> str:
        parts = [
            f"{column} RLIKE {literal('(?i)' + text[1:-1])}"
            if v.is_expression(text)
            else f"contains(lower({column}), {literal(text.lower())})"
            for text in given
        ]
        return _known(" OR ".join(parts))

    return Criterion(
        meaning + "; a text found anywhere, case ignored, or a /regular expression/", v.patterns, condition
    )


def _flag(column: str, meaning: str) -> Criterion:
    return Criterion(meaning, v.flag, lambda given: f"coalesce({column}, FALSE) = {literal(given)}")


def _from(column: str, meaning: str) -> Criterion:
    return Criterion(meaning, v.day, lambda given: _known(f"CAST({column} AS DATE) >= {literal(given)}"))


def _to(column: str, meaning: str) -> Criterion:
    return Criterion(meaning, v.day, lambda given: _known(f"CAST({column} AS DATE) <= {literal(given)}"))


def _code(column: str, meaning: str) -> Criterion:
    def condition(given: tuple[str, ...]) -> str:
        exact = [code for code in given if not code.endswith("*") and not v.is_expression(code)]
        parts = [one_of(column, exact)] if exact else []
        parts += [f"{column} LIKE {literal(code[:-1] + '%')}" for code in given if code.endswith("*")]
        parts += [f"{column} RLIKE {literal(f'^({code[1:-1]})$')}" for code in given if v.is_expression(code)]
        return _known(" OR ".join(parts))

    return Criterion(meaning, v.codes, condition)


def _system(known: str) -> Criterion:
    return Criterion(f"The code system: {known}, and no other", v.words(known), lambda _: "TRUE")


def _days(column: str) -> Criterion:
    return Criterion("Window in days from the exam, negative before it", v.days, lambda g: _known(between(column, *g)))


EXAM: Final[Mapping[str, Criterion]] = {
    "uid": _in("study_instance_uid", "StudyInstanceUID"),
    "from": _from("study_datetime", "First day of the exam"),
    "to": _to("study_datetime", "Last day of the exam"),
    "date_quality": _word(
        "study_datetime_quality", "Quality of the date", "complete", "date_only", "fallback", "implausible", "missing"
    ),
    "modality": _overlap("modalities", "A modality among those of the exam: CT, MR, PT ..."),
    "main_modality": _in("main_modality", "The modality that names the exam"),
    "category": _in("exam_category", "Category of the exam: scanner, irm, tep ..."),
    "region": _overlap("region_codes", "Anatomic region, as SNOMED code of the French value set"),
    "body_part": _overlap("body_parts", "Body part, as term of DICOM PS3.16 Annex L"),
    "side": _word("exam_laterality", "Side: R, L, B", "R", "L", "B"),
    "contrast": _word("exam_contrast", "Contrast agent", "with", "without", "both"),
    "description": _text("study_description", "Description of the exam"),
    "procedure_code": _overlap("procedure_code_value", "Procedure code of the radiology system"),
    "accession_number": _in("accession_number", "Accession number"),
    "hospital": _in("hospital_code", "Code of the hospital"),
    "series": _range("number_of_series", "Number of series"),
    "instances": _range("number_of_instances", "Number of instances"),
    "link_status": _word("link_status", "Status of the patient link", "linked", "linked_recovered"),
    "link_verified": _flag("link_verified", "Traits of the header confirm the patient link"),
}

SERIES: Final[Mapping[str, Criterion]] = {
    "uid": _in("series_instance_uid", "SeriesInstanceUID"),
    "number": _range("series_number", "Number of the series"),
    "from": _from("series_datetime", "First day of the series"),
    "to": _to("series_datetime", "Last day of the series"),
    "modality": _overlap("modalities", "A modality of the series"),
    "description": _text("series_description", "Description of the series"),
    "protocol": _text("protocol_name", "Protocol"),
    "region": _overlap("region_codes", "Anatomic region, as SNOMED code"),
    "body_part": _overlap("body_parts", "Body part, as term of DICOM PS3.16 Annex L"),
    "instances": _range("number_of_instances", "Number of instances"),
    "manufacturer": _text("manufacturer", "Maker of the machine"),
    "model": _text("manufacturer_model_name", "Model of the machine"),
    "regular": _flag("is_regular_volume", "The slices are a regular volume"),
    "complete": _flag("series_complete", "All images of the series are there, as far as headers tell"),
}

DIAGNOSIS: Final[Mapping[str, Criterion]] = {
    "system": _system("cim10"),
    "code": _code("condition_code", "CIM-10: whole codes, beginnings (C34*) or /regular expressions/"),
    "type": _word("condition_type", "Type of the diagnosis", "DP", "DR", "DAS", "DAD"),
    "days": _days("days_from_exam"),
    "same_visit": _flag("same_visit", "The exam took place during the visit of the diagnosis"),
}

ACT: Final[Mapping[str, Criterion]] = {
    "system": _system("ccam"),
    "code": _code("procedure_code", "CCAM: whole codes, beginnings (ZBQK*) or /regular expressions/"),
    "days": _days("days_from_exam"),
    "same_visit": _flag("same_visit", "The exam took place during the visit of the act"),
    "accepted": _flag("accepted", "The act is that of the exam, not only near it"),
}

REPORT: Final[Mapping[str, Criterion]] = {
    "present": Criterion("Whether the exam has a report", v.flag, lambda _: "TRUE"),
    "method": _in("method", "How exam and report were matched"),
    "days": Criterion(
        "The report lies within so many days after the exam",
        v.days,
        lambda given: _known(between("days_from_exam", *given)),
    ),
    "ambiguous": _flag("ambiguous", "Whether another exam competes for the report"),
}

VISIT: Final[Mapping[str, Criterion]] = {
    "present": Criterion("Whether the exam has a visit", v.flag, lambda _: "TRUE"),
    "method": _in("method", "How exam and visit were matched"),
    "ambiguous": _flag("ambiguous", "Whether another visit competes for the exam"),
}

PATIENT: Final[Mapping[str, Criterion]] = {
    "age": _range("age_at_exam", "Age in years at the exam"),
    "sex": _word("sex", "Sex", "M", "F"),
}

COVERAGE: Final[Mapping[str, Criterion]] = {
    "state": _word(
        "state",
        "State of the month in the hospital and category of the exam",
        "complete",
        "partial",
        "not_connected",
        "suspended",
        "no_activity",
    ),
}
