"""From which items of sequences the values are taken, so that what is said of one thing stays together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from eds_spark_imaging.dicom.parser.data_set import DataSet, Hit
from eds_spark_imaging.dicom.parser.plan import GROUPS, Node, Slot
from eds_spark_imaging.dicom.reason import Reason
from eds_spark_imaging.dicom.values.typed import BINARY_VRS, ONE_VALUE

Trail = tuple[tuple[int, int], ...]

_PADDING: Final = b" \0"
_EMPTY: Final = b" \0\\"  # values that are all empty


def is_blank(vr: bytes | None, raw: bytes | Reason) -> bool:
    """Whether a value field holds no value, or none but empty ones."""
    if not isinstance(raw, bytes):
        return False
    return not (raw if vr in BINARY_VRS else raw.strip(_PADDING if vr in ONE_VALUE else _EMPTY))


class Items:
    """The items of one file's sequences that hold something of what is declared.

    Of each sequence, the first item that has any value is *chosen*: single values come from it alone. Functional groups
    are passed over here: the item chosen in the first frame is that of all.
    """

    def __init__(self, hits: Iterable[Hit]) -> None:
        self._chosen: dict[tuple[int, ...], int] = {}  # by the tags on the way
        self._ways: dict[int, int] = {}  # by group: which of its sequences
        self._leads: dict[tuple[int, int], DataSet] = {}
        self._members: dict[int, dict[Trail, list[DataSet]]] = {}  # of listed sequences, by node and what is around
        told: list[Hit] = []
        for hit in hits:
            entry, vr, raw, context = hit
            if entry.listed:
                around = self._members.setdefault(id(context.node), {})
                around.setdefault(context.trail[:-1], []).append(context)
            elif context.trail and entry.slots and not is_blank(vr or entry.slots[0].vr, raw):
                self._choose(context.trail)
                told.append(hit)
        for entry, _, _, context in told:
            for slot in entry.slots:
                if self._is_taken(context, bool(slot.each)):
                    self._ways[slot.group] = min(slot.items, self._ways.get(slot.group, slot.items))
                    self._leads.setdefault((slot.group, slot.items), context)

    def _is_taken(self, context: DataSet, each: bool) -> bool:
        """Whether values are taken from an item: one that is chosen, or listed in one that is chosen."""
        depth, node = len(context.trail), context.node
        while each and depth and node is not None and node.listed:
            depth, node = depth - 1, node.parent
        return self.is_chosen(context.trail[:depth])

    def _choose(self, trail: Trail) -> None:
        way: tuple[int, ...] = ()
        for tag, index in trail:
            way = (*way, tag)
            if tag not in GROUPS and self._chosen.setdefault(way, index) != index:
                return

    def is_chosen(self, trail: Trail) -> bool:
        """Whether single values are taken from the item at the end of the trail."""
        way: tuple[int, ...] = ()
        for tag, index in trail:
            way = (*way, tag)
            if tag not in GROUPS and self._chosen.get(way, index) != index:
                return False
        return True

    def way(self, group: int) -> int | None:
        """The best of a group's sequences in which any of its attributes has a value."""
        return self._ways.get(group)

    def frame(self, slot: Slot) -> tuple[int, int] | None:
        """The first item of functional groups in which any attribute of the slot's group has a value."""
        lead = self._leads.get((slot.group, slot.items))
        return None if lead is None or lead.trail[0][0] not in GROUPS else lead.trail[0]

    def listed(self, slot: Slot, node: Node) -> list[DataSet | None]:
        """The items that an array with ``slot`` lists, whose data sets are of the kind ``node``.

        Those of a sequence in a listed sequence stand in the order of the outer items; one that has no inner item
        counts as one, None, so that the columns of both line up where no item has more. Over frames, those of the first
        with a value.
        """
        return self.in_frame(node, self.frame(slot))

    def in_frame(self, node: Node, frame: tuple[int, int] | None) -> list[DataSet | None]:
        """The same for the items of one functional group; None where there are no such groups."""
        members = self._members.get(id(node), {})
        if node.parent is not None and node.parent.listed:
            found: list[DataSet | None] = []
            for around in self.in_frame(node.parent, frame):
                found += members.get(around.trail, [None]) if around is not None else [None]
            return found
        return [
            item
            for around, items in members.items()
            if (frame is None or around[0] == frame) and self.is_chosen(around)
            for item in items
        ]
