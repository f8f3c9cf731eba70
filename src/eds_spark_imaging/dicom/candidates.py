"""What was found of an attribute: an element, and the slot of the declaration that it may fill."""

from __future__ import annotations

from collections.abc import Iterable

from eds_spark_imaging.dicom.parser.data_set import Hit
from eds_spark_imaging.dicom.parser.plan import FRAME_COUNT, Slot

Candidate = tuple[Slot, Hit]


def by_attribute(hits: list[Hit]) -> Iterable[list[Candidate]]:
    """All that was found, attribute by attribute."""
    found: dict[int, list[Candidate]] = {}
    for hit in hits:
        if hit[2] or hit[0].tag == FRAME_COUNT.tag:
            for slot in hit[0].slots:
                found.setdefault(slot.attribute, []).append((slot, hit))
    return found.values()


def rank(candidate: Candidate) -> int:
    """The place of the slot's source among those of its attribute, the best first."""
    return candidate[0].rank


def way_of(candidate: Candidate) -> int:
    """The sequences that lead to the element."""
    return candidate[0].items
