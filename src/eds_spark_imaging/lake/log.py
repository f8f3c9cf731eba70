"""What a table's log tells, read from a folder of this machine without Spark.

Delta asks Spark two queries for the files of a table whenever it has a new version: half a second each, a quarter of
what a run over little data took. The format: github.com/delta-io/delta, PROTOCOL.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow.parquet as pq
from pyarrow import ArrowException

_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\.parquet")
_MOST_BYTES = 4 * 1024 * 1024  # of log: from there on Spark is faster
# What a reader of the files alone must know of; ours have no deletion vectors and no mapped columns.
_FEATURES = frozenset({"timestampNtz"})
_DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, ArrowException)
_NO_FEATURES = 1  # the protocol of readers without any


@dataclass(frozen=True)
class LogState:
    """A version of a table: its columns as JSON, its files and their bytes.

    ``known`` tells that its protocol asks nothing of readers that we do not know, ``parted`` that the names of folders
    hold values of its rows.
    """

    version: int = -1
    schema: str = ""
    files: Mapping[str, int] = field(default_factory=dict)
    known: bool = False
    parted: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the rows of the table are those of its files, whole and as they stand."""
        return self.known and not self.parted

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(self.files.values())

    def after(self, version: int, actions: Iterable[Mapping[str, Any]]) -> LogState:
        """The state that a commit, or a checkpoint, makes of this one."""
        files, state = dict(self.files), replace(self, version=version)
        for action in actions:
            if (added := action.get("add")) is not None:
                files[unquote(added["path"])] = added["size"]
            elif (removed := action.get("remove")) is not None:
                files.pop(unquote(removed["path"]), None)
            elif (metadata := action.get("metaData")) is not None:
                state = replace(state, schema=metadata["schemaString"], parted=bool(metadata["partitionColumns"]))
            elif (protocol := action.get("protocol")) is not None:
                features = set(protocol.get("readerFeatures") or ())
                known = features <= _FEATURES if features else protocol["minReaderVersion"] == _NO_FEATURES
                state = replace(state, known=known)
        return replace(state, files=files)


class TableLog:
    """The log of the table in ``folder``; what has been read of it is not read again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "_delta_log"
        self._known: LogState | None = None

    def newest(self) -> int:
        """The number of the last commit, -1 where there is none."""
        return max(self._numbers(_COMMIT), default=-1)

    def state(self, version: int | None = None) -> LogState | None:
        """The table at a version, by default the newest; None where the log is long or damaged, which is for Delta."""
        try:
            return self._read(self.newest() if version is None else version)
        except _DAMAGED:
            return None

    def _read(self, version: int) -> LogState | None:
        known = self._known
        if known is None or known.version > version:
            whole = max((n for n in self._numbers(_CHECKPOINT) if n <= version), default=None)
            known = LogState() if whole is None else LogState().after(whole, self._checkpoint(whole))
        commits = [(n, self._folder / f"{n:020}.json") for n in range(known.version + 1, version + 1)]
        if sum(path.stat().st_size for _, path in commits) > _MOST_BYTES:
            return None
        for number, path in commits:
            known = known.after(number, map(json.loads, path.read_bytes().splitlines()))
        self._known = known
        return known

    def _checkpoint(self, version: int) -> Iterator[Mapping[str, Any]]:
        """The actions of a checkpoint in one file. ValueError where it is large."""
        path = self._folder / f"{version:020}.checkpoint.parquet"
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("large")
        columns = ["protocol", "metaData.schemaString", "metaData.partitionColumns", "add.path", "add.size"]
        for row in pq.ParquetFile(path).read(columns=columns).to_pylist():
            yield {name: action for name, action in row.items() if action is not None}

    def _numbers(self, pattern: re.Pattern[str]) -> Iterator[int]:
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if found := pattern.fullmatch(path.name):
                    yield int(found[1])
