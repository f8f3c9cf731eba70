"""What is known of an exam or a series, and one value of it with its source."""

from __future__ import annotations

from typing import NamedTuple

OTHER = "autres"


class Terms(NamedTuple):
    """What is known of an exam or series; lists are empty, texts too, where nothing is. Confidence is from 0 to 1."""

    category: str = OTHER
    category_source: str = ""
    category_rule: str = ""
    category_confidence: float = 0.0
    body_parts: tuple[str, ...] = ()
    body_part_codes: tuple[str, ...] = ()
    body_part_source: str = ""
    body_part_rule: str = ""
    body_part_confidence: float = 0.0
    region_codes: tuple[str, ...] = ()
    region_source: str = ""
    region_rule: str = ""
    region_confidence: float = 0.0
    laterality: str = ""
    laterality_source: str = ""
    laterality_rule: str = ""
    laterality_confidence: float = 0.0
    contrast: str = ""
    contrast_source: str = ""
    contrast_rule: str = ""
    contrast_confidence: float = 0.0
    conflicts: tuple[str, ...] = ()
    terms_version: str = ""

    def as_dict(self) -> dict[str, object]:
        """The fields by name, lists as lists."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in self._asdict().items()}


class Said(NamedTuple):
    """A value with where it comes from, by which rule, how sure, and what disagreed."""

    value: str = ""
    source: str = ""
    rule: str = ""
    confidence: float = 0.0
    conflicts: tuple[str, ...] = ()


UNSAID = Said()
