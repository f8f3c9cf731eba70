"""The value fields at the beginning of a file that is built just as the standard says.

There, what is an element and what is a value does not depend on any value, as it may where the scanner has to guess.
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from typing import Final, NamedTuple

from eds_spark_imaging.dicom.parser.element import UNDEFINED, VRS, element
from eds_spark_imaging.dicom.parser.passing import MAX_DEPTH
from eds_spark_imaging.dicom.parser.plan import FRAME_GROUPS, LITTLE, PIXELS, SHARED_GROUPS, Node
from eds_spark_imaging.dicom.parser.syntax import PREAMBLE, SOP_CLASS, TRANSFER_SYNTAX

MARGIN: Final = 64  # near the end of a block, the scanner may read on

_ITEM_END: Final = b"\xfe\xff\x0d\xe0\0\0\0\0"
_SEQUENCE_END: Final = b"\xfe\xff\xdd\xe0\0\0\0\0"
_MAY_BE_SEQUENCE: Final = frozenset((b"UN", b"OB"))  # besides SQ
_TELLING: Final = frozenset((TRANSFER_SYNTAX, SOP_CLASS))  # how to read the data set
_FRAMES: Final = frozenset((SHARED_GROUPS.tag, FRAME_GROUPS.tag))


class UnusualError(Exception):
    """The structure is not quite as the standard says."""


class Leaf(NamedTuple):
    """A value field ``data[start:stop]`` without elements in it; ``is_fixed`` where other things depend on it."""

    start: int
    stop: int
    key: int  # of the tag, whatever it is in
    is_fixed: bool


def leaves_of(data: bytes, sequences: Collection[int]) -> tuple[list[Leaf], int]:
    """The value fields of the elements at the beginning of ``data``, explicit and little endian, and where these end.

    That is at Pixel Data, functional groups, the first element that is unusual or not all there, or near the end of
    ``data``. ``sequences``: keys of the tags that may be gone into, whatever their VR.
    """
    found: list[Leaf] = []
    position, last = PREAMBLE, -1
    limit = len(data) - MARGIN
    while position < limit:
        tag = LITTLE.key(LITTLE.long(data, position)[0])
        if tag <= last or tag in PIXELS or tag in _FRAMES:
            break
        mark = len(found)
        try:
            after = _element(data, position, sequences, found, 0)
        except (UnusualError, struct.error):
            after = limit + 1
        if after > limit:
            del found[mark:]
            break
        position, last = after, tag
    return found, position


def sequences_of(node: Node) -> set[int]:
    """Keys of the tags that are gone into, at any level."""
    found: set[int] = set()
    for key, entry in node.entries.items():
        for each in (entry, *entry.creators.values()):
            if each.node is not None:
                found |= {key, *sequences_of(each.node)}
    return found


def _element(data: bytes, position: int, sequences: Collection[int], found: list[Leaf], depth: int) -> int:
    """The offset after an element, whose leaves are added to ``found``. Raises UnusualError, struct.error."""
    if depth > MAX_DEPTH or data[position + 4 : position + 6] not in VRS:
        raise UnusualError
    key, vr, length, value = element(data, position, True, LITTLE)
    if vr == b"SQ":
        return _items(data, value, length, sequences, found, depth + 1)
    if length == UNDEFINED:
        raise UnusualError
    if length:
        is_fixed = key in _TELLING or (vr in _MAY_BE_SEQUENCE and key in sequences)
        found.append(Leaf(value, value + length, key, is_fixed))
    return value + length


def _items(  # noqa: PLR0917
    data: bytes, position: int, length: int, sequences: Collection[int], found: list[Leaf], depth: int
) -> int:
    """The same for the items of a sequence (PS3.5 section 7.5)."""
    end = None if length == UNDEFINED else position + length
    while end is None or position < end:
        if end is None and data.startswith(_SEQUENCE_END, position):
            return position + 8
        tag, size = LITTLE.pair(data, position)
        if tag != LITTLE.item:
            raise UnusualError
        position = _item(data, position + 8, size, sequences, found, depth)
    if position != end:
        raise UnusualError
    return position


def _item(  # noqa: PLR0917
    data: bytes, position: int, length: int, sequences: Collection[int], found: list[Leaf], depth: int
) -> int:
    end = None if length == UNDEFINED else position + length
    while end is None or position < end:
        if end is None and data.startswith(_ITEM_END, position):
            return position + 8
        position = _element(data, position, sequences, found, depth)
    if position != end:
        raise UnusualError
    return position
