"""The header of one element (PS3.5 section 7.1), as it should be and as it is met."""

from __future__ import annotations

import struct
from typing import Final

from eds_spark_imaging.dicom.parser.byte_order import ByteOrder

UNDEFINED: Final = 0xFFFFFFFF

# VRs by the form of the header: 16-bit length, or reserved bytes and 32-bit length (PS3.5 tables 7.1-1 and 7.1-2).
SHORT_FORM: Final = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
LONG_FORM: Final = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
VRS: Final = SHORT_FORM | LONG_FORM
NO_VR: Final = b"\0\0"  # what delimiters have in its place


def element(data: bytes, position: int, explicit: bool, order: ByteOrder) -> tuple[int, bytes | None, int, int]:
    """Key of the tag, VR, length and offset of the value of the element at ``position``. Raises struct.error."""
    if not explicit:
        tag, length = order.pair(data, position)
        return tag, None, length, position + 8
    tag, vr, length = order.head(data, position)
    if vr in SHORT_FORM:
        return tag, vr, length, position + 8
    if vr in LONG_FORM:
        return tag, vr, order.long(data, position + 8)[0], position + 12
    return tag, *odd_vr(data, position, vr, order)


def odd_vr(data: bytes, position: int, vr: bytes, order: ByteOrder) -> tuple[bytes | None, int, int]:
    """VR, length and value offset where the two bytes of the VR are none that the standard defines.

    They are those of delimiters; of an element in implicit form, which some writers mix in; of a VR of the future,
    written in the long form (PS3.5 section 6.2, note 8); or of a made-up one, mostly in the short form.
    """
    tag, length = order.pair(data, position)
    if tag in (order.item, order.item_end, order.sequence_end) or _lands(data, position, 8 + length, order):
        return None, length, position + 8
    short: int = order.head(data, position)[2]
    if _lands(data, position, 8 + short, order):
        return b"UN", short, position + 8
    if vr.isalpha() and short == 0:
        return b"UN", order.long(data, position + 8)[0], position + 12
    return None, length, position + 8


def _lands(data: bytes, position: int, size: int, order: ByteOrder) -> bool:
    """Whether another element, or the end, seems to follow the element of ``size`` bytes at ``position``."""
    after = position + size
    if after + 6 > len(data):
        return after == len(data)
    pair = struct.Struct(order.prefix + "HH").unpack_from
    (group, number), (next_group, next_number) = pair(data, position), pair(data, after)
    return data[after + 4 : after + 6] in VRS or (group == next_group and number < next_number)
