"""Over an item or a sequence of undefined length in which nothing is declared, in whatever portions its bytes come."""

from __future__ import annotations

import struct
from typing import Final

from eds_spark_imaging.dicom.parser.byte_order import ByteOrder
from eds_spark_imaging.dicom.parser.element import SHORT_FORM, UNDEFINED, VRS, element

MAX_DEPTH: Final = 64


class MalformedError(Exception):
    """The structure cannot be followed from here."""


def form_of(data: bytes, position: int, end: int, explicit: bool, order: ByteOrder) -> bool:
    """Whether an item is in explicit form: that of the data set, unless its first element tells otherwise.

    Items of UN sequences are in implicit form (PS3.5 section 6.2.2), but not always, and other sequences are
    met in the wrong form too.
    """
    has_vr = data[position + 4 : position + 6] in VRS
    if explicit == has_vr or position + 8 > end:
        return explicit
    tag, length = order.pair(data, position)
    if explicit:
        return bool(tag == order.item_end)
    return bool(length != UNDEFINED and position + 8 + length > end)


class Passing:
    """How deep in nested sequences the way over an item, or with ``nested`` over a whole sequence, has come.

    Elements, items and delimiters are passed one after another; only the forms of the items around are kept in mind.
    """

    def __init__(self, explicit: bool, order: ByteOrder, *, nested: bool = False) -> None:
        self._order = order
        self._explicit = explicit
        self._nested = nested
        self._around = [explicit] if nested else []  # whether the items around the open sequences are in explicit form
        self._begins = not nested  # an item whose form is not known yet

    def go(  # noqa: PLR0912 - one loop, as in the scanner
        self, data: bytes, position: int
    ) -> tuple[int, bool]:
        """Go on at ``data[position]``: where it ends, or what is needed next begins, and whether it is the end.

        Raises MalformedError where sequences are nested too deep.
        """
        order, around, short_form = self._order, self._around, SHORT_FORM
        head, long, marks = order.head, order.long, order.marks
        explicit, begins = self._explicit, self._begins
        try:
            while True:
                tag, vr, length = head(data, position)
                if begins:
                    explicit = form_of(data, position, len(data), explicit, order)
                    begins = False
                if tag in marks:
                    position += 8
                    if tag == order.item:
                        (length,) = long(data, position - 4)
                        if length == UNDEFINED:
                            begins = True
                        else:
                            position += length
                    elif tag == order.sequence_end and around:  # whatever length delimiters tell, nothing is in them
                        explicit = around.pop()
                        if self._nested and not around:
                            return position, True
                    elif tag == order.item_end and not around:
                        return position, True
                elif explicit and vr in short_form:
                    position += 8 + length
                else:
                    _, _, length, position = element(data, position, explicit, order)
                    if length != UNDEFINED:
                        position += length
                    elif len(around) == MAX_DEPTH:
                        raise MalformedError
                    else:
                        around.append(explicit)
        except struct.error:
            self._explicit, self._begins = explicit, begins
            return position, False


def passed(data: bytes, position: int, passing: Passing) -> int:
    """The offset after what is all in ``data``. Raises MalformedError, struct.error where it is not."""
    position, ended = passing.go(data, position)
    if not ended:
        raise struct.error
    return position
