"""Body parts among each other: composites, what lies within what, what says nothing beside another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from eds_spark_imaging.terminology.data_files import group
from eds_spark_imaging.terminology.lexicon import Lexicon

# Terms whose own parts say nothing beside them: a chamber is not another part than the heart.
WHOLE = frozenset(group("whole_parts"))
# What the head only frames: `HEAD^BRAIN`. A face beside a head is another part.
IN_HEAD = frozenset(group("parts_in_head"))
# General terms that say nothing beside a part of them, and limbs of unknown name.
_GENERAL, _EMPTY = frozenset(group("general_parts")), frozenset(group("empty_parts"))
# Different parts that are in the same images: neither contradicts the other.
_SAME_IMAGES = tuple(frozenset(pair.split()) for pair in group("same_images"))
# Regions beside each other, which one exam may show both.
_NEXT = tuple((pair.split()[0], pair.split()[1]) for pair in group("next_regions"))
# Parts that contradict no other.
_ANYWHERE = _EMPTY | {"WHOLEBODY"}


def members(lexicon: Lexicon, parts: Sequence[str]) -> frozenset[str]:
    """Parts with composites taken apart."""
    return _members(lexicon, tuple(parts))


@lru_cache(maxsize=16384)
def _members(lexicon: Lexicon, parts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(member for part in parts for member in lexicon.composites.get(part, (part,)))


def lies_within(lexicon: Lexicon, part: str, places: Collection[str]) -> bool:
    """Whether a part lies within one of others, at any depth."""
    return not _holders(lexicon, part).isdisjoint(places)


@lru_cache(maxsize=4096)
def _holders(lexicon: Lexicon, part: str) -> frozenset[str]:
    """All parts that a part lies within."""
    here = lexicon.parts[part].within if part in lexicon.parts else ""
    return _holders(lexicon, here) | {here} if here else frozenset()


def vague(parts: Collection[str]) -> bool:
    """Whether parts are limbs or joints of unknown name alone."""
    return bool(parts) and set(parts) <= _EMPTY


def general(parts: Collection[str]) -> bool:
    """Whether parts are limbs, the spine or vessels as a whole, which say nothing beside a part of them."""
    return bool(parts) and set(parts) <= _GENERAL


def agree(lexicon: Lexicon, one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether both may speak of the same: they share a part, one lies within the other, or one of them says nothing."""
    mine, theirs = members(lexicon, one), members(lexicon, other)
    if not mine or not theirs or mine & theirs or (mine | theirs) & _ANYWHERE:
        return True
    if any(mine & pair and theirs & pair for pair in _SAME_IMAGES):
        return True
    return any(lies_within(lexicon, p, theirs) for p in mine) or any(lies_within(lexicon, p, mine) for p in theirs)


def near(one: Collection[str], other: Collection[str]) -> bool:
    """Whether regions, by their symbols, are the same or next to each other in the body."""
    return bool(set(one) & set(other)) or any(
        (first in one and second in other) or (second in one and first in other) for first, second in _NEXT
    )


def broadest(lexicon: Lexicon, named: Sequence[str]) -> list[str]:
    """Parts that lie within no other of them, composites taken apart."""
    flat = list(dict.fromkeys(member for part in named for member in lexicon.composites.get(part, (part,))))
    return [part for part in flat if not lies_within(lexicon, part, flat)]


def settled(lexicon: Lexicon, named: Sequence[str]) -> tuple[str, ...]:
    """The parts that several names of places come to: general terms left out, composites written as such."""
    return _settled(lexicon, tuple(named))


@lru_cache(maxsize=16384)
def _settled(lexicon: Lexicon, named: tuple[str, ...]) -> tuple[str, ...]:
    return written(lexicon, specific(lexicon, named))


def specific(lexicon: Lexicon, named: Sequence[str]) -> list[str]:
    """Parts without the general terms that say nothing beside them."""
    if "WHOLEBODY" in named:
        return ["WHOLEBODY"]
    kept = [part for part in named if part not in _EMPTY] or list(named)
    whole = [part for part in kept if part in WHOLE]
    kept = [part for part in kept if part in whole or not whole or not lies_within(lexicon, part, whole)]
    return [
        part
        for part in kept
        if part not in _GENERAL
        or not any(lies_within(lexicon, other, (part,)) for other in kept if other != "SPINALCORD")
    ]


def written(lexicon: Lexicon, named: Sequence[str]) -> tuple[str, ...]:
    """Parts as DICOM writes them: members of a composite as the composite, its members left out beside it."""
    parts = list(dict.fromkeys(named))
    for composite in lexicon.written_composites:
        inside = lexicon.composites[composite]
        flat = members(lexicon, parts)
        if set(inside) <= flat and (composite in parts or len(set(inside) & set(parts)) > 0):
            place = min(i for i, part in enumerate(parts) if members(lexicon, [part]) & set(inside))
            rest = [part for part in parts if not members(lexicon, [part]) <= set(inside)]
            parts = [*rest[:place], composite, *rest[place:]]
    return tuple(parts)


def union(lexicon: Lexicon, series: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The parts of an exam from those of its series: each once, composites written as such, general terms left out."""
    return settled(lexicon, [part for parts in series for part in parts])
