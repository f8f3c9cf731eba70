"""Sources within sources: what archives and their members are read through."""

from __future__ import annotations

import errno
import gzip
import zipfile
import zlib
from typing import IO, Final

from eds_spark_imaging.dicom.archive.member import ArchiveError
from eds_spark_imaging.dicom.reason import Rejection
from eds_spark_imaging.dicom.storage import ByteSource

CHUNK: Final = 32 * 1024  # a block of the header reader and what stands before it in an archive
KEPT: Final = 1024  # how far back tarfile looks
STEP: Final = 1024 * 1024  # inflated at once where a stream is passed over
FLOOR: Final = 256 * 1024 * 1024  # below it nothing is a bomb
RATIO: Final = 200  # images of one colour shrink more, whole archives of exams do not


class Budget:
    """How much ``size`` packed bytes may inflate to."""

    def __init__(self, size: int) -> None:
        self._left = max(FLOOR, RATIO * size)

    def spend(self, inflated: int) -> None:
        """Count inflated bytes. Raises ArchiveError."""
        self._left -= inflated
        if self._left < 0:
            raise ArchiveError(Rejection.ARCHIVE_BOMB)


class Buffered:
    """A source, and a file to read it by, whose small reads are served from one block.

    Reads that go forward, or back by no more than ``KEPT``, read the source forward only and each byte once; at least
    ``chunk`` bytes at a time. ``most`` is the most that a library may ask for in one piece. ``bytes_read`` counts what
    came from the source.
    """

    def __init__(self, source: ByteSource, most: int, chunk: int = CHUNK) -> None:
        self._source = source
        self._most = most
        self._chunk = chunk
        self._start = 0
        self._data = b""
        self._position = 0
        self.size = source.size
        self.bytes_read = 0

    def read_at(self, offset: int, length: int) -> bytes:
        """The ``length`` bytes from ``offset``, fewer only at the end. Raises OSError."""
        if not self._start <= offset <= self._start + len(self._data):
            self._start, self._data = offset, b""
        end = self._start + len(self._data)
        if (missing := offset + length - end) > 0:
            more = self._source.read_at(end, max(missing, self._chunk))
            self.bytes_read += len(more)
            keep = max(0, offset - KEPT - self._start)
            self._start, self._data = self._start + keep, self._data[keep:] + more
        return self._data[offset - self._start :][:length]

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    # What zipfile, tarfile and gzip ask of a file.

    def read(self, length: int = -1) -> bytes:
        """The next bytes; all the rest where ``length`` is negative or None. Raises ArchiveError, OSError."""
        if length is None or length < 0:
            length = max(0, (self.size or 0) - self._position)
        if length > self._most:
            raise ArchiveError(Rejection.MALFORMED_ARCHIVE)
        data = self.read_at(self._position, length)
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Set the position. Raises OSError."""
        base = (0, self._position, self.size or 0)[whence]
        if base + offset < 0:
            raise OSError(errno.EINVAL, "seek before the beginning")  # as files do, and as zipfile expects
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """The position."""
        return self._position

    def seekable(self) -> bool:
        """It can be read anywhere."""
        return True


class Part:
    """The ``size`` bytes of another source from ``offset`` on; closing it leaves the other open."""

    def __init__(self, source: ByteSource, offset: int, size: int) -> None:
        self._source = source
        self._offset = offset
        self.size: int | None = size
        self._length = size

    def read_at(self, offset: int, length: int) -> bytes:
        """The ``length`` bytes from ``offset``, fewer only at the end. Raises OSError, ArchiveError."""
        length = min(length, self._length - offset)
        data = self._source.read_at(self._offset + offset, length) if length > 0 else b""
        if len(data) < length:
            raise ArchiveError(Rejection.TRUNCATED_ARCHIVE)
        return data

    def close(self) -> None:
        """Nothing to release."""


class Stream:
    """A source over a file that inflates as it is read, from front to back. Raises ArchiveError for what is wrong."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile, budgets: tuple[Budget, ...], size: int | None) -> None:
        self._file = file
        self._budgets = budgets
        self._position = 0
        self.size = size

    def read_at(self, offset: int, length: int) -> bytes:
        """The ``length`` bytes from ``offset``, which is not before what was read; fewer only at the end."""
        if offset < self._position:
            raise ArchiveError(Rejection.MALFORMED_ARCHIVE)
        while self._position < offset:
            if not self._read(min(STEP, offset - self._position)):
                return b""
        pieces = []
        while length > 0 and (piece := self._read(min(STEP, length))):
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read(self, length: int) -> bytes:
        try:
            data = self._file.read(length)
        except EOFError:
            raise ArchiveError(Rejection.TRUNCATED_ARCHIVE) from None
        except (zlib.error, gzip.BadGzipFile, zipfile.BadZipFile):
            raise ArchiveError(Rejection.MALFORMED_ARCHIVE) from None
        self._position += len(data)
        for budget in self._budgets:
            budget.spend(len(data))
        return data
