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


def other_frames(candidates: Iterable[Candidate], than: tuple[int, int]) -> Iterable[list[Candidate]]:
    """What was found in the frames, each of what differs once; without what is like the frame ``than``."""
    by_frame: dict[tuple[int, int], list[Candidate]] = {}
    for candidate in candidates:
        by_frame.setdefault(candidate[1][3].trail[0], []).append(candidate)
    different = {tuple((*hit[1:3], hit[3].trail[1:]) for _, hit in frame): frame for frame in by_frame.values()}
    different.pop(tuple((*hit[1:3], hit[3].trail[1:]) for _, hit in by_frame.get(than, ())), None)
    return different.values()
