"""One pass over a file's header: from its first byte to Pixel Data or the end."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from eds_spark_imaging.dicom.deflate import InflatedSource
from eds_spark_imaging.dicom.plan import BIG, FRAME_GROUPS, IGNORED, LITTLE, Node, Plan, Role, Stop
from eds_spark_imaging.dicom.reason import Reason, Rejection
from eds_spark_imaging.dicom.result import Status
from eds_spark_imaging.dicom.scanner import (
    UNDEFINED,
    Context,
    Hit,
    MalformedError,
    ShortError,
    element,
    elements,
    item,
)
from eds_spark_imaging.dicom.storage import ByteSource
from eds_spark_imaging.dicom.syntax import (
    DEFLATED,
    DICOMDIR_CLASS,
    encoding_of,
    find_data_set,
    has_magic,
    read_file_meta,
)
from eds_spark_imaging.dicom.window import TooLargeError, Window


@dataclass(slots=True)
class Walk:
    """What one pass found: the outcome, and the declared elements as they stand."""

    first: Window  # on the file
    window: Window  # on the data set: the same, unless deflated
    status: Status = Status.QUARANTINED
    reason: str | None = None
    has_preamble: bool = False
    has_pixel_data: bool = False
    header_bytes: int = 0
    frames: int | None = None  # items of the per-frame functional groups
    inflated: InflatedSource | None = None
    hits: list[Hit] = field(default_factory=list)
    oddities: list[Reason] = field(default_factory=list)  # of the file as a whole

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the source; of a deflated data set the packed ones."""
        return self.first.bytes_read + (self.inflated.bytes_read if self.inflated else 0)

    @property
    def digest(self) -> str:
        """Of the header as far as it was read; of a deflated data set, of what was inflated."""
        return self.window.digest(self.header_bytes - self.window.start)

    def end(self, status: Status, reason: str | None = None) -> Walk:
        """Set the outcome."""
        self.status, self.reason = status, reason
        return self


def walk(source: ByteSource, little: Plan, big: Plan) -> Walk:
    """Read the header of ``source``. Raises OSError."""
    window = Window(source)
    data = window.data
    result = Walk(window, window)
    if not data:
        return result.end(Status.NOT_DICOM, Rejection.EMPTY)
    result.has_preamble = has_magic(data)
    if result.has_preamble and len(data) == 132:
        return result.end(Status.NOT_DICOM, Rejection.PREAMBLE_ONLY)
    position = 132 if result.has_preamble else find_data_set(data, window.size)
    if position is None:
        return result.end(Status.NOT_DICOM, Rejection.NO_DICOM_STRUCTURE)
    try:
        return _read(result, source, position, little, big)
    except TooLargeError:
        return result.end(Status.QUARANTINED, Rejection.HEADER_TOO_LARGE)
    except MalformedError:
        return result.end(Status.QUARANTINED, Rejection.MALFORMED)


def _read(result: Walk, source: ByteSource, position: int, little: Plan, big: Plan) -> Walk:
    window = result.window
    meta = read_file_meta(window, position, little.top, Context(LITTLE, True, result.hits))
    if meta is None:
        return result.end(Status.QUARANTINED, Rejection.TRUNCATED)
    if meta.sop_class == DICOMDIR_CLASS:
        return result.end(Status.DICOMDIR)
    position = meta.position
    if meta.transfer_syntax in DEFLATED:
        result.inflated = InflatedSource(source, window.start + position)
        window = result.window = Window(result.inflated)
        position = 0
    encoding, as_declared = encoding_of(window.data, position, window.size, meta.transfer_syntax)
    if not as_declared and meta.transfer_syntax is not None:
        result.oddities.append(Reason.WRONG_TRANSFER_SYNTAX)
    context = Context(encoding.order, encoding.explicit, result.hits)
    plan = big if encoding.order is BIG else little
    position, why = _data_set(result, position, plan.top, context)
    result.header_bytes = window.start + position
    if why == Stop.DIRECTORY:
        return result.end(Status.DICOMDIR)
    fault = None if result.inflated is None or why == Stop.PIXELS else result.inflated.fault
    if why == Stop.SHORT or fault is not None:
        return result.end(Status.QUARANTINED, fault or Rejection.TRUNCATED)
    if why == Stop.PADDING:
        if any(window.data[position:]):
            return result.end(Status.QUARANTINED, Rejection.MALFORMED)
        result.oddities.append(Reason.TRAILING_BYTES)
    result.has_pixel_data = why == Stop.PIXELS
    return result.end(Status.PARSED)


def _data_set(result: Walk, position: int, node: Node, context: Context) -> tuple[int, Stop]:
    """The top level: where it ends in the window, and why. Raises MalformedError, TooLargeError."""
    window = result.window
    while True:
        data = window.data
        position, why = elements(data, position, len(data), node, context)
        if why in (Stop.END, Stop.SHORT):
            if window.advance(position):
                position = 0
                continue
            if window.overrun or (why == Stop.SHORT and any(data[position:])):
                return min(position, len(data)), Stop.SHORT
            return len(data), Stop.END
        if why != Stop.SEQUENCE:
            return position, why
        after = _sequence(result, position, node, context)
        if after is None:
            return len(window.data), Stop.SHORT
        position = after


def _sequence(result: Walk, position: int, node: Node, context: Context) -> int | None:
    """Go through a sequence of the top level, item by item so that only one need be in memory.

    Gives the offset after it in the window, None where the file ends in it. Raises MalformedError, TooLargeError.
    """
    window, hits = result.window, result.hits
    tag, _, length, value = element(window.data, position, context.explicit, context.order)
    entry = node.entries.get(tag)
    if entry is not None and entry.role == Role.PRIVATE:
        entry = context.private(entry)
    position, index = value, 0
    end = None if length == UNDEFINED else window.start + value + length
    while end is None or window.start + position < end:
        mark = len(hits)
        try:
            limit = None if end is None else end - window.start
            position, more = item(window.data, position, limit, entry, index, context)
        except (ShortError, struct.error):
            del hits[mark:]
            if not window.advance(position):
                return None
            position = 0
            continue
        except MalformedError:
            del hits[mark:]
            if end is None:
                raise
            hits.append((entry or IGNORED, b"", Reason.BAD_SEQUENCE, context))
            break
        if not more:
            break
        index += 1
    if entry is not None and entry.tag == FRAME_GROUPS.tag:
        result.frames = index
    return position if end is None else end - window.start
