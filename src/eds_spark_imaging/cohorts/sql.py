"""A cohort as SQL that people can read: one common table expression for each step, in order.

The steps carry every exam along, with whether it is still in the cohort after each of them: so the rows of the cohort
and its attrition come from one statement.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator
from typing import Final

from eds_spark_imaging.cohorts.age import PLAUSIBLE, age_sql
from eds_spark_imaging.cohorts.definition import Cohort, CohortStep, Grain, Group, Pick

_EXAMS: Final = """\
exams AS (  -- the exams of the lake, with their patient and visit
  SELECT e.*, v.visit_occurrence_id, e.patient_sex AS sex,
    {age} AS age
  FROM imaging_study AS e
  LEFT JOIN imaging_study_visit AS v ON v.study_instance_uid = e.study_instance_uid AND v.accepted{there}
)"""
# What `pick` prefers: dates of the exam itself, then those of its series, then none that cannot be believed.
_RANK: Final = (
    "CASE WHEN s.study_datetime_quality IN ('complete', 'date_only') THEN 0"
    " WHEN s.study_datetime_quality = 'fallback' THEN 1 ELSE 2 END"
)
# An exam without visit or patient stands for itself.
_SCOPE: Final = {
    Grain.VISIT: "coalesce(CAST(s.visit_occurrence_id AS STRING), s.study_instance_uid)",
    Grain.PATIENT: "coalesce(CAST(s.person_id AS STRING), s.study_instance_uid)",
}
_KEY: Final = {Grain.EXAM: "study_instance_uid", Grain.VISIT: "visit_occurrence_id", Grain.PATIENT: "person_id"}
# Of the diagnoses or acts that match, the nearest in time is shown: its columns, and those that order equals.
_EVENTS: Final = {
    "diagnosis": ("condition_occurrence_id", ("condition_code", "condition_type")),
    "act": ("procedure_occurrence_id", ("procedure_code",)),
}
# Tables that are asked whether an exam is in them: their keys, and what always holds.
_OF_EXAM: Final = "study_instance_uid AS of_exam"
_KEYS_OF: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "series": (_OF_EXAM, ()),
    "acquisition": (_OF_EXAM, ()),
    "report": (_OF_EXAM, ("accepted",)),
    "visit": (_OF_EXAM, ("accepted",)),
    "coverage": ("hospital_code AS of_hospital, exam_category AS of_category, month AS of_exam", ()),
}
_SAME_EXAM: Final = "{0}.of_exam = s.study_instance_uid"
_ON: Final = {
    "coverage": "{0}.of_hospital <=> s.hospital_code AND {0}.of_category <=> s.exam_category"
    " AND {0}.of_exam = CAST(trunc(s.study_datetime, 'MM') AS DATE)"
}
_SLIM: Final = ("study_instance_uid", "study_datetime", "study_datetime_quality", "person_id", "visit_occurrence_id")
_SERIES: Final = "study_instance_uid, series_instance_uid"
_WHEN: Final = {"diagnosis": "condition_start_datetime", "act": "procedure_datetime"}


def steps_sql(cohort: Cohort, columns: Collection[str] = ("patient_birth_date", "removed_at")) -> str:
    """The exams of the lake with ``in_1`` ... ``in_n`` (still in after each step) and what matched in each.

    ``columns``: those of ``imaging_study``, which in a tier without identities are others.
    """
    there = "\n  WHERE e.removed_at IS NULL" if "removed_at" in columns else ""
    parts = [_EXAMS.format(age=age_sql(columns), there=there)]
    for number, step in enumerate(cohort.steps, start=1):
        parts += [*_tables(number, step), *_step(number, step)]
    return "WITH " + ",\n".join(parts) + f"\nSELECT {', '.join(_shown(cohort))}\nFROM step_{len(cohort.steps)}"


def cohort_sql(cohort: Cohort, steps: str | None = None) -> str:
    """The rows of the cohort. ``steps`` names a table or view with the rows of :func:`steps_sql`, where there is one.

    Key: the exam, visit or patient, as the grain says.
    """
    last = f"in_{len(cohort.steps)}"
    matches = _matches(cohort)
    key = _KEY[cohort.grain]
    rows = f"SELECT {', '.join((*_SLIM, *_nearest(cohort)))}\n  FROM {steps or 'steps'}\n  WHERE {last}"
    head = "" if steps else f"WITH steps AS (\n{textwrap.indent(steps_sql(cohort), '  ')}\n)\n"
    if cohort.grain is Grain.EXAM:
        return head + textwrap.dedent(rows.replace("\n  ", "\n")) + "\nORDER BY study_instance_uid"
    aggregates = [
        f"min_by({c}, struct({rank}, study_instance_uid)) AS {c}" for columns, rank in matches for c in columns
    ]
    columns = [key, *(["person_id"] if cohort.grain is Grain.VISIT else []), "count(*) AS exams"]
    columns = [c if c != "person_id" or key == c else "min(person_id) AS person_id" for c in columns]
    columns += [
        f"{of}(study_datetime) FILTER (WHERE {PLAUSIBLE}) AS {name}"
        for of, name in (("min", "first_exam"), ("max", "last_exam"))
    ]
    columns += aggregates
    return (
        f"{head}SELECT {', '.join(columns)}\nFROM (\n  {rows}\n) AS members\nWHERE {key} IS NOT NULL"
        f"\nGROUP BY {key}\nORDER BY {key}"
    )


def attrition_sql(cohort: Cohort, steps: str = "steps") -> str:
    """One row: exams, visits and patients before the first step (``_0``) and after each of them."""
    columns = []
    for number in range(len(cohort.steps) + 1):
        kept = f"in_{number}" if number else "TRUE"
        columns += [
            f"count_if({kept}) AS exams_{number}",
            f"count(DISTINCT CASE WHEN {kept} THEN visit_occurrence_id END) AS visits_{number}",
            f"count(DISTINCT CASE WHEN {kept} THEN person_id END) AS patients_{number}",
        ]
    return f"SELECT {', '.join(columns)} FROM {steps}"


def _tables(number: int, step: CohortStep) -> Iterator[str]:
    """For each table that a step asks: the exams that match there; of diagnoses and acts with the nearest match."""
    for group in step.groups:
        if group.kind in _EVENTS:
            yield _nearest_event(f"{group.kind}_{number}", group)
        elif group.kind in _KEYS_OF:
            keys, accepted = _KEYS_OF[group.kind]
            asked = f"FROM {_source(group)}\n  WHERE {_all([*accepted, *group.conditions])}"
            if same := _same_series(step, group):
                asked += f"\n    AND ({_SERIES}) IN (\n      SELECT {_SERIES} FROM {_source(same)}"
                asked += f"\n      WHERE {_all(same.conditions)})"
            yield f"{group.kind}_{number} AS (\n  SELECT DISTINCT {keys}\n  {asked}\n)"


def _same_series(step: CohortStep, group: Group) -> Group | None:
    """For the acquisition of a step, its group of the series: one series must meet both."""
    return next((g for g in step.groups if g.kind == "series" and group.kind == "acquisition"), None)


def _source(group: Group) -> str:
    """The table that a group asks; where it tells no days from the exam, with them."""
    if group.asks_base:
        columns, when, key = _columns_of(group.kind), _WHEN[group.kind], "person_id"
    elif group.kind == "report" and "days" in group.given:
        columns, when, key = ("method", "accepted"), "note_datetime", "study_instance_uid"
    else:
        return str(group.table)
    shown = ", ".join(f"x.{column}" for column in columns)
    return (
        f"(\n    SELECT e.study_instance_uid, {shown}, datediff(x.{when}, e.study_datetime) AS days_from_exam"
        f"\n    FROM exams AS e JOIN {group.table} AS x ON x.{key} = e.{key}\n  )"
    )


def _columns_of(kind: str) -> tuple[str, ...]:
    event, shown = _EVENTS[kind]
    return (event, *shown)


def _nearest_event(name: str, group: Group) -> str:
    event = _EVENTS[group.kind][0]
    columns = ", ".join((*_columns_of(group.kind), "days_from_exam"))
    return (
        f"{name} AS (  -- of each exam, the nearest match\n"
        f"  SELECT of_exam, {columns}\n"
        f"  FROM (\n    SELECT study_instance_uid AS of_exam, {columns},\n"
        "      row_number() OVER (\n"
        f"        PARTITION BY study_instance_uid ORDER BY abs(days_from_exam) NULLS LAST, {event}) AS place\n"
        f"    FROM {_source(group)}\n    WHERE {_all(group.conditions)}\n  ) AS matches\n  WHERE place = 1\n)"
    )


def _step(number: int, step: CohortStep) -> Iterator[str]:
    before = f"step_{number - 1}" if number > 1 else "exams"
    still = f"s.in_{number - 1} AND " if number > 1 else ""
    joins, columns = "", ["s.*"]
    for group in step.groups:
        if group.kind in _EVENTS:
            columns += [f"{_joined(number, group)}.{c}" for c in _event_columns(group.kind, number)]
        if group.kind in _EVENTS or group.kind in _KEYS_OF:
            alias = f"{group.kind}_{number}"
            joins += f"\n  LEFT JOIN {alias} ON {_ON.get(group.kind, _SAME_EXAM).format(alias)}"
    met = _all([_condition(number, group) for group in step.groups])
    if step.of is not Grain.EXAM:
        met = f"max({met}) OVER (PARTITION BY {_SCOPE[step.of]})"
    kept = met if step.include else f"NOT ({met})"
    name = f"met_{number}" if step.pick else f"in_{number}"
    columns.append(f"{still}{kept} AS {name}")
    listed = ",\n    ".join(columns)
    comment = f"  -- {step.text}".rstrip("\\")  # after a backslash the comment would go on
    yield (
        f"{'matched' if step.pick else 'step'}_{number} AS ({comment}\n"
        f"  SELECT {listed}\n  FROM {before} AS s{joins}\n)"
    )
    if step.pick:
        order = "DESC" if step.pick is Pick.LAST else "ASC"
        yield (
            f"step_{number} AS (  -- {step.pick} of each patient\n  SELECT s.*, met_{number} AND row_number() OVER (\n"
            f"      PARTITION BY {_SCOPE[Grain.PATIENT]}, met_{number}\n"
            f"      ORDER BY {_RANK}, s.study_datetime {order} NULLS LAST, s.study_instance_uid) = 1 AS in_{number}\n"
            f"  FROM matched_{number} AS s\n)"
        )


def _joined(number: int, group: Group) -> str:
    return f"{group.kind}_{number}"


def _event_columns(kind: str, number: int) -> list[str]:
    return [*[f"{c} AS {c}_{number}" for c in _columns_of(kind)], f"days_from_exam AS {kind}_days_{number}"]


def _condition(number: int, group: Group) -> str:
    """Whether an exam meets a group; never null."""
    if group.kind in _EVENTS or group.kind in _KEYS_OF:
        absent = "IS NULL" if group.is_absence else "IS NOT NULL"
        return f"{_joined(number, group)}.of_exam {absent}"
    return _all(group.conditions)


def _matches(cohort: Cohort) -> list[tuple[list[str], str]]:
    """For diagnoses and for acts that steps include: the columns shown, and what ranks them by nearness."""
    found = []
    for kind in _EVENTS:
        if any(step.include and group.kind == kind for step in cohort.steps for group in step.groups):
            days = f"{kind}_days"
            found.append(([*_columns_of(kind), days], f"coalesce(abs({days}), 2147483647)"))
    return found


def _nearest(cohort: Cohort) -> Iterator[str]:
    """The columns of the nearest match, of all steps that name one."""
    for kind in _EVENTS:
        numbers = [
            n
            for n, step in enumerate(cohort.steps, start=1)
            if step.include and any(group.kind == kind for group in step.groups)
        ]
        for column in (*_columns_of(kind), f"{kind}_days") if numbers else ():
            yield f"{_first_nearest(kind, column, numbers)} AS {column}"


def _first_nearest(kind: str, column: str, numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"{column}_{numbers[0]}"
    least = f"least({', '.join(f'abs({kind}_days_{n})' for n in numbers)})"
    cases = " ".join(f"WHEN abs({kind}_days_{n}) = {least} THEN {column}_{n}" for n in numbers)
    return f"CASE {cases} ELSE {column}_{numbers[0]} END"


def _shown(cohort: Cohort) -> Iterator[str]:
    yield from _SLIM
    for number, step in enumerate(cohort.steps, start=1):
        for group in step.groups:
            if group.kind in _EVENTS:
                yield from (f"{c}_{number}" for c in _columns_of(group.kind))
                yield f"{group.kind}_days_{number}"
        yield f"in_{number}"


def _all(conditions: tuple[str, ...] | list[str]) -> str:
    return " AND ".join(f"({c})" if " OR " in c else c for c in conditions) or "TRUE"
