"""Where the bytes of a file come from: ranged reads, so that only the header is read."""

from __future__ import annotations

import os
from typing import Protocol


class ByteSource(Protocol):
    """A file or archive member, read by ranges."""

    @property
    def size(self) -> int | None:
        """Length in bytes, or None where it is not known in advance."""

    def read_at(self, offset: int, length: int) -> bytes:
        """The ``length`` bytes from ``offset``, fewer only at the end. Raises OSError."""

    def close(self) -> None:
        """Release what the source holds; a closed source is not read again."""


class BytesSource:
    """A file that is in memory already."""

    __slots__ = ("_data", "size")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size: int | None = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        """The ``length`` bytes from ``offset``, fewer only at the end."""
        return self._data[offset : offset + length]

    def close(self) -> None:
        """Nothing to release."""


class LocalFile:
    """A file of a local or mounted file system, opened at the first read."""

    __slots__ = ("_descriptor", "_path")

    # Without O_NONBLOCK, opening a named pipe waits for ever for its writer.
    _FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = path
        self._descriptor = -1

    def _open(self) -> int:
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, self._FLAGS)
        return self._descriptor

    @property
    def size(self) -> int | None:
        """Length in bytes. Raises OSError."""
        return os.fstat(self._open()).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        """The ``length`` bytes from ``offset``, fewer only at the end. Raises OSError."""
        descriptor = self._open()
        data = os.pread(descriptor, length, offset)
        while 0 < len(data) < length:  # network file systems may return less before the end
            more = os.pread(descriptor, length - len(data), offset + len(data))
            if not more:
                break
            data += more
        return data

    def close(self) -> None:
        """Close the file if it was opened."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
