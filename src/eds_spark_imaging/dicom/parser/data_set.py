"""What the scanner knows of the data set it is in, and what it notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from eds_spark_imaging.dicom.parser.byte_order import ByteOrder
from eds_spark_imaging.dicom.parser.plan import GROUPS, IGNORED, Node, Role, Target
from eds_spark_imaging.dicom.reason import Reason

_NO_CREATORS: Final[Mapping[int, str]] = {}


class DataSet:
    """One data set that is being scanned: how it is encoded, what its elements depend on, and where it lies.

    ``node`` says what is looked for, None that it is passed over. ``trail`` is the way from the top level, as tags of
    sequences and numbers of items. ``hits`` is common to all. Items inherit the charset (PS3.5 section 7.5.3).
    ``first`` is true at the top level and in the first items of its sequences, of whichever frame.
    ``groups``, in the item of a frame, are the functional groups of the frames before, the last of each kind: one that
    is the same, as most are, tells nothing new.
    """

    __slots__ = ("charset", "creators", "explicit", "first", "groups", "hits", "node", "order", "trail")

    def __init__(self, order: ByteOrder, explicit: bool, node: Node | None, hits: list[Hit]) -> None:
        self.order = order
        self.explicit = explicit
        self.node = node
        self.hits = hits
        self.charset: bytes | None = None
        self.creators: Mapping[int, str] = _NO_CREATORS
        self.trail: tuple[tuple[int, int], ...] = ()
        self.first = True
        self.groups: dict[Target | None, bytes] | None = None

    def item(self, order: ByteOrder, explicit: bool, entry: Target | None, index: int) -> DataSet:
        """That of an item of the sequence ``entry``."""
        child = DataSet(order, explicit, None if entry is None else entry.node, self.hits)
        child.charset = self.charset
        child.trail = (*self.trail, (0 if entry is None else entry.tag, index))
        child.first = self.first and (not index or child.trail[-1][0] in GROUPS)
        if entry is not None and entry.listed:
            self.hits.append((entry, None, b"", child))
        if not self.trail:
            child.groups = self.groups
        return child

    def in_other_file(self, hits: list[Hit]) -> DataSet:
        """The same place in another file: what was passed so far is the same."""
        other = DataSet(self.order, self.explicit, self.node, hits)
        other.charset, other.creators = self.charset, self.creators
        return other

    def private(self, entry: Target) -> Target:
        """What a private element is, by the creator of its block."""
        creator = self.creators.get(entry.tag & 0xFFFF0000 | entry.tag >> 8 & 0xFF)
        return IGNORED if creator is None else entry.creators.get(creator, IGNORED)

    def note(self, entry: Target, raw: bytes) -> None:
        """Take in a value on which the reading of others depends."""
        if entry.role == Role.CREATOR:
            self.creators = {**self.creators, entry.tag: raw.strip(b" \0").decode("latin-1")}
        else:
            self.charset = raw


# A declared element: its entry, VR as written (None: implicit), value field or why there is none, its data set. An item
# of a sequence that is listed is noted alike: the sequence's entry, no value, and the item's data set.
Hit = tuple[Target, bytes | None, bytes | Reason, DataSet]
