"""Sources within sources: what archives and their members are read through.

No source raises on content: what cannot be read ends early, and ``fault`` says why.
"""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
import zlib
from typing import Final

from eds_spark_imaging.archives.fault import ArchiveFault
from eds_spark_imaging.storage.source import ByteSource

BLOCK: Final = 20 * 1024  # a block of the header reader and what stands before it in an archive
SMALL: Final = 128 * 1024  # up to here an archive is read at once: to look for the end of a zip costs as much
STEP: Final = 64 * 1024  # inflated at once
KEPT: Final = 64 * 1024  # how far back a stream can be read again
FLOOR: Final = 256 * 1024 * 1024  # below it no archive is a bomb,
MEMBER_FLOOR: Final = 64 * 1024 * 1024  # and no member
RATIO: Final = 200  # images of one colour shrink more, whole archives of exams do not


class TooMuchError(Exception):
    """A library asks for more of an archive than it may."""


class Budget:
    """How much ``packed`` bytes may inflate to; what is left of it."""

    def __init__(self, packed: int, floor: int = FLOOR) -> None:
        self.left = max(floor, RATIO * packed)


class Buffered:
    """A source whose small reads are served from one block: going forward, each byte is read once.

    The end is kept beside it, where a zip is looked into several times before its members are read.

    ``bytes_read`` counts what came from the source; ``failed`` is set when it raised OSError.
    """

    fault: ArchiveFault | None = None

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._start = 0
        self._data = b""
        self._tail = b""
        self.size = source.size
        self.block = self.size if self.size is not None and self.size <= SMALL else BLOCK
        self.bytes_read = 0
        self.failed = False

    def read_at(self, offset: int, length: int) -> bytes:
        """The ``length`` bytes from ``offset``, fewer only at the end. Raises OSError."""
        size = sys.maxsize if self.size is None else self.size
        end = min(offset + length, size)
        if self._tail and size - len(self._tail) <= offset < end:
            return self._tail[offset - size : end - size or None]
        if offset < end and not self._start <= offset < end <= self._start + len(self._data):
            self._fill(offset, end, size)
        position = offset - self._start
        return self._data[position : position + length] if offset < end else b""

    def _fill(self, offset: int, end: int, size: int) -> None:
        if self._start <= offset <= self._start + len(self._data):
            start, kept = offset, self._data[offset - self._start :]
        else:
            start, kept = max(0, min(offset, size - self.block)), b""  # the last block is taken whole
        first = start + len(kept)
        try:
            more = self._source.read_at(first, max(end - first, self.block))
        except OSError:
            self.failed = True
            raise
        self.bytes_read += len(more)
        self._start, self._data = start, kept + more
        if len(self._tail) < len(self._data) <= SMALL and start + len(self._data) == size:
            self._tail = self._data

    def close(self) -> None:
        """Nothing to release: the source is closed by whom it was given to."""


class Stream:
    """A source over a file that inflates as it is read, from front to back; a read may begin ``KEPT`` bytes back.

    No more is inflated than is asked for, or ``least`` bytes, nor than the budgets have left.
    """

    def __init__(self, file: io.BufferedIOBase, size: int | None, budgets: tuple[Budget, ...], least: int = 1) -> None:
        self._file = file
        self._budgets = budgets
        self._least = least
        self._start = 0
        self._held = bytearray()
        self._ended = False
        self.size = size
        self.fault: ArchiveFault | None = None
        # Only the size of a member is known.
        self._cut = ArchiveFault.TRUNCATED_ARCHIVE if size is None else ArchiveFault.MALFORMED_MEMBER
        self._damaged = ArchiveFault.MALFORMED_ARCHIVE if size is None else ArchiveFault.MALFORMED_MEMBER

    def read_at(self, offset: int, length: int) -> bytes:
        """The ``length`` bytes from ``offset``, fewer only at the end. Raises OSError."""
        if offset < self._start:
            self.fault = self._damaged
            return b""
        while (missing := offset + length - self._start - len(self._held)) > 0 and self._inflate(missing):
            if (excess := min(offset - KEPT - self._start, len(self._held))) > KEPT:
                del self._held[:excess]
                self._start += excess
        position = offset - self._start
        return bytes(self._held[position : position + length])

    def _inflate(self, length: int) -> bool:
        """Up to ``length`` bytes more; false at the end."""
        if any(budget.left < 0 for budget in self._budgets):
            self.fault = ArchiveFault.ARCHIVE_BOMB
        if self._ended or self.fault is not None:
            return False
        try:
            data = self._file.read1(max(min(length, STEP), self._least))
        except EOFError:
            self.fault = self._cut
            return False
        except (zlib.error, gzip.BadGzipFile, zipfile.BadZipFile):
            self.fault = self._damaged
            return False
        for budget in self._budgets:
            budget.left -= len(data)
        self._held += data
        self._ended = not data
        if self._ended and self.size is not None and self._start + len(self._held) < self.size:
            self.fault = self._cut
        return not self._ended

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Section:
    """The ``size`` bytes of another source from ``offset`` on; closing it leaves the other open."""

    def __init__(self, source: Buffered | Stream, offset: int, size: int) -> None:
        self._source = source
        self._offset = offset
        self._length = size
        self.size: int | None = size
        self.fault: ArchiveFault | None = None

    def read_at(self, offset: int, length: int) -> bytes:
        """The ``length`` bytes from ``offset``, fewer only at the end. Raises OSError."""
        length = max(0, min(length, self._length - offset))
        data = self._source.read_at(self._offset + offset, length)
        if len(data) < length:
            self.fault = self._source.fault or ArchiveFault.TRUNCATED_ARCHIVE
        return data

    def close(self) -> None:
        """Nothing to release."""


class ArchiveFile(io.RawIOBase):
    """A source as the file that `zipfile`, `tarfile` and `gzip` read; ``left`` is how much more they may ask for.

    ``short`` is set while the last read met the end.
    """

    def __init__(self, source: Buffered | Stream, left: int = sys.maxsize) -> None:
        super().__init__()
        self._source = source
        self._position = 0
        self.left = left
        self.short = False

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes, all the rest where ``size`` is negative. Raises OSError, TooMuchError."""
        if size is None or size < 0:
            size = max(0, (self._source.size or 0) - self._position)
        self.left -= size
        if self.left < 0:
            raise TooMuchError
        data = self._source.read_at(self._position, size)
        self._position += len(data)
        self.short = len(data) < size
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Set the position. Raises OSError where it is before the beginning."""
        position = offset + (0, self._position, self._source.size or 0)[whence]
        if position < 0:
            raise io.UnsupportedOperation("seek before the beginning")
        self._position = position
        return position

    def tell(self) -> int:
        """The position."""
        return self._position

    def seekable(self) -> bool:
        """True: any position can be set, though a stream cannot be read from any."""
        return True
