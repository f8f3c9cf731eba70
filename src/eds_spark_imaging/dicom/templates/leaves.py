"""The value fields at the beginning of a file that is built just as the standard says.

There, what is an element and what is a value does not depend on any value, as it may where the scanner has to guess.
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from typing import Final

from eds_spark_imaging.dicom.parser.byte_order import LITTLE
from eds_spark_imaging.dicom.parser.element import SHORT_FORM, UNDEFINED, VRS, element
from eds_spark_imaging.dicom.parser.passing import MAX_DEPTH
from eds_spark_imaging.dicom.parser.plan import FILE_META, GROUPS, PIXELS, Node
from eds_spark_imaging.dicom.parser.syntax import IMPLICIT_LITTLE, PREAMBLE, SOP_CLASS, TRANSFER_SYNTAX

MARGIN: Final = 64  # near the end of a block, the scanner may read on

_ITEM_END: Final = b"\xfe\xff\x0d\xe0\0\0\0\0"
_SEQUENCE_END: Final = b"\xfe\xff\xdd\xe0\0\0\0\0"
_MAY_BE_SEQUENCE: Final = frozenset((b"UN", b"OB"))  # besides SQ
_STOPS: Final = PIXELS | GROUPS
_TELLING: Final = frozenset((TRANSFER_SYNTAX, SOP_CLASS, LITTLE.key(0x00080005)))  # how to read the data set


class UnusualError(Exception):
    """The structure is not quite as the standard says."""


# Plain tuples, since there are hundreds in every file that is gone through.

# A value field ``data[start:stop]`` without elements in it: start, stop, the key of the tag whatever it is in, whether
# other things depend on it so that it is fixed, and in how many bytes before it its length stands.
Leaf = tuple[int, int, int, bool, int]
# The content ``data[start:stop]`` of a sequence or item of known length, which stands in the 4 bytes before it.
Extent = tuple[int, int]
# Behind an element of the top level: how many leaves and spans there were, and the offset.
End = tuple[int, int, int]


class Leaves:
    """The value fields of the elements at the beginning of ``data``, little endian, and where these end.

    That is up to Pixel Data, functional groups, the first element that is unusual or not all there, or near the end of
    ``data``. ``sequences``: keys of the tags that may be gone into, whatever their VR.
    """

    def __init__(self, data: bytes, sequences: Collection[int]) -> None:
        self._data = data
        self._sequences = sequences
        self.explicit = True
        self.leaves: list[Leaf] = []
        self.spans: list[Extent] = []
        self.ends: list[End] = []
        self.position = self._top(PREAMBLE, len(data) - MARGIN)

    def _top(self, position: int, limit: int) -> int:
        """Go through the top level; gives where that ends, at ``limit`` at the latest."""
        data, leaves, spans = self._data, self.leaves, self.spans
        head, long, short_form, sequences = LITTLE.head, LITTLE.long, SHORT_FORM, self._sequences
        last, meta, explicit = -1, True, True
        while position < limit:
            key, vr, length = head(data, position)
            tag = (key & 0xFFFF) << 16 | key >> 16
            if tag <= last or tag in _STOPS:
                break
            if meta and tag >> 16 != FILE_META:
                meta = False
                explicit = self.explicit = not self._is_implicit()
            if not explicit:
                (length,) = long(data, position + 4)
            usual = vr in short_form if explicit else key not in sequences and length != UNDEFINED
            if usual and key not in _TELLING:  # as most are
                after = position + 8 + length
                if after > limit:
                    break
                leaves.append((position + 8, after, key, False, 2 if explicit else 4))
            else:
                before = len(leaves), len(spans)
                try:
                    after = self._element(position, 0, explicit=explicit)
                except (UnusualError, struct.error):
                    after = limit + 1
                if after > limit:
                    del leaves[before[0] :], spans[before[1] :]
                    break
            position, last = after, tag
            self.ends.append((len(leaves), len(spans), position))
        return position

    def _is_implicit(self) -> bool:
        syntax = next((self._data[start:stop] for start, stop, key, *_ in self.leaves if key == TRANSFER_SYNTAX), b"")
        return syntax.strip(b" \0") == IMPLICIT_LITTLE.encode()

    def _element(self, position: int, depth: int, *, explicit: bool) -> int:
        """The offset after an element. Raises UnusualError, struct.error."""
        if depth > MAX_DEPTH or (explicit and self._data[position + 4 : position + 6] not in VRS):
            raise UnusualError
        key, vr, length, value = element(self._data, position, explicit, LITTLE)
        if vr == b"SQ" or (vr is None and (key in self._sequences or length == UNDEFINED)):
            return self._items(value, length, depth + 1, explicit=explicit)
        if length == UNDEFINED:
            raise UnusualError
        is_fixed = key in _TELLING or (vr in _MAY_BE_SEQUENCE and key in self._sequences)
        form = 2 if vr in SHORT_FORM else 4
        self.leaves.append((value, value + length, key, is_fixed, form))
        return value + length

    def _items(self, position: int, length: int, depth: int, *, explicit: bool) -> int:
        """The same for the items of a sequence (PS3.5 section 7.5)."""
        end = self._begin(position, length)
        while end is None or position < end:
            if end is None and self._data.startswith(_SEQUENCE_END, position):
                return position + 8
            tag, size = LITTLE.pair(self._data, position)
            if tag != LITTLE.item:
                raise UnusualError
            position = self._item(position + 8, size, depth, explicit=explicit)
        if position != end:
            raise UnusualError
        return position

    def _item(self, position: int, length: int, depth: int, *, explicit: bool) -> int:
        end = self._begin(position, length)
        while end is None or position < end:
            if end is None and self._data.startswith(_ITEM_END, position):
                return position + 8
            position = self._element(position, depth, explicit=explicit)
        if position != end:
            raise UnusualError
        return position

    def _begin(self, position: int, length: int) -> int | None:
        if length == UNDEFINED:
            return None
        self.spans.append((position, position + length))
        return position + length


def sequences_of(node: Node) -> set[int]:
    """Keys of the tags that are gone into, at any level."""
    found: set[int] = set()
    for key, entry in node.entries.items():
        for each in (entry, *entry.creators.values()):
            if each.node is not None:
                found |= {key, *sequences_of(each.node)}
    return found
