"""A bounded view of a source that moves forward with the scanner, and the digest of what was seen."""

from __future__ import annotations

import hashlib

from eds_spark_imaging.storage.source import ByteSource

BLOCK = 16 * 1024  # covers 3 of 4 real headers in one read
DIGEST_SIZE = 16  # bytes
MAX_READ = 4 * 1024 * 1024  # unless more is needed
MAX_WINDOW = 32 * 1024 * 1024  # one element that must be seen whole
MAX_HEADER = 256 * 1024 * 1024  # contours of 90 MB were met; bounds the time spent on hostile files


class TooLargeError(Exception):
    """The header, or one element that must be seen whole, is above the limits."""


class Window:
    """The bytes ``data`` of a source from offset ``start`` on.

    Each read is half of what was read before (at least a block), so no more than 1.5 times the header and a block
    are read, in a number of reads that grows with the logarithm of the header.
    """

    __slots__ = ("_digest", "_source", "bytes_read", "complete", "data", "overrun", "start")

    def __init__(self, source: ByteSource, first: bytes | None = None) -> None:
        """``first`` is the first block, where it was read already. Raises OSError."""
        self._source = source
        self._digest = hashlib.blake2b(digest_size=DIGEST_SIZE)
        self.data = source.read_at(0, BLOCK) if first is None else first
        self.start = 0
        self.bytes_read = len(self.data)
        self.complete = self.bytes_read < BLOCK
        self.overrun = False

    @property
    def size(self) -> int | None:
        """Bytes from the window's start to the end of the source, where that is known."""
        if self.complete:
            return len(self.data)
        size = self._source.size
        return None if size is None else size - self.start

    def advance(self, position: int, need: int = 0) -> bool:
        """Move the window's start to ``data[position]`` and read on, ``need`` bytes in all if more than usual.

        A position beyond the data skips without reading. False where the source ends: the window then stays as it
        is, and ``overrun`` says whether the position is beyond the end. Raises TooLargeError.
        """
        held = len(self.data)
        if self.complete:
            self.overrun = position > held
            return False
        kept = self.data[position:]
        if len(kept) >= MAX_WINDOW or self.bytes_read >= MAX_HEADER:
            raise TooLargeError
        # After a skip, the byte before the position is read too: it tells whether the position is within the file.
        gap = 1 if position > held else 0
        offset = self.start + max(position, held) - gap
        length = max(BLOCK, min(self.bytes_read // 2, MAX_READ), need - len(kept))
        length = min(length, MAX_WINDOW - len(kept)) + gap
        more = self._source.read_at(offset, length)
        self.bytes_read += len(more)
        self.complete = len(more) < length
        self.overrun = gap > len(more)
        more = more[gap:]
        if not more:
            return False
        self._digest.update(self.data[:position])
        self.data = kept + more
        self.start += position
        return True

    def digest(self, position: int) -> str:
        """The digest (BLAKE2b, 16 bytes, hexadecimal) of all the bytes before ``data[position]`` that were read."""
        self._digest.update(self.data[:position])
        return self._digest.hexdigest()
