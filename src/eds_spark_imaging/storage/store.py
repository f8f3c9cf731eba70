"""What a store does: list folders, and open files for ranged reads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar, Self, cast

from eds_spark_imaging.storage.entries import Entry, Folder
from eds_spark_imaging.storage.retry import Retry
from eds_spark_imaging.storage.source import ByteSource


class Store(ABC):
    """A file system or object store. Pickled as its place: clients and credentials are made anew in each process.

    Errors are OSErrors: FileNotFoundError, PermissionError, or another one; their texts hold no credentials.
    """

    concurrency: ClassVar[int] = 1
    """Reads at once that pay off in one task."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.retry = Retry()

    @classmethod
    def at(cls, place: str) -> Self:
        """The one store of this process for ``place``."""
        return cast(Self, made(cls, place))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).at, (self.place,)

    @abstractmethod
    def locate(self, root: str) -> Entry | Folder:
        """What ``root`` is, in the form that this store lists. Raises OSError, FileNotFoundError where it is not."""

    @abstractmethod
    def list_folder(self, folder: str, root: str) -> Iterator[Entry | Folder]:
        """The entries of one folder, as they come. A folder that can't be listed is itself an entry, the last one.

        ``root`` is the root of the source: a link to a folder is followed where it leads out of the source, to a
        folder that is neither above the root nor in one that a link on its own way led to.
        """

    @abstractmethod
    def open(self, path: str, size: int | None = None) -> ByteSource:
        """The source of one file, not opened yet; with ``size``, its length need not be asked for."""

    def walk(self, folder: str, root: str | None = None) -> Iterator[Entry]:
        """Every entry below ``folder``, which lies in the source at ``root`` (itself where that is not given)."""
        pending = [folder]
        while pending:
            for found in self.list_folder(pending.pop(), root or folder):
                if isinstance(found, Folder):
                    pending.append(found.path)
                else:
                    yield found


@cache
def made(kind: type[Store], place: str) -> Store:
    """The stores of this process."""
    return kind(place)
