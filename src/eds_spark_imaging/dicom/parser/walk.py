"""One pass over a file's header: from its first byte to Pixel Data or the end."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from eds_spark_imaging.dicom.parser.byte_order import LITTLE, ByteOrder
from eds_spark_imaging.dicom.parser.data_set import DataSet, Hit
from eds_spark_imaging.dicom.parser.deflate import InflatedSource
from eds_spark_imaging.dicom.parser.element import UNDEFINED, element
from eds_spark_imaging.dicom.parser.passing import MalformedError, Passing
from eds_spark_imaging.dicom.parser.plan import FRAME_GROUPS, IGNORED, Plan, Role, Stop, Target
from eds_spark_imaging.dicom.parser.scanner import MAX_HITS, ShortError, begin_item, elements, item
from eds_spark_imaging.dicom.parser.syntax import (
    DEFLATED,
    DICOMDIR_CLASS,
    PREAMBLE,
    after_commands,
    begin_of,
    encoding_of,
    find_data_set,
    has_magic,
    read_file_meta,
)
from eds_spark_imaging.dicom.parser.window import TooLargeError, Window
from eds_spark_imaging.dicom.reason import Reason, Rejection
from eds_spark_imaging.dicom.result import Header, HeaderStatus
from eds_spark_imaging.storage.source import ByteSource

_GROUP_OF_BLANK: Final = 0x0020  # its first byte is a blank, so that one alone may be what is left of a tag
MAX_PADDING: Final = 4096  # bytes, a block of common systems; more is what a copy that was interrupted leaves

PlanOf = Callable[[ByteOrder], Plan]


@dataclass(slots=True)
class Walk:
    """What one pass found: the outcome, and the declared elements as they stand."""

    first: Window  # on the file
    window: Window  # on the data set: the same, unless deflated
    status: HeaderStatus = HeaderStatus.QUARANTINED
    reason: str | None = None
    has_preamble: bool = False
    has_pixel_data: bool = False
    header_bytes: int = 0
    frames: int | None = None  # items of the per-frame functional groups
    inflated: InflatedSource | None = None
    hits: list[Hit] = field(default_factory=list)
    oddities: list[Reason] = field(default_factory=list)  # of the file as a whole
    context: DataSet | None = None  # of the data set's top level

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the source; of a deflated data set the packed ones."""
        return self.first.bytes_read + (self.inflated.bytes_read if self.inflated else 0)

    @property
    def digest(self) -> str:
        """Of the header as far as it was read; of a deflated data set, of what was inflated."""
        return self.window.digest(self.header_bytes - self.window.start)

    def header(self) -> Header:
        """What the pass tells of the file as a whole; no values yet."""
        header = Header(self.status, self.reason)
        header.has_preamble = self.has_preamble
        header.has_pixel_data = self.has_pixel_data
        header.bytes_read = self.bytes_read
        if self.status in (HeaderStatus.PARSED, HeaderStatus.QUARANTINED):
            header.header_bytes = self.header_bytes
            header.digest = self.digest
        return header

    def end(self, status: HeaderStatus, reason: str | None = None) -> Walk:
        """Set the outcome."""
        self.status, self.reason = status, reason
        return self


def walk(source: ByteSource, data: bytes, plan_of: PlanOf) -> Walk:
    """Read the header of ``source``, whose first block is ``data``. Raises OSError."""
    window = Window(source, data)
    result = Walk(window, window)
    if not data:
        return result.end(HeaderStatus.NOT_DICOM, Rejection.EMPTY)
    if has_magic(data) and len(data) == PREAMBLE:
        return result.end(HeaderStatus.NOT_DICOM, Rejection.PREAMBLE_ONLY)
    position = begin_of(window)
    if position is None:
        return result.end(HeaderStatus.NOT_DICOM, Rejection.NO_DICOM_STRUCTURE)
    result.has_preamble = position == PREAMBLE
    try:
        return _read(result, source, position, plan_of)
    except (TooLargeError, MalformedError) as error:
        return _give_up(result, error)


