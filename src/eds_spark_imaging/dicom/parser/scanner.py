"""The elements of a data set (PS3.5 section 7): finds the declared ones and passes over the others.

Nothing is decoded here. A ``Hit`` is an element of interest as it stands in the file.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from eds_spark_imaging.dicom.parser.byte_order import LITTLE
from eds_spark_imaging.dicom.parser.data_set import DataSet
from eds_spark_imaging.dicom.parser.element import LONG_FORM, NO_VR, SHORT_FORM, UNDEFINED, odd_vr
from eds_spark_imaging.dicom.parser.passing import MalformedError, Passing, form_of, passed
from eds_spark_imaging.dicom.parser.plan import FRAME_GROUPS, IGNORED, Role, Stop, Target
from eds_spark_imaging.dicom.parser.window import TooLargeError
from eds_spark_imaging.dicom.reason import Reason

MAX_VALUE: Final = 64 * 1024
MAX_ITEM: Final = 4 * 1024 * 1024  # of an item that is gone through, not passed over
MAX_HITS: Final = 500_000  # memory for hostile files; 10,000 frames with 20 values each that differ are 200,000

_NOTHING: Final[Mapping[int, Target]] = {}
_MAY_BE_SEQUENCE: Final = frozenset((b"SQ", b"UN", b"OB", None))


class ShortError(Exception):
    """The bytes at hand end inside an item; ``end`` is the offset up to which they are needed, where it is known."""

    def __init__(self, end: int = 0) -> None:
        super().__init__(end)
        self.end = end


def elements(  # noqa: PLR0911, PLR0912, PLR0915 - one loop, since a call for each element would double its time
    data: bytes, position: int, end: int, context: DataSet
) -> tuple[int, Stop]:
    """Scan the elements of one data set from ``position`` to ``end`` and note the declared ones.

    Gives where and why it stopped. At an element that is not all there (``SHORT``) the position is its beginning, or
    that of the next one, beyond the data, where the value is not needed. At top level, sequences that may be too large
    to be seen whole are left to the caller (``SEQUENCE``). Raises MalformedError, TooLargeError.
    """
    order, explicit, hits = context.order, context.explicit, context.hits
    head, pair, long, short_form = order.head, order.pair, order.long, SHORT_FORM
    entries = context.node.entries if context.node else _NOTHING
    note, undefined, max_value = hits.append, UNDEFINED, MAX_VALUE
    try:
        while position < end:
            if explicit:
                tag, vr, length = head(data, position)
                if vr in short_form:
                    stop = position + 8 + length
                    if tag not in entries:  # as most are
                        position = stop
                        continue
                    declared = entries[tag]
                    if declared.role == 0 and stop <= end:  # an attribute; a 16-bit length is within the limit
                        note((declared, vr, data[position + 8 : stop], context))
                        position = stop
                        continue
                    value = position + 8
                elif vr in LONG_FORM:
                    (length,) = long(data, position + 8)
                    value = position + 12
                elif vr == NO_VR and length == 0:
                    value = position + 8
                else:
                    vr, length, value = odd_vr(data, position, vr, order)
            else:
                vr = None
                tag, length = pair(data, position)
                value = position + 8
            entry = entries.get(tag)
            if entry is None:
                if length != undefined:
                    position = value + length
                    continue
            else:
                role = entry.role
                stop = value + length
                if role == 0 and stop <= end and length <= max_value:  # an attribute
                    note((entry, vr, data[value:stop], context))
                    position = stop
                    continue
                if role == Role.PRIVATE:
                    entry = context.private(entry)
                if entry.role == Role.STOP:
                    return position, entry.stop
                if entry.role < Role.IGNORE and length != undefined:
                    if length > max_value:
                        note((entry, b"", Reason.VALUE_TOO_LONG, context))
                    elif stop > end:
                        return position, Stop.SHORT
                    else:
                        raw = data[value:stop]
                        note((entry, vr, raw, context))
                        if entry.role:
                            context.note(entry, raw)
            if length != undefined and (entry is None or entry.role != Role.SEQUENCE or vr not in _MAY_BE_SEQUENCE):
                position = value + length
            elif context.trail and length != undefined and value + length > end:
                return position, Stop.SHORT
            elif not context.trail and (length == undefined or value + length > end or _has_frames(entry)):
                return position, Stop.SEQUENCE
            elif length != undefined and context.groups and context.groups.get(entry) == data[value : value + length]:
                position = value + length
            else:
                mark = len(hits)
                try:
                    after = _sequence(data, value, length, entry, context)
                except (ShortError, struct.error):
                    del hits[mark:]
                    return position, Stop.SHORT if context.trail else Stop.SEQUENCE
                if context.groups is not None and length != undefined:
                    context.groups[entry] = data[value:after]
                position = after
    except struct.error:
        return position, Stop.SHORT
    return position, Stop.END


def _has_frames(entry: Target | None) -> bool:
    """Whether the items of a sequence are the functional groups of frames, of which there may be thousands."""
    return entry is not None and entry.tag == FRAME_GROUPS.tag


def _sequence(data: bytes, position: int, length: int, entry: Target | None, context: DataSet) -> int:
    """Go through a sequence that lies in an item; gives the offset after it. Raises as ``item``."""
    if entry is None and length == UNDEFINED and context.order.little:
        return passed(data, position, Passing(context.explicit, context.order, nested=True))
    end = None if length == UNDEFINED else position + length
    index = 0
    while end is None or position < end:
        mark = len(context.hits)
        try:
            position, more = item(data, position, end, entry, index, context)
        except MalformedError:
            del context.hits[mark:]
            if end is None:
                raise
            context.hits.append((entry or IGNORED, b"", Reason.BAD_SEQUENCE, context))
            break
        if not more:
            break
        index += 1
    return position if end is None else max(position, end)  # an item may go beyond the end that was told


def begin_item(
    data: bytes, position: int, entry: Target | None, index: int, context: DataSet
) -> tuple[int, int, DataSet] | None:
    """The header of an item (PS3.5 section 7.5): offset of its elements, length, context; None at the sequence's end.

    Raises MalformedError, struct.error.
    """
    order, explicit = context.order, context.explicit
    if not order.little and data[position : position + 2] == b"\xfe\xff":
        # UN of undefined length is implicit little endian in big endian data sets too.
        order, explicit, entry = LITTLE, False, None
    tag, length = order.pair(data, position)
    if tag == order.sequence_end:
        return None
    if tag != order.item:
        raise MalformedError
    position += 8
    end = len(data) if length == UNDEFINED else position + length
    explicit = form_of(data, position, end, explicit, order)
    return position, length, context.item(order, explicit, entry, index)


def item(  # noqa: PLR0917
    data: bytes, position: int, limit: int | None, entry: Target | None, index: int, context: DataSet
) -> tuple[int, bool]:
    """Go through one item: the offset after it, and whether another may follow.

    ``limit`` is the end of the sequence, where it is known. What is not declared is passed over; its end may then lie
    beyond the data. Raises ShortError, MalformedError, TooLargeError, struct.error.
    """
    begun = begin_item(data, position, entry, index, context)
    if begun is None:
        return position + 8, False
    position, length, child = begun
    if child.node is None:
        if length == UNDEFINED:
            return passed(data, position, Passing(child.explicit, child.order)), True
        return position + length, True
    if length == UNDEFINED:
        position, why = elements(data, position, len(data), child)
        if why != Stop.ITEM_END:
            raise ShortError
        return position + 8, True
    end = position + length
    if length > MAX_ITEM or (limit is not None and end > limit):
        raise MalformedError
    if end > len(data):
        raise ShortError(end)
    try:
        _, why = elements(data, position, end, child)
    except MalformedError:
        why = Stop.SHORT
    if why == Stop.SHORT:  # what is in the item goes beyond it, or cannot be followed
        context.hits.append((entry or IGNORED, b"", Reason.BAD_SEQUENCE, context))
    if len(context.hits) > MAX_HITS:
        raise TooLargeError
    return end, True
