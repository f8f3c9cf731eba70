"""Deflated data sets (PS3.5 annex A.5), inflated as far as the header goes and no further."""

from __future__ import annotations

import zlib
from typing import Final

from eds_spark_imaging.dicom.parser.window import BLOCK, TooLargeError
from eds_spark_imaging.dicom.reason import Rejection
from eds_spark_imaging.storage.source import ByteSource

MAX_INFLATED: Final = 128 * 1024 * 1024


class InflatedSource:
    """The inflated bytes from ``offset`` of another source on, for reads that go forward only.

    They end where the stream does, or where it cannot be followed: ``fault`` then says why.
    """

    def __init__(self, source: ByteSource, offset: int) -> None:
        self._source = source
        self._offset = offset
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._position = 0
        self.size: int | None = None
        self.bytes_read = 0
        self.fault: Rejection | None = None

    def read_at(self, offset: int, length: int) -> bytes:
        """The ``length`` bytes from ``offset``, which is not before the end of the last read.

        Raises OSError, and TooLargeError where a skip inflates beyond the limit.
        """
        while self._position < offset:
            if not self._inflate(min(offset - self._position, BLOCK)):
                return b""
        parts = []
        while length > 0 and (part := self._inflate(length)):
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _inflate(self, length: int) -> bytes:
        """Up to ``length`` next bytes, none at the end."""
        while not self._inflater.eof and self.fault is None:
            packed = self._inflater.unconsumed_tail
            if not packed:
                packed = self._source.read_at(self._offset, BLOCK)
                self._offset += len(packed)
                self.bytes_read += len(packed)
            try:
                part = self._inflater.decompress(packed, length)
            except zlib.error:
                self.fault = Rejection.DEFLATE_ERROR
                break
            self._position += len(part)
            if self._position > MAX_INFLATED:
                raise TooLargeError
            if part:
                return part
            if not packed:
                self.fault = Rejection.TRUNCATED
        return b""

    def close(self) -> None:
        """Close the source."""
        self._source.close()
