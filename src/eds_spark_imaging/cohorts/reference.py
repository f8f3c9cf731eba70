"""The criteria as Markdown: what `docs/cohort-criteria.md` is made of."""

from __future__ import annotations

from collections.abc import Iterator

from eds_spark_imaging.cohorts.definition import GROUPS, TABLES

_OF = {
    "exam": "the exam itself (`imaging_study`)",
    "acquisition": "at least one of its series",
    "series": "at least one of its series",
    "patient": "the patient at the exam, by the header",
    "coverage": "the month of the exam in its hospital and category",
    "act": "an act near the exam",
    "diagnosis": "a diagnosis near the exam",
}


def markdown() -> Iterator[str]:
    """The lines of the page."""
    yield "# Criteria of cohorts"
    yield ""
    yield "Written from the declaration by `./dev docs`; do not edit. docs/analyst-guide.md shows how they are used."
    for group, criteria in GROUPS.items():
        yield ""
        yield f"## {group}"
        yield ""
        table = f" (`{TABLES[group]}`)" if group in TABLES else ""
        yield f"Conditions on {_OF.get(group, f'a {group} of the exam')}{table}."
        yield ""
        if not criteria:
            yield "Every column of `imaging_acquisition` is a criterion: a number, a range `[low, high]`, a text or"
            yield "a list of texts. A parameter with two columns, `_min` and `_max`, is named without them: a range"
            yield "then holds where all values of the series lie in it."
            continue
        yield "| criterion | meaning |"
        yield "|---|---|"
        for name, criterion in criteria.items():
            yield f"| `{name}` | {criterion.meaning} |"
