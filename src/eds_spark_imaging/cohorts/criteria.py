"""The criteria, each declared once: what it may be given, what it means, and its condition in SQL.

A condition is over one row of the table that the criterion's group names. It is never null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from eds_spark_imaging.cohorts import values as v
from eds_spark_imaging.cohorts.literals import any_of, between, literal, one_of
from eds_spark_imaging.config.expressions import FOLDED
from eds_spark_imaging.tables.crossing_words import ReportMethod, VisitMethod
from eds_spark_imaging.tables.link_words import LinkStatus
from eds_spark_imaging.tables.marts import CoverageState
from eds_spark_imaging.terminology.cim10 import DIAGNOSIS_TYPES
from eds_spark_imaging.terminology.data_files import rows


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


def _word(column: str, meaning: str, known: Iterable[str]) -> Criterion:
    words = tuple(known)
    return Criterion(f"{meaning}: {', '.join(words)}", v.words(*words), lambda given: _known(one_of(column, given)))


def _term(column: str, meaning: str, file: str, name: str) -> Criterion:
    """The array holds a term of a data file of the terminology, in its column ``name``."""
    known = tuple(sorted(row[name] for row in rows(file)))
    return Criterion(meaning, v.words(*known), lambda given: any_of(column, given))


def _modality(meaning: str) -> Criterion:
    return Criterion(meaning, v.upper, lambda given: any_of("modalities", given))


def _text(column: str, meaning: str) -> Criterion:
    def condition(given: tuple[str, ...]) -> str:
        parts = [
            f"{column} RLIKE {literal(FOLDED + text[1:-1])}"
            if v.is_expression(text)
            else f"contains(lower({column}), {literal(text.lower())})"
            for text in given
        ]
        return _known(" OR ".join(parts))

    return Criterion(
        meaning + "; a text found anywhere, case ignored, or a /regular expression/", v.patterns, condition
    )


def _flag(column: str, meaning: str) -> Criterion:
    return Criterion(f"{meaning}; unknown is neither true nor false", v.flag, lambda g: f"{column} IS {literal(g)}")


def _from(column: str, meaning: str) -> Criterion:
    return Criterion(meaning, v.day, lambda given: _known(f"CAST({column} AS DATE) >= {literal(given)}"))


def _to(column: str, meaning: str) -> Criterion:
    return Criterion(meaning, v.day, lambda given: _known(f"CAST({column} AS DATE) <= {literal(given)}"))


def _code(column: str, normal: Callable[[str], str | None], meaning: str) -> Criterion:
    def condition(given: tuple[str, ...]) -> str:
        exact = [code for code in given if not code.endswith("*") and not v.is_expression(code)]
        parts = [one_of(column, exact)] if exact else []
        parts += [f"{column} LIKE {literal(code[:-1] + '%')}" for code in given if code.endswith("*")]
        parts += [f"{column} RLIKE {literal(f'{FOLDED}^(?:{code[1:-1]})$')}" for code in given if v.is_expression(code)]
        return _known(" OR ".join(parts))

    return Criterion(meaning, v.codes(normal), condition)


def _system(known: str) -> Criterion:
    return Criterion(f"Code system: {known}, and no other", v.words(known), lambda _: "TRUE")


def _days(column: str) -> Criterion:
    return Criterion("Window in days from the exam, negative before it", v.days, lambda g: _known(between(column, *g)))


_QUALITIES: Final = ("complete", "date_only", "fallback", "implausible", "missing")
_REGION: Final = _term(
    "region_codes", "Anatomic region, as SNOMED code of the value set JDV_RegionAnatomique_CISIS", "regions", "code"
)
_BODY_PART: Final = _term("body_parts", "Body part, as term of DICOM PS3.16 Annex L", "parts", "part")

EXAM: Final[Mapping[str, Criterion]] = {
    "uid": _in("study_instance_uid", "StudyInstanceUID"),
    "from": _from("study_datetime", "First day of the exam"),
    "to": _to("study_datetime", "Last day of the exam"),
    "ipp": _in("ipp", "IPP of the linked patient, merges followed"),
    "date_quality": _word("study_datetime_quality", "Quality of the date", _QUALITIES),
    "modality": _modality("A modality among those of the exam: CT, MR, PT ..."),
    "main_modality": Criterion(
        "The modality that names the exam", v.upper, lambda given: _known(one_of("main_modality", given))
    ),
    "category": _word("exam_category", "Category of the exam", (row["category"] for row in rows("categories"))),
    "region": _REGION,
    "body_part": _BODY_PART,
    "side": _word("exam_laterality", "Side", ("R", "L", "B")),
    "contrast": _word("exam_contrast", "Contrast agent", ("with", "without", "both")),
    "description": _text("study_description", "Description of the exam"),
    "procedure_code": _overlap("procedure_code_value", "Procedure code of the radiology system"),
    "accession_number": _in("accession_number", "Accession number"),
    "hospital": _in("hospital_code", "Code of the hospital"),
    "series": _range("number_of_series", "Number of series"),
    "instances": _range("number_of_instances", "Number of instances"),
    "link_status": _word("link_status", "Status of the patient link", LinkStatus),
    "link_verified": _flag("link_verified", "Traits of the header confirm the patient link"),
}

SERIES: Final[Mapping[str, Criterion]] = {
    "uid": _in("series_instance_uid", "SeriesInstanceUID"),
    "number": _range("series_number", "Number of the series"),
    "from": _from("series_datetime", "First day of the series"),
    "to": _to("series_datetime", "Last day of the series"),
    "modality": _modality("A modality of the series"),
    "description": _text("series_description", "Description of the series"),
    "protocol": _text("protocol_name", "Protocol"),
    "region": _REGION,
    "body_part": _BODY_PART,
    "instances": _range("number_of_instances", "Number of instances"),
    "department": _text("institutional_department_name", "Unit that made the series, as configured at its machine"),
    "manufacturer": _text("manufacturer", "Maker of the machine"),
    "model": _text("manufacturer_model_name", "Model of the machine"),
    "regular": _flag("is_regular_volume", "The slices are a regular volume"),
    "complete": _flag("series_complete", "All images of the series are there, as far as headers tell"),
}

DIAGNOSIS: Final[Mapping[str, Criterion]] = {
    "system": _system("cim10"),
    "code": _code("condition_code", v.cim10, "CIM-10: whole codes, beginnings (C34*) or /regular expressions/"),
    "type": _word("condition_type", "Type of the diagnosis", DIAGNOSIS_TYPES),
    "days": _days("days_from_exam"),
    "same_visit": _flag("same_visit", "The exam took place during the visit of the diagnosis"),
}

ACT: Final[Mapping[str, Criterion]] = {
    "system": _system("ccam"),
    "code": _code("procedure_code", v.ccam, "CCAM: whole codes, beginnings (ZBQK*) or /regular expressions/"),
    "days": _days("days_from_exam"),
    "same_visit": _flag("same_visit", "The exam took place during the visit of the act"),
    "accepted": _flag("accepted", "The act is that of the exam, not only near it"),
}

REPORT: Final[Mapping[str, Criterion]] = {
    "present": Criterion("Whether the exam has a report", v.flag, lambda _: "TRUE"),
    "method": _word("method", "How exam and report were matched", ReportMethod),
    "days": _days("days_from_exam"),
}

VISIT: Final[Mapping[str, Criterion]] = {
    "present": Criterion("Whether the exam has a visit", v.flag, lambda _: "TRUE"),
    "nda": _in("visit_occurrence_source_value", "NDA, the number of the visit file"),
    "unit": _in("unit_code", "Code of the unit in which the patient was at the time of the exam"),
    "method": _word("method", "How exam and visit were matched", VisitMethod),
}

PATIENT: Final[Mapping[str, Criterion]] = {
    "age": _range("age", "Completed years at the exam: by the birth date where it is plausible, else PatientAge"),
    "sex": _word("sex", "Sex", ("M", "F", "O")),
}

COVERAGE: Final[Mapping[str, Criterion]] = {
    "state": _word("state", "State of the month in the hospital and category of the exam", CoverageState),
}
