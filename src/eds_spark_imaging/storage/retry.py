"""Reads that fail for a passing reason are repeated, with growing pauses."""

from __future__ import annotations

import errno
import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from eds_spark_imaging.storage.source import ByteSource

ATTEMPTS: Final = 4  # the first one and three repeats
PAUSES: Final = (0.25, 1.0, 4.0)  # seconds before each repeat, times 0.5 to 1.5 so that tasks do not come back at once
PATIENCE: Final = 20  # operations given up in a row, after which a store that is down is tried once an operation

Result = TypeVar("Result")

_LASTING = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
_LASTING_NUMBERS = frozenset(
    (errno.EINVAL, errno.ELOOP, errno.ENAMETOOLONG, errno.ENODEV, errno.ENOTSUP, errno.ENXIO, errno.ESPIPE)
)


def is_passing(error: OSError) -> bool:
    """True where the same read may succeed later: a stale handle, a time-out, a busy server, a broken connection."""
    return not isinstance(error, _LASTING) and error.errno not in _LASTING_NUMBERS


class Retry:
    """Repeats operations on one store. ``sleep`` takes seconds; tests put their own."""

    def __init__(self, sleep: Callable[[float], object] = time.sleep) -> None:
        self._sleep = sleep
        self._given_up = 0  # in a row; threads may miscount, which only moves the limit

    def __call__(self, operation: Callable[[], Result]) -> Result:
        """The result of ``operation``. The last OSError where no attempt succeeds or the reason lasts."""
        try:
            result = operation()
        except OSError as error:
            result = self.repeat(error, operation)
        self._given_up = 0
        return result

    def repeat(self, error: OSError, operation: Callable[[], Result]) -> Result:
        """The result of one of the attempts after the first one, which failed with ``error``."""
        for pause in PAUSES[: ATTEMPTS - 1]:
            if not is_passing(error):
                raise error
            if self._given_up >= PATIENCE:
                break
            self._sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
            try:
                result = operation()
            except OSError as new:
                error = new
            else:
                self._given_up = 0
                return result
        self._given_up += is_passing(error)
        raise error


class Retrying:
    """A source whose failed reads are repeated; it is closed before, since a stale handle stays stale."""

    __slots__ = ("_retry", "_source")

    def __init__(self, source: ByteSource, retry: Retry) -> None:
        self._source = source
        self._retry = retry

    @property
    def size(self) -> int | None:
        """Length in bytes, or None where it is not known in advance. Raises OSError."""
        try:
            return self._source.size
        except OSError as error:
            return self._retry.repeat(error, self._size_anew)

    def read_at(self, offset: int, length: int) -> bytes:
        """The ``length`` bytes from ``offset``, fewer only at the end. Raises OSError."""
        try:
            return self._source.read_at(offset, length)
        except OSError as error:
            return self._retry.repeat(error, lambda: self._read_anew(offset, length))

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def _size_anew(self) -> int | None:
        self._source.close()
        return self._source.size

    def _read_anew(self, offset: int, length: int) -> bytes:
        self._source.close()
        return self._source.read_at(offset, length)
