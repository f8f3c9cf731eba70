"""The cases of docs/linkage-cases.md, which are the specification of the patient link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

_DOCUMENT = Path(__file__).parents[2] / "docs/linkage-cases.md"
_ARRAYS = ("other_patient_ids", "conflicts", "series_dates")
Link = tuple[str, str | None, int | None, bool]


@dataclass(frozen=True)
class Case:
    """What the exam says, as a row of ``imaging_study``, and its link: status, method, person, verified."""

    name: str
    says: dict[str, Any]
    link: Link


def people() -> list[dict[str, Any]]:
    """The identities of the base centrale, as written in the document."""
    return [{name: text or None for name, text in row.items()} for row in _rows("person")]


def cases() -> list[Case]:
    """All cases in their order."""
    return [_case(row) for row in _rows("case")]


def _case(row: dict[str, str]) -> Case:
    says: dict[str, Any] = {"patient_id": row["PatientID"], "patient_name": row["PatientName"]}
    says["patient_sex"] = row["sex"]
    says["patient_birth_date"] = date.fromisoformat(row["birth date"]) if row["birth date"] else None
    says["study_datetime"] = datetime(2020, 1, 10, 9, 0)
    says |= dict(_also(row["also"]))
    person = int(row["person"]) if row["person"] else None
    link = (row["status"], row["method"] or None, person, row["verified"] == "yes")
    return Case(row["case"], {name: value or None for name, value in says.items()}, link)


def _also(text: str) -> Iterator[tuple[str, Any]]:
    for part in filter(None, text.split("; ")):
        name, value = part.split("=")
        if name == "study_datetime":
            yield name, datetime.fromisoformat(value)
        elif name in _ARRAYS:
            values = value.split("+")
            yield name, [date.fromisoformat(v) for v in values] if name == "series_dates" else values
        else:
            yield name, value


def _rows(first: str) -> Iterator[dict[str, str]]:
    """The rows of all tables whose first column has this name."""
    names: list[str] | None = None
    for line in _DOCUMENT.read_text("utf-8").splitlines():
        if not line.startswith("|"):
            names = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if names is None:
            names = cells
        elif names[0] == first and not line.startswith("|---"):
            yield dict(zip(names, cells, strict=True))
