"""Beginnings of headers that were met before: the same elements, and most of the values the same too.

The files of a series are alike. A template keeps the beginning of one header in mind, and which of its values, and
which of their lengths, were others in other files. Where a file has the same bytes everywhere else, all that they say
is known: only the values that vary are taken out and decoded, and the scanner goes on behind them.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, NamedTuple

from eds_spark_imaging.dicom.element_values import MAX_ISSUES
from eds_spark_imaging.dicom.parser.data_set import DataSet, Hit
from eds_spark_imaging.dicom.parser.plan import PIXELS
from eds_spark_imaging.dicom.parser.walk import walk_on
from eds_spark_imaging.dicom.parser.window import DIGEST_SIZE
from eds_spark_imaging.dicom.resolve import Resolution
from eds_spark_imaging.dicom.result import Header, HeaderStatus
from eds_spark_imaging.dicom.templates.leaves import MARGIN
from eds_spark_imaging.dicom.templates.outline import BEGIN, LONGEST
from eds_spark_imaging.dicom.values.charset import Charset
from eds_spark_imaging.storage.source import ByteSource

Charsets = tuple[str | None, Charset | None]  # the default, and what overrides all others

_LENGTHS: Final = {2: struct.Struct("<H").unpack_from, 4: struct.Struct("<L").unpack_from}


class ElsewhereError(Exception):
    """Behind a template there is something of attributes that were taken to be settled by it."""

    def __init__(self, attributes: Collection[int]) -> None:
        super().__init__()
        self.attributes = attributes


class Segment(NamedTuple):
    """``size`` bytes up to a value whose length varies; the length stands in the next ``form`` bytes, none at the end.

    ``fixed`` gives the bytes that must be ``expected``, ``varied`` the values that vary within their lengths. The value
    behind is ``taken`` where it is declared.
    """

    fixed: struct.Struct
    expected: tuple[bytes, ...]
    varied: struct.Struct
    size: int
    form: int
    taken: bool


class Stretch(NamedTuple):
    """The content of a sequence or item whose length varies: where it begins and ends, by segment and offset in it."""

    first: int
    start: int
    last: int
    stop: int


@dataclass(frozen=True)
class Template:
    """The beginning of files, behind which the tag ``behind`` follows.

    The segments settle the attributes ``settled``, whose values are in ``common``, and give the values of ``taken``. Of
    the same attributes as these is what stays the same, but is needed to choose: ``constant``, with its place among
    them. ``context`` is the data set's where the scanner goes on.
    """

    segments: tuple[Segment, ...]
    stretches: tuple[Stretch, ...]
    head: int  # bytes of the last segment that are those of the element behind
    behind: int
    taken: tuple[Hit, ...]
    constant: tuple[tuple[int, Hit], ...]
    settled: frozenset[int]
    common: Header
    context: DataSet
    charsets: Charsets

    def values(self, data: bytes) -> tuple[list[bytes], int] | None:
        """The value fields that vary in a file that begins like this, and where it ends; None for other files."""
        position, starts, raws = BEGIN, [], list[bytes]()
        try:
            for fixed, expected, varied, size, form, taken in self.segments:
                if fixed.unpack_from(data, position) != expected:
                    return None
                raws += varied.unpack_from(data, position)
                starts.append(position)
                position += size
                if form:
                    (length,) = _LENGTHS[form](data, position)
                    if length > LONGEST:
                        return None
                    value = position + form
                    position = value + length
                    if taken:
                        raws.append(data[value:position])
        except struct.error:
            return None
        length = position - self.head
        if length + MARGIN > len(data):
            return None
        for first, start, last, stop in self.stretches:
            begin = starts[first] + start
            (told,) = _LENGTHS[4](data, begin - 4)
            if told > LONGEST or told != starts[last] + stop - begin:
                return None
        return raws, length

    def header(self, source: ByteSource, data: bytes, raws: list[bytes], length: int) -> Header | None:
        """The header of such a file; None where it has to be read in the usual way. Raises ElsewhereError, OSError."""
        hits: list[Hit] = [
            (entry, vr, raw, context) for (entry, vr, _, context), raw in zip(self.taken, raws, strict=True)
        ]
        for place, hit in self.constant:
            hits.insert(place, hit)
        if self.behind in PIXELS:
            header = Header(HeaderStatus.PARSED, has_preamble=True, has_pixel_data=True)
            header.header_bytes = length
            header.bytes_read = len(data)
            header.digest = blake2b(data[:length], digest_size=DIGEST_SIZE).hexdigest()
            Resolution(header, hits, *self.charsets).resolve()
        else:
            known = len(hits)
            found = walk_on(source, data, length, self.context.in_other_file(hits))
            if not self._fits(hits[known:]):
                return None
            header = found.header()
            Resolution(header, hits, *self.charsets, found.frames).resolve(found.oddities)
            hits.clear()
        return self._with_common(header)

    def _fits(self, hits: Iterable[Hit]) -> bool:
        """Whether the tags of what was found behind still ascend. Raises ElsewhereError."""
        entries = {hit[0] for hit in hits}
        elsewhere = self.settled.intersection(slot.group for entry in entries for slot in entry.slots)
        if elsewhere:
            raise ElsewhereError(elsewhere)
        return all(entry.tag >= self.behind for entry in entries if entry.top)

    def _with_common(self, header: Header) -> Header | None:
        header.issues = self.common.issues + header.issues
        if len(header.issues) > MAX_ISSUES:
            return None
        header.offsets = {**self.common.offsets, **header.offsets}
        header.share(self.common.values)
        return header
