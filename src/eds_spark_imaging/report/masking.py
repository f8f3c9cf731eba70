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

    Wherever a total of the question would hold a single masked row, the row with the fewest patients beside it is
    masked too (complementary suppression), until no total holds a single one that has another beside it.
    """
    if not question.masked:
        return {}
    masked = {n: Mask.SMALL for n, row in enumerate(rows) if (row.get("patients") or 0) < LEAST_PATIENTS}
    totals: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for columns in question.totals:
        for n, row in enumerate(rows):
            totals[(*columns, *(str(_of(row, column)) for column in columns))].append(n)
    while alone := [places for places in totals.values() if sum(n in masked for n in places) == 1 < len(places)]:
        beside = [n for n in alone[0] if n not in masked]
        masked[min(beside, key=lambda n: (rows[n].get("patients") or 0, n))] = Mask.WITH_SMALL
    return masked


def _of(row: Row, column: str) -> object:
    return row["month"].year if column == "year" and "month" in row else row[column]
