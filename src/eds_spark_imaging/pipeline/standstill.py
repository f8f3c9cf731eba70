"""Whether a whole run would find everything as the last one left it, told by names, sizes and times of files.

Each job finds out by itself that there is nothing to do. Together that takes longer than Spark needs to start, so where
all that a run reads is little and lies on this machine, it is looked at as one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import eds_spark_imaging
from eds_spark_imaging.config import Config
from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.releases import current_versions
from eds_spark_imaging.spark.hadoop import local_folder

_KEPT = "_standstill"  # in the lake's folder
_NOT_READ = ("lake", "export", "projects", "spark")  # sections that name nothing that a run reads


@dataclass(frozen=True)
class Standstill:
    """All that a whole run reads: a hash of its ``inputs``, and the ``versions`` of the tables."""

    inputs: str
    versions: Mapping[str, int]

    @classmethod
    def now(cls, config: Config, lake: Lake) -> Standstill | None:
        """The state now; None where not all of it lies on this machine, or some of it cannot be looked at."""
        try:
            inputs = _inputs(config) if local_folder(lake.root) else None
        except (OSError, ValueError):  # a text with a null byte is no path
            return None
        return cls(inputs, current_versions(lake)) if inputs else None

    @classmethod
    def kept(cls, lake: Lake) -> Standstill | None:
        """What the last whole run left; None where there is none, or it cannot be read."""
        try:
            return cls(**json.loads(_file(lake).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def keep(self, lake: Lake) -> None:
        """At the end of a whole run, for who holds the lake: these inputs made the tables that there are now."""
        part = _file(lake).with_suffix(".part")
        part.write_text(json.dumps(asdict(replace(self, versions=current_versions(lake)))))
        part.replace(_file(lake))


def _file(lake: Lake) -> Path:
    return Path(str(local_folder(lake.root)), _KEPT)


def _inputs(config: Config) -> str | None:
    """Of the configuration with all files that it names, this package, and the month, with which a coverage ends.

    Raises OSError where something cannot be looked at.
    """
    texts = list(_texts({name: value for name, value in asdict(config).items() if name not in _NOT_READ}))
    if any("://" in text for text in texts) or (config.warehouse and config.warehouse.path is None):
        return None
    digest = hashlib.blake2b(f"{config.fingerprint} {dt.date.today():%Y-%m}".encode(), digest_size=16)
    for place in (os.path.dirname(eds_spark_imaging.__file__), *filter(os.path.isabs, texts)):
        for path, state in _files(place):
            digest.update(os.fsencode(path) + str(state).encode())
    return digest.hexdigest()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _files(place: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every file in the place with what changes when it does. OSError for a link to a folder, which may be a circle."""
    if not os.path.isdir(place):
        yield place, _state(place)
        return
    with os.scandir(place) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if not entry.is_dir():
            yield entry.path, _state(entry.path)
        elif entry.is_symlink():
            raise OSError("a link to a folder")
        elif entry.name != "__pycache__":
            yield from _files(entry.path)


def _state(path: str) -> tuple[int, ...]:
    """Nothing of what is not there: an absent file may come, and a text need not be a path."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return ()
    return status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns
