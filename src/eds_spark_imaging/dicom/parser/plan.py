"""The declaration turned into look-up tables for the scanner, made once for many files.

A data set of interest has a :class:`Node`, keyed by the tags of its elements; an :class:`Target` says what the scanner
does there. A place where an attribute may be found is a :class:`Slot`; an attribute's slots are ranked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from typing import Any, Final, NamedTuple

from pydicom.datadict import dictionary_VR, private_dictionary_VR

from eds_spark_imaging.dicom.declaration.attribute import Attribute, Kind
from eds_spark_imaging.dicom.declaration.source import Source, Step
from eds_spark_imaging.dicom.parser.byte_order import ByteOrder
from eds_spark_imaging.dicom.values.decoders import Fast, fast_decoder
from eds_spark_imaging.dicom.values.typed import Wanted

SHARED_GROUPS: Final = Step(0x52009229)
FRAME_GROUPS: Final = Step(0x52009230)
GROUPS: Final = frozenset((SHARED_GROUPS.tag, FRAME_GROUPS.tag))
CONVERTED_SHARED: Final = Step(0x00209170)  # Unassigned Shared Converted Attributes Sequence
CONVERTED_FRAME: Final = Step(0x00209171)  # Unassigned Per-Frame Converted Attributes Sequence
FRAME_COUNT: Final = Step(0x00280008)
FILE_META: Final = 0x0002
_PADDING_TAGS: Final = (0, 0x20202020, 0x0A0A0A0A, 0x0A0D0A0D, 0x0D0A0D0A)  # zeros, blanks, ends of lines
PIXELS: Final = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))  # tags of Pixel Data, in whichever form

# Bounds of what a slot keeps in mind: some 20 kB, were every value of an attribute another one.
MAX_KNOWN: Final = 128
MAX_KNOWN_BYTES: Final = 64


class Role:
    """What the scanner does at an element. Plain numbers: they are compared for every element of interest."""

    LEAF: Final = 0  # keep the value
    CHARSET: Final = 1  # keep it, and decode with it
    CREATOR: Final = 2  # remember whose private block it is
    IGNORE: Final = 3  # pass over
    SEQUENCE: Final = 4  # go into its items
    PRIVATE: Final = 5  # as its creator's entry says
    STOP: Final = 6  # end of the data set


class Stop(IntEnum):
    """Why the scanner stopped."""

    END = 0  # at the end of the bytes, between two elements
    SHORT = 1  # the element needs more bytes than there are
    SEQUENCE = 2  # at a sequence of the top level, which is read item by item
    PIXELS = 3
    ITEM_END = 4
    DIRECTORY = 5
    PADDING = 6


class Place(NamedTuple):
    """Where an attribute may be found."""

    source: Source
    steps: tuple[Step, ...]
    frame: bool = False  # in the per-frame functional groups
    converted: bool = False  # among the attributes that a legacy converted object has no other place for
    finer: bool = False  # in finer units than elsewhere

    @property
    def items(self) -> tuple[Step, ...]:
        """The way to the items that hold it; empty at the top level."""
        return self.steps[:-1]


@dataclass(slots=True, eq=False)
class Slot:
    """One place of one attribute; lower ranks win. ``group`` is common to the attributes of the same sequences.

    ``items`` ranks the sequence among those of the group: all of a group are taken from one.
    """

    attribute: int
    rank: int
    column: str
    source: Source
    frame: bool  # in the per-frame functional groups
    group: int
    items: int
    only: bool  # what other attributes have at other places does not matter
    each: int  # elements of the array for each item of the sequence
    converted: bool
    finer: bool
    vr: bytes | None  # by the dictionary
    wanted: Wanted
    fast: Fast  # for that VR, little endian
    top: bool = False  # a public element of the top level: of a repeated one the last counts
    direct: bool = False  # at top, and the attribute's only place: no choice to make
    simple: bool = False  # where nothing else is found, the short way suffices
    known: dict[bytes, Any] = field(default_factory=dict)  # by value field: most values are those of other files too

    def learn(self, raw: bytes) -> Any:
        """The value by the short way, or ``SLOW``; kept in mind for the next file that has it."""
        value = self.fast(raw)
        if len(raw) <= MAX_KNOWN_BYTES:
            if len(self.known) >= MAX_KNOWN:
                self.known.clear()
            self.known[raw] = value
        return value


@dataclass(slots=True, eq=False)
class Target:
    """What to do at one tag of a node."""

    tag: int
    role: int
    slots: list[Slot] = field(default_factory=list)
    node: Node | None = None
    stop: Stop = Stop.END
    creators: dict[str, Target] = field(default_factory=dict)
    top: bool = False  # a declared public element of the top level
    listed: bool = False  # a sequence each of whose items counts, even one without values
    direct: Slot | None = None  # the only slot, where it is direct


IGNORED: Final = Target(0, Role.IGNORE)


@dataclass(slots=True, eq=False)
class Node:
    """One kind of data set: the top level, or the items of a declared sequence."""

    order: ByteOrder
    entries: dict[int, Target] = field(default_factory=dict)
    parent: Node | None = None
    listed: bool = False  # as the sequence's entry

    def stop(self, tag: int, why: Stop) -> None:
        """Let the scanner stop at ``tag``."""
        self.entries[self.order.key(tag)] = Target(tag, Role.STOP, stop=why)

    def entry(self, step: Step) -> Target:
        """The entry of ``step``, made where there is none yet."""
        if step.creator is not None:
            return self._private(step, step.creator.strip())
        key = self.order.key(step.tag)
        if key not in self.entries:
            self.entries[key] = Target(step.tag, Role.LEAF)
        return self.entries[key]

    def _private(self, step: Step, creator: str) -> Target:
        """PS3.5 section 7.8.1: (gggg,00bb) names the creator of (gggg,bb00-bbFF), where bb is 10 to FF."""
        group, low = step.tag & 0xFFFF0000, step.tag & 0xFF
        creators: dict[str, Target] = {}
        for block in range(0x10, 0x100):
            self.entries.setdefault(self.order.key(group | block), Target(group | block, Role.CREATOR))
            tag = group | block << 8 | low
            entry = self.entries.setdefault(self.order.key(tag), Target(tag, Role.PRIVATE, creators=creators))
            creators = entry.creators
        return creators.setdefault(creator, Target(step.tag, Role.LEAF))


@cache
def _vr(step: Step) -> bytes | None:
    """The dictionary's VR of an element, where there is one and it is unique."""
    try:
        if step.creator is None:
            vr = dictionary_VR(step.tag)
        else:
            vr = private_dictionary_VR(step.tag & 0xFFFF0000 | 0x1000 | step.tag & 0xFF, step.creator.strip())
    except KeyError:
        return None
    return vr.encode() if len(vr) == 2 else None  # "US or SS" depends on the file


def _wanted(attribute: Attribute, source: Source, each: int) -> Wanted:
    return Wanted(
        attribute.kind,
        attribute.many if not each else each != 1,
        attribute.frames,
        attribute.is_array and not attribute.many and not each,
        source.number,
        source.modulo,
        source.scale,
        attribute.identifying,
    )


def _places(attribute: Attribute) -> Iterator[Place]:
    """Where the attribute may be, best first: functional groups before others or after them, per frame before shared.

    Last come the sequences in which legacy converted objects keep what has no functional group (PS3.3 section
    C.7.6.16.2.25 and .26).
    """
    others = [source for source in attribute.sources if not source.frame]
    direct = [Place(source, source.steps) for source in others]
    if attribute.top_first:
        yield from direct
    for source in attribute.sources:
        if source.frame:
            yield Place(source, (FRAME_GROUPS, *source.steps), frame=True)
            yield Place(source, (SHARED_GROUPS, *source.steps))
    if not attribute.top_first:
        yield from direct
    for source in attribute.finer:
        yield Place(source, source.steps, finer=True)
    for source in others:
        if source.steps[0].tag >> 16 != FILE_META:
            yield Place(source, (FRAME_GROUPS, CONVERTED_FRAME, *source.steps), frame=True, converted=True)
            yield Place(source, (SHARED_GROUPS, CONVERTED_SHARED, *source.steps), converted=True)


class Plan:
    """The look-up tables of a declaration for one byte order."""

    def __init__(self, attributes: Sequence[Attribute], order: ByteOrder) -> None:
        self.order = order
        self.attributes = tuple(attributes)
        self.top = Node(order)
        self._groups: dict[object, int] = {}
        for number, attribute in enumerate(self.attributes):
            if not attribute.derived:
                self._take_in(number, attribute)
        for entry in self.top.entries.values():
            if len(entry.slots) == 1 and entry.slots[0].direct:
                entry.direct = entry.slots[0]
        self._mark(self.top)
        for tag in PIXELS:
            self.top.stop(tag, Stop.PIXELS)
        self.top.stop(0x00041220, Stop.DIRECTORY)
        for tag in _PADDING_TAGS:
            self.top.stop(tag, Stop.PADDING)

    def _take_in(self, number: int, attribute: Attribute) -> None:
        """Make the slots of an attribute."""
        places = list(_places(attribute))
        usual = [place for place in places if not place.converted]
        ways = list(dict.fromkeys(place.items for place in places))
        in_sequences = all(place.items for place in usual)
        group = self._groups.setdefault(tuple(ways) if in_sequences else number, len(self._groups))
        one_way = len({place.items for place in usual}) == 1
        for rank, place in enumerate(places):
            source, steps = place.source, place.steps
            vr = _vr(steps[-1])
            each = attribute.each if len(source.steps) > 1 else 0
            wanted = _wanted(attribute, source, each)
            fast = fast_decoder(wanted, vr, little=self.order.little)
            way = ways.index(place.items) if in_sequences else rank
            slot = Slot(
                attribute=number,
                rank=rank,
                column=attribute.column,
                source=source,
                frame=place.frame,
                group=group,
                items=way,
                only=not in_sequences,
                each=each,
                converted=place.converted,
                finer=place.finer,
                vr=vr,
                wanted=wanted,
                fast=fast,
            )
            slot.simple = (
                wanted.kind is not Kind.DATETIME
                and steps != (FRAME_COUNT,)
                and not (each or place.converted)
                and (one_way or not in_sequences)
            )
            slot.top = not place.items and steps[0].creator is None
            slot.direct = slot.top and slot.simple and len(usual) == 1
            self._add(steps, slot)

    def _add(self, steps: tuple[Step, ...], slot: Slot) -> None:
        node = self.top
        for step in steps[:-1]:
            entry = node.entry(step)
            if entry.node is None:
                entry.role, entry.node = Role.SEQUENCE, Node(self.order, parent=node)
            entry.node.listed = entry.listed = entry.listed or (bool(slot.each) and step is steps[-2])
            node = entry.node
        entry = node.entry(steps[-1])
        entry.slots.append(slot)
        entry.top = slot.top

    def _mark(self, node: Node) -> None:
        """Give every data set its charset, and every item its end."""
        for entry in list(node.entries.values()):
            for child in (entry, *entry.creators.values()):
                if child.node is not None and not child.node.entries.get(self.order.item_end):
                    child.node.stop(0xFFFEE00D, Stop.ITEM_END)
                    self._mark(child.node)
        node.entry(Step(0x00080005)).role = Role.CHARSET
