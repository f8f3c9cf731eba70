"""Who may read a place on this machine."""

from __future__ import annotations

import stat
from pathlib import Path

from eds_spark_imaging.errors import SetupError
from eds_spark_imaging.storage.uri import is_remote, resolved


def closed_to_others(path: str) -> str:
    """A few words on a local folder that its owner and group alone may enter; SetupError where others may.

    A folder within a closed one is closed, a link is as closed as what it leads to. Places of other stores are said not
    to be checked.
    """
    if is_remote(path):
        return f"{path} (remote, not checked)"
    folder = Path(resolved(path))
    there = [place for place in (folder, *folder.parents) if place.exists()]
    if not folder.exists():
        return f"{path} (not there yet)"
    if all(place.stat().st_mode & stat.S_IXOTH for place in there):
        raise SetupError(f"{path}: everybody on this machine may enter it; chmod o-rwx")
    return f"{path}: its owner and group alone"