def walk_on(source: ByteSource, data: bytes, position: int, context: DataSet) -> Walk:
    """Go on with the data set ``context`` at ``data[position]`` of a file that has a preamble. Raises OSError."""
    window = Window(source, data)
    result = Walk(window, window, has_preamble=True, hits=context.hits)
    try:
        return _from(result, position, context)
    except (TooLargeError, MalformedError) as error:
        return _give_up(result, error)


def _give_up(result: Walk, error: TooLargeError | MalformedError) -> Walk:
    result.header_bytes = result.window.start
    too_large = isinstance(error, TooLargeError)
    return result.end(HeaderStatus.QUARANTINED, Rejection.HEADER_TOO_LARGE if too_large else Rejection.MALFORMED)


def _read(result: Walk, source: ByteSource, position: int, plan_of: PlanOf) -> Walk:
    window = result.window
    meta = read_file_meta(window, position, DataSet(LITTLE, True, plan_of(LITTLE).top, result.hits))
    if meta is None:
        return result.end(HeaderStatus.QUARANTINED, Rejection.TRUNCATED)
    if meta.sop_class == DICOMDIR_CLASS:
        return result.end(HeaderStatus.DICOMDIR)
    position = after_commands(window.data, meta.position)
    said_deflated = meta.transfer_syntax in DEFLATED
    if said_deflated and find_data_set(window.data[position:], None) is None:
        result.inflated = InflatedSource(source, window.start + position)
        window = result.window = Window(result.inflated)
        position = 0
    if _is_padding(window.data[position : position + 4]):  # or nothing at all
        result.header_bytes = window.start + position
        fault = None if result.inflated is None else result.inflated.fault
        return result.end(HeaderStatus.QUARANTINED, fault or Rejection.TRUNCATED)
    encoding, as_declared = encoding_of(window, position, meta.transfer_syntax)
    if meta.transfer_syntax is not None and (not as_declared or (said_deflated and result.inflated is None)):
        result.oddities.append(Reason.WRONG_TRANSFER_SYNTAX)
    plan = plan_of(encoding.order)
    context = DataSet(encoding.order, encoding.explicit, plan.top, result.hits)
    return _from(result, position, context)


def _from(result: Walk, position: int, context: DataSet) -> Walk:
    """The data set from ``position`` to its end. Raises MalformedError, TooLargeError."""
    result.context = context
    window = result.window
    position, why = _data_set(result, position, context)
    result.header_bytes = window.start + position
    if why == Stop.DIRECTORY:
        return result.end(HeaderStatus.DICOMDIR)
    rejection = _beyond(window, position) if why == Stop.PADDING else None
    fault = None if result.inflated is None or why == Stop.PIXELS else result.inflated.fault
    if why == Stop.SHORT or fault is not None:
        return result.end(HeaderStatus.QUARANTINED, fault or Rejection.TRUNCATED)
    if rejection is not None:
        return result.end(HeaderStatus.QUARANTINED, rejection)
    if why == Stop.PADDING:
        result.oddities.append(Reason.TRAILING_BYTES)
    result.has_pixel_data = why == Stop.PIXELS
    return result.end(HeaderStatus.PARSED)


def _beyond(window: Window, position: int) -> Rejection | None:
    """Why what looks like padding, up to the end of the file, is none. Raises TooLargeError."""
    while len(window.data) - position <= MAX_PADDING and window.advance(position):
        position = 0
    rest = window.data[position:]
    if not _is_padding(rest):
        return Rejection.MALFORMED
    return Rejection.TRUNCATED if len(rest) > MAX_PADDING else None


def _is_padding(rest: bytes) -> bool:
    """Zeros, or blanks and ends of lines: not both, for a tag may begin with a blank and a zero."""
    return not rest.strip(b"\0") or not rest.strip(b" \r\n")


def _group(hits: list[Hit]) -> int:
    """The group of the top level that the last declared element is in."""
    if not hits:
        return 0
    entry, _, _, context = hits[-1]
    return (context.trail[0][0] if context.trail else entry.tag) >> 16


