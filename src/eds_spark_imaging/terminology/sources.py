"""The columns that say something of an exam, and the hostile values that they may hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SERIES = "series_description"
PROTOCOL = "protocol_name"
STUDY = "study_description"
REQUESTED = "requested_procedure_description"
PERFORMED = "performed_procedure_step_description"
BODY_PART = "body_part_examined"
ANATOMIC_REGION = "anatomic_region"
MODALITY = "modality"
CONTRAST_AGENT = "contrast_bolus_agent"
SIDES = ("laterality", "image_laterality", "frame_laterality")

# Texts of the exam as a whole, in the order in which one of several is taken.
OF_STUDY = (STUDY, REQUESTED, PERFORMED)
TEXTS = (SERIES, *OF_STUDY, PROTOCOL)
CODED = (ANATOMIC_REGION, BODY_PART)
KEYS = (MODALITY, *TEXTS, *CODED, *SIDES, CONTRAST_AGENT)


@dataclass(frozen=True, slots=True)
class Sources:
    """One exam or series: its columns as text, those without value left out."""

    values: Mapping[str, str]

    def get(self, column: str) -> str:
        """The text of a column, empty where there is none."""
        return self.values.get(column, "")


def sources(row: Mapping[str, object]) -> Sources:
    """The columns of a row that are known here, whatever their type; several values of a column are joined."""
    given = [(column, row[column]) for column in KEYS if column in row]
    texts = [(column, as_text(value)) for column, value in given if value is not None]
    return Sources({column: text for column, text in texts if text})


def as_text(value: object) -> str:
    """A value as text: lists joined by a backslash as DICOM does; numbers as digits; anything else is no text."""
    if isinstance(value, str):
        return value.replace("\0", " ").strip()
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        return "\\".join(filter(None, map(as_text, value)))
    return ""
