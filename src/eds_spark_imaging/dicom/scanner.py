"""The elements of a data set (PS3.5 section 7): finds the declared ones and passes over the others.

Nothing is decoded here. A ``Hit`` is an element of interest as it stands in the file.
"""

from __future__ import annotations

import struct
from typing import Final

from eds_spark_imaging.dicom.plan import IGNORED, LITTLE, Entry, Node, Order, Role, Stop
from eds_spark_imaging.dicom.reason import Reason

UNDEFINED: Final = 0xFFFFFFFF
MAX_VALUE: Final = 64 * 1024
MAX_DEPTH: Final = 64

# Bytes before the value, by VR (PS3.5 tables 7.1-1 and 7.1-2).
FORMS: Final = {
    **dict.fromkeys(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split(), 8),
    **dict.fromkeys(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(), 12),
}
_SIZES: Final = {**FORMS, b"\0\0": 0}  # what delimiters have in place of a VR
_MAY_BE_SEQUENCE: Final = frozenset((b"SQ", b"UN", b"OB", None))


class Context:
    """One data set that is being scanned: how it is encoded, what its elements depend on, and where it lies.

    ``trail`` is the way from the top level, as tags of sequences and numbers of items. ``hits`` is common to all. The
    character set is inherited (PS3.5 section 7.5.3).
    """

    __slots__ = ("charset", "creators", "explicit", "hits", "order", "trail")

    def __init__(self, order: Order, explicit: bool, hits: list[Hit]) -> None:
        self.order = order
        self.explicit = explicit
        self.hits = hits
        self.charset: bytes | None = None
        self.creators: dict[int, str] = {}
        self.trail: tuple[tuple[int, int], ...] = ()

    def private(self, entry: Entry) -> Entry:
        """What a private element is, by the creator of its block."""
        creator = self.creators.get(entry.tag & 0xFFFF0000 | entry.tag >> 8 & 0xFF)
        return IGNORED if creator is None else entry.creators.get(creator, IGNORED)

    def note(self, entry: Entry, raw: bytes) -> None:
        """Take in a value on which the reading of others depends."""
        if entry.role == Role.CREATOR:
            self.creators[entry.tag] = raw.strip(b" \0").decode("latin-1")
        else:
            self.charset = raw


# A declared element: its entry, VR as written (None: implicit), value field or why there is none, its data set.
Hit = tuple[Entry, bytes | None, bytes | Reason, Context]


class ShortError(Exception):
    """The bytes at hand end inside an item."""


class MalformedError(Exception):
    """The structure cannot be followed from here."""


def element(data: bytes, position: int, explicit: bool, order: Order) -> tuple[int, bytes | None, int, int]:
    """Key of the tag, VR, length and offset of the value of the element at ``position``. Raises struct.error."""
    if not explicit:
        tag, length = order.pair(data, position)
        return tag, None, length, position + 8
    tag, vr, length = order.head(data, position)
    if vr not in FORMS:
        return tag, *_odd_vr(data, position, vr, order)
    if FORMS[vr] == 12:
        return tag, vr, order.long(data, position + 8)[0], position + 12
    return tag, vr, length, position + 8


def _odd_vr(data: bytes, position: int, vr: bytes, order: Order) -> tuple[bytes | None, int, int]:
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


def _lands(data: bytes, position: int, size: int, order: Order) -> bool:
    """Whether another element, or the end, seems to follow the element of ``size`` bytes at ``position``."""
    after = position + size
    if after + 6 > len(data):
        return after == len(data)
    pair = struct.Struct(order.prefix + "HH").unpack_from
    (group, number), (next_group, next_number) = pair(data, position), pair(data, after)
    return data[after + 4 : after + 6] in FORMS or (group == next_group and number < next_number)


def elements(data: bytes, position: int, end: int, node: Node, context: Context) -> tuple[int, Stop]:
    """Scan the elements of one data set from ``position`` to ``end`` and note the declared ones.

    Gives where and why it stopped. At an element that is not all there (``SHORT``) the position is its beginning, or
    that of the next one, beyond the data, where the value is not needed. At top level, sequences that must be gone
    through are left to the caller (``SEQUENCE``). Raises ShortError, MalformedError.
    """
    order, explicit, note = context.order, context.explicit, context.hits.append
    head, pair, long, get, size_of = order.head, order.pair, order.long, node.entries.get, _SIZES.get
    undefined, max_value = UNDEFINED, MAX_VALUE
    try:
        while position < end:
            if explicit:
                tag, vr, length = head(data, position)
                size = size_of(vr, -1)
                if size == 8:
                    value = position + 8
                elif size == 12:
                    (length,) = long(data, position + 8)
                    value = position + 12
                elif size == 0 and length == 0:
                    value = position + 8
                else:
                    vr, length, value = _odd_vr(data, position, vr, order)
            else:
                vr = None
                tag, length = pair(data, position)
                value = position + 8
            entry = get(tag)
            if entry is None:
                if length != undefined:
                    position = value + length
                    continue
            else:
                role = entry.role
                if role == 0 and length <= max_value and value + length <= end:  # an attribute, as most are
                    position = value + length
                    note((entry, vr, data[value:position], context))
                    continue
                if role == Role.PRIVATE:
                    entry = context.private(entry)
                if entry.role == Role.STOP:
                    return position, entry.stop
                if entry.role < Role.IGNORE and length != undefined:
                    if length > max_value:
                        note((entry, b"", Reason.VALUE_TOO_LONG, context))
                    elif value + length > end:
                        return position, Stop.SHORT
                    else:
                        raw = data[value : value + length]
                        note((entry, vr, raw, context))
                        if entry.role:
                            context.note(entry, raw)
            if length != undefined and (entry is None or entry.role != Role.SEQUENCE or vr not in _MAY_BE_SEQUENCE):
                position = value + length
            elif not context.trail:
                return position, Stop.SEQUENCE
            elif length != undefined and value + length > end:
                return position, Stop.SHORT
            else:
                position = _sequence(data, value, length, entry, context)
    except struct.error:
        return position, Stop.SHORT
    return position, Stop.END