def _data_set(result: Walk, position: int, context: DataSet) -> tuple[int, Stop]:
    """The top level, or an item of undefined length in it: where it ends in the window, and why.

    Raises MalformedError, TooLargeError.
    """
    window = result.window
    while True:
        data = window.data
        position, why = elements(data, position, len(data), context)
        if len(result.hits) > MAX_HITS:
            raise TooLargeError
        if why in (Stop.END, Stop.SHORT):
            if window.advance(position):
                position = 0
                continue
            rest = data[position:]
            if window.overrun or not _is_padding(rest) or (rest == b" " and _group(result.hits) <= _GROUP_OF_BLANK):
                return min(position, len(data)), Stop.SHORT
            return (position, Stop.PADDING) if rest else (len(data), Stop.END)
        if why != Stop.SEQUENCE:
            return position, why
        after = _sequence(result, position, context)
        if after is None:
            return len(window.data), Stop.SHORT
        position = after


def _sequence(result: Walk, position: int, context: DataSet) -> int | None:
    """Go through a sequence of the top level, item by item so that not all of it need be in memory.

    Gives the offset after it in the window, None where the file ends in it. Raises MalformedError, TooLargeError.
    """
    window, hits = result.window, result.hits
    tag, _, length, value = element(window.data, position, context.explicit, context.order)
    entry = context.node.entries.get(tag) if context.node else None
    if entry is not None and entry.role == Role.PRIVATE:
        entry = context.private(entry)
    per_frame = entry is not None and entry.tag == FRAME_GROUPS.tag
    first_in: dict[tuple[Target, bytes | Reason, tuple[tuple[int, int], ...]], int] = {}
    if per_frame:
        context.groups = {}
    end = None if length == UNDEFINED else window.start + value + length
    after: int | None = value
    index, more = 0, True
    while more and after is not None and (end is None or window.start + after < end):
        mark = len(hits)
        try:
            after, more = _item(result, after, end, entry, index, context)
        except MalformedError:
            del hits[mark:]
            if end is None:
                raise
            after = end - window.start
            if after < 0:  # the window has moved beyond the end that was told
                raise
            hits.append((entry or IGNORED, b"", Reason.BAD_SEQUENCE, context))
            break
        if per_frame:  # most values are those of an earlier frame and tell nothing new
            hits[mark:] = [
                hit
                for hit in hits[mark:]
                if hit[0].listed or first_in.setdefault((hit[0], hit[2], hit[3].trail[1:]), index) == index
            ]
        index += more
    if per_frame:
        result.frames = index
        context.groups = None
    return after if end is None or after is None else max(after, end - window.start)


def _item(  # noqa: PLR0917
    result: Walk, position: int, end: int | None, entry: Target | None, index: int, context: DataSet
) -> tuple[int | None, bool]:
    """Go through one item of such a sequence; as ``scanner.item``, with None where the file ends in it.

    ``end`` is that of the sequence, in the file. In items of undefined length, what was scanned need not be kept.
    """
    window, hits = result.window, result.hits
    mark, need = len(hits), 16  # the header, and what tells the form of the first element
    while True:
        if len(window.data) < position + need and window.advance(position, need):
            position = 0
        try:
            begun = begin_item(window.data, position, entry, index, context)
            if begun is not None and begun[1] == UNDEFINED and begun[2].node is not None:
                after, why = _data_set(result, begun[0], begun[2])
                return (after + 8 if why == Stop.ITEM_END else None), True
            if begun is not None and begun[1] == UNDEFINED:
                return _pass(window, begun[0], Passing(begun[2].explicit, begun[2].order)), True
            del hits[mark:]
            limit = None if end is None else end - window.start
            return item(window.data, position, limit, entry, index, context)
        except (ShortError, struct.error) as error:
            del hits[mark:]
            need = error.end - position if isinstance(error, ShortError) and error.end else 0
            if not window.advance(position, need):
                return None, False
            position = 0


def _pass(window: Window, position: int, passing: Passing) -> int | None:
    """The offset in the window after an item in which nothing is declared; None where the file ends in it.

    It need not be in memory at once. Raises MalformedError, TooLargeError.
    """
    while True:
        position, ended = passing.go(window.data, position)
        if ended:
            return position
        if not window.advance(position, 16):
            return None
        position = 0
