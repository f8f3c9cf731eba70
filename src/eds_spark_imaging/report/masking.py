"""Which rows of an answer show no counts: those of few patients, and what would tell these by a total."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from eds_spark_imaging.report.questions import LEAST_PATIENTS, Question

Row = Mapping[str, Any]


class Mask(StrEnum):
    """Why a row is masked."""

    SMALL = "small"
    WITH_SMALL = "with_small"  # so that no total less the others tells a small one


def masked_rows(question: Question, rows: Sequence[Row]) -> dict[int, Mask]:
    """The places of the rows whose counts are not shown.

    Wherever a total of the question would hold a single masked row, or masked rows that together have too few patients
    to be shown, the row with the fewest patients beside them is masked too (complementary suppression), until no total
    tells any.
    """
    if not question.masked:
        return {}
    counts = [row.get("patients") for row in rows]
    masked = {n: Mask.SMALL for n, count in enumerate(counts) if count is None or 0 < count < LEAST_PATIENTS}
    patients = [count or 0 for count in counts]
    totals: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for columns in question.totals:
        for n, row in enumerate(rows):
            totals[(*columns, *(str(_of(row, column)) for column in columns))].append(n)

    def told(places: Sequence[int]) -> bool:
        hidden = [patients[n] for n in places if n in masked]
        return 0 < len(hidden) < len(places) and (len(hidden) == 1 or sum(hidden) < LEAST_PATIENTS)

    while places := next(filter(told, totals.values()), None):
        masked[min((n for n in places if n not in masked), key=lambda n: (patients[n], n))] = Mask.WITH_SMALL
    return masked


def _of(row: Row, column: str) -> object:
    if column == "year" and "month" in row:
        return row["month"] and row["month"].year
    return row[column]
