"""Whether there is little to do, told from the folders of this machine before Spark starts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable

from eds_spark_imaging.config import Config

_BYTES = 64 * 1024 * 1024  # of the lake, and of the base centrale
_FILES = 20_000  # of the sources, large ones and archives counted by their size
_FILE_BYTES = 512 * 1024
_SECONDS = 1.0  # for looking


def is_small(config: Config, *, sources: bool = False) -> bool:
    """True where the lake, and with ``sources`` these and the base centrale, are local folders with little in them.

    Java and Spark then need not compile what they run, which would take longer than the work.
    """
    lake, warehouse, end = config.lake, config.warehouse, time.monotonic() + _SECONDS
    if lake is None or lake.path is None or (sources and warehouse and warehouse.path is None):
        return False
    places = [lake.path]
    if sources:
        places += [warehouse.path] if warehouse and warehouse.path else []
        places += [source.inventory for source in config.sources if source.inventory]
    roots = [source.root for source in config.sources] if sources else []
    return _is_within(places, _BYTES, lambda size: size, end) and _is_within(
        roots, _FILES, lambda size: max(1, size // _FILE_BYTES), end
    )


def _is_within(roots: Iterable[str], most: int, weight: Callable[[int], int], end: float) -> bool:
    total = 0
    folders = list(roots)
    if any("://" in folder for folder in folders):
        return False
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        total += weight(entry.stat(follow_symlinks=False).st_size)
                        if total > most or time.monotonic() > end:
                            return False
        except NotADirectoryError:
            total += weight(os.stat(folder).st_size)
        except FileNotFoundError:  # it will be made, or a check will say so
            pass
        except OSError:
            return False
    return total <= most
