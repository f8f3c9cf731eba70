"""Parts and regions that the places of a text come to."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from eds_spark_imaging.terminology.lexicon import Lexicon
from eds_spark_imaging.terminology.mentions import Mention, last_but_sides
from eds_spark_imaging.terminology.parts import IN_HEAD, WHOLE, lies_within, members, settled
from eds_spark_imaging.terminology.span import Span
from eds_spark_imaging.terminology.word_tree import LexiconEntry


def parts_named(
    lexicon: Lexicon, found: Sequence[Span], used: Sequence[Mention], mentions: Sequence[Mention]
) -> tuple[str, ...]:
    """The parts that the mentions in use name, as DICOM writes them, without what is negated."""
    named: list[str] = []
    for mention in used:
        if not _is_frame(lexicon, found, mention, used):
            named.extend(part for part in mention.entry.parts if part not in named)
    denied = {part for mention in mentions if mention.negated for part in members(lexicon, mention.entry.parts)}
    if denied:
        named = [part for part in _apart(lexicon, named, denied) if part not in denied]
    return settled(lexicon, named)


def meant_beside(lexicon: Lexicon, found: Sequence[Span], used: Sequence[Mention]) -> list[Mention]:
    """`cervical, dorsal et lombaire`: the mentions, where words mean another place beside others (``beside.csv``)."""
    if not any(found[mention.index].words in lexicon.by_neighbour for mention in used):
        return list(used)
    named = members(lexicon, [part for mention in used for part in mention.entry.parts])
    return [_meant(lexicon, found, mention, named) for mention in used]


def _meant(lexicon: Lexicon, found: Sequence[Span], mention: Mention, named: Set[str]) -> Mention:
    places, entry = lexicon.by_neighbour.get(found[mention.index].words, (frozenset(), mention.entry))
    others = named - set(mention.entry.parts)
    near = any(part in places or lies_within(lexicon, part, places) for part in others)
    return replace(mention, entry=entry) if near else mention


def regions_named(lexicon: Lexicon, entry: LexiconEntry, parts: tuple[str, ...]) -> tuple[str, ...]:
    """The regions of a place, of those of its parts alone that were kept."""
    if not entry.parts or entry.parts == parts:
        return entry.regions
    kept = members(lexicon, parts)
    if members(lexicon, entry.parts) <= kept:
        return entry.regions
    here = (member for part in entry.parts for member in lexicon.composites.get(part, (part,)))
    return tuple(region for part in here if part in kept for region in lexicon.parts[part].regions)


def _apart(lexicon: Lexicon, named: Sequence[str], denied: set[str]) -> list[str]:
    return [
        member
        for part in named
        for member in (lexicon.composites.get(part, (part,)) if members(lexicon, [part]) & denied else (part,))
    ]


# `BRAIN/HEAD`, `Brain Routine/Head` is one place, by two names.
_HEAD_AND_BRAIN = (("HEAD",), ("BRAIN",))


def _adds_none(lexicon: Lexicon, piece: Mention, whole: Mention) -> bool:
    """`TAP FOIE`: an organ beside several parts of the trunk, one of which holds it, is no part more."""
    parts = members(lexicon, whole.entry.parts)
    inside = len(parts) > 1 and set(piece.entry.regions) <= set(whole.entry.regions)
    return inside and bool(piece.entry.parts) and all(lies_within(lexicon, part, parts) for part in piece.entry.parts)


def _is_frame(lexicon: Lexicon, found: Sequence[Span], mention: Mention, used: Sequence[Mention]) -> bool:
    """`ABDOMEN FOIE`, without a word between: the larger part only says where the smaller one is."""
    several = len(members(lexicon, mention.entry.parts)) > 1
    for other in used:
        if other is mention:
            continue
        near, far = sorted((mention.index, other.index))
        named_twice = (mention.entry.parts, other.entry.parts) == _HEAD_AND_BRAIN and found[far].before == "/"
        if named_twice and not any(span.place for span in found[near + 1 : far]):
            return True
        if (
            last_but_sides(found, far) != near
            or found[far].before not in {" ", "-"}
            or set(mention.entry.parts) & WHOLE
        ):
            continue
        if "HEAD" in mention.entry.parts and set(other.entry.parts) - IN_HEAD:
            continue
        if _adds_none(lexicon, mention, other):
            return True
        if several:
            continue  # `TAP FOIE`
        if mention.entry.parts and all(
            lies_within(lexicon, part, mention.entry.parts) for part in other.entry.parts or ("",)
        ):
            return True
    return False