def _sequence(data: bytes, position: int, length: int, entry: Entry | None, context: Context) -> int:
    """Go through a sequence that lies in an item; gives the offset after it. Raises as ``elements``."""
    if entry is None and length == UNDEFINED and context.order.little:
        return _pass(data, position, context.explicit, context.order, nested=True)
    end = None if length == UNDEFINED else position + length
    index = 0
    while end is None or position < end:
        try:
            position, more = item(data, position, end, entry, index, context)
        except MalformedError:
            if end is None:
                raise
            context.hits.append((entry or IGNORED, b"", Reason.BAD_SEQUENCE, context))
            break
        if not more:
            break
        index += 1
    return position if end is None else end


def item(  # noqa: PLR0917
    data: bytes, position: int, limit: int | None, entry: Entry | None, index: int, context: Context
) -> tuple[int, bool]:
    """Go through one item (PS3.5 section 7.5): the offset after it, and whether another may follow.

    ``limit`` is the end of the sequence, where it is known. Without an entry, or with one that has no node, the item
    is passed over; its end may then lie beyond the data. Raises as ``elements``, and struct.error.
    """
    order, explicit = context.order, context.explicit
    if not order.little and data[position : position + 2] == b"\xfe\xff":
        # UN of undefined length is implicit little endian in big endian data sets too.
        order, explicit, entry = LITTLE, False, None
    tag, length = order.pair(data, position)
    position += 8
    if tag == order.sequence_end:
        return position, False
    if tag != order.item:
        raise MalformedError
    if entry is None or entry.node is None:
        return (position + length if length != UNDEFINED else _pass(data, position, explicit, order)), True
    end = len(data) if length == UNDEFINED else position + length
    if length != UNDEFINED and limit is not None and end > limit:
        raise MalformedError
    if end > len(data):
        raise ShortError
    child = Context(order, _form(data, position, end, explicit, order), context.hits)
    child.charset = context.charset
    child.trail = (*context.trail, (entry.tag, index))
    position, why = elements(data, position, end, entry.node, child)
    if length != UNDEFINED:
        if why == Stop.SHORT:  # an element longer than its item
            context.hits.append((entry, b"", Reason.BAD_SEQUENCE, context))
        return end, True
    if why != Stop.ITEM_END:
        raise ShortError
    return position + 8, True


def _form(data: bytes, position: int, end: int, explicit: bool, order: Order) -> bool:
    """Whether an item is in explicit form: that of the data set, unless its first element tells otherwise.

    Items of UN sequences are in implicit form (PS3.5 section 6.2.2), but not always, and other sequences are
    met in the wrong form too.
    """
    has_vr = data[position + 4 : position + 6] in FORMS
    if explicit == has_vr or position + 8 > end:
        return explicit
    tag, length = order.pair(data, position)
    if explicit:
        return bool(tag == order.item_end)
    return bool(length != UNDEFINED and position + 8 + length > end)


def _pass(data: bytes, position: int, explicit: bool, order: Order, *, nested: bool = False) -> int:
    """The offset after an item of undefined length, whatever is nested in it, whose elements begin at ``position``.

    With ``nested``, that after a whole sequence of undefined length. Elements, items and delimiters are passed one
    after another; only how deep they are nested is kept in mind. Raises MalformedError where that is too deep,
    struct.error where the data end.
    """
    head, long, size_of = order.head, order.long, _SIZES.get
    item, item_end, sequence_end = order.item, order.item_end, order.sequence_end
    around = [explicit] if nested else []  # whether the items around the open sequences are in explicit form
    if not nested:
        explicit = _form(data, position, len(data), explicit, order)
    while True:
        tag, vr, length = head(data, position)
        if tag == item or tag == item_end or tag == sequence_end:
            (length,) = long(data, position + 4)
            position += 8
            if tag == item:
                if length != UNDEFINED:
                    position += length
                else:
                    explicit = _form(data, position, len(data), explicit, order)
                continue
            if around and tag == sequence_end:
                explicit = around.pop()
                if around or not nested:
                    continue
            if not around:
                return position
        elif explicit and size_of(vr) == 8:
            position += 8 + length
        else:
            _, _, length, position = element(data, position, explicit, order)
            if length != UNDEFINED:
                position += length
            elif len(around) == MAX_DEPTH:
                raise MalformedError
            else:
                around.append(explicit)
