"""What was examined, compared: regions, parts of the body, sides."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from eds_spark_imaging.crossing.evidence import overlap
from eds_spark_imaging.terminology.lexicon import lexicon

_ALIKE = {"SKULL": "HEAD"}  # what is called either


def same_region(one: Iterable[str], other: Iterable[str]) -> bool | None:
    """Whether a region is in both; None where one is empty, or is the whole body, which tells nothing."""
    sides = frozenset(one), frozenset(other)
    return None if any("WB" in side for side in sides) else overlap(*sides)


def same_part(one: Iterable[str], other: Iterable[str]) -> bool | None:
    """Whether a part of one lies within a part of the other (brain and head), composites taken apart.

    None where one is empty, or is the whole body, which tells nothing.
    """
    sides = frozenset(one), frozenset(other)
    if not all(sides) or any("WHOLEBODY" in side for side in sides):
        return None
    members = [frozenset(member for part in side for member in _members(part)) for side in sides]
    around = [frozenset(wider for part in side for wider in _around(part)) for side in members]
    return bool(members[0] & around[1] or members[1] & around[0])


def same_side(one: str | None, other: str | None) -> bool | None:
    """Whether two sides (R, L) are one; both sides (B) hold either, which tells nothing."""
    if one not in ("R", "L") or other not in ("R", "L"):
        return None
    return one == other


def of_one_side(side: str | None, sides: str | None) -> bool | None:
    """Whether an exam of ``side`` (R, L or B) is what an act takes: one side or both, where the act says it."""
    if side is None or sides not in ("unilateral", "bilateral"):
        return None
    return (side == "B") == (sides == "bilateral")


@lru_cache(maxsize=1_000)
def _members(part: str) -> tuple[str, ...]:
    return lexicon().composites.get(part, (_ALIKE.get(part, part),))


@lru_cache(maxsize=1_000)
def _around(part: str) -> frozenset[str]:
    """The part, and those that it lies within."""
    found: set[str] = set()
    while part and part not in found:
        found.add(part)
        known = lexicon().parts.get(part)
        part = known.within if known else ""
    return frozenset(found)
