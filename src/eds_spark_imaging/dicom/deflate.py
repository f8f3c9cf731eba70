"""Deflated data sets (PS3.5 annex A.5), inflated as far as the header goes and no further."""

from __future__ import annotations

import zlib
from typing import Final

from eds_spark_imaging.dicom.storage import ByteSource
from eds_spark_imaging.dicom.window import BLOCK

MAX_INFLATED: Final = 128 * 1024 * 1024


class InflateError(Exception):
    """The deflated stream is broken, cut, or inflates beyond the limit; ``reason`` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InflatedSource:
    """The inflated bytes from ``offset`` of another source on, for reads that go forward only."""

    def __init__(self, source: ByteSource, offset: int) -> None:
        self._source = source
        self._offset = offset
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._position = 0
        self.size: int | None = None
        self.bytes_read = 0

    def read_at(self, offset: int, length: int) -> bytes:
        """The ``length`` bytes from ``offset``, which is not before the end of the last read. Raises InflateError."""
        while self._position < offset:
            if not self._inflate(min(offset - self._position, BLOCK)):
                return b""
        parts = []
        while length > 0 and (part := self._inflate(length)):
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _inflate(self, length: int) -> bytes:
        """Up to ``length`` next bytes, none at the end of the stream."""
        while not self._inflater.eof:
            packed = self._inflater.unconsumed_tail or self._source.read_at(self._offset, BLOCK)
            if not self._inflater.unconsumed_tail:
                self._offset += len(packed)
                self.bytes_read += len(packed)
            try:
                part = self._inflater.decompress(packed, length)
            except zlib.error:
                raise InflateError("deflate_error") from None
            self._position += len(part)
            if self._position > MAX_INFLATED:
                raise InflateError("header_too_large")
            if part:
                return part
            if not packed:
                raise InflateError("truncated")
        return b""

    def close(self) -> None:
        """Close the source."""
        self._source.close()
