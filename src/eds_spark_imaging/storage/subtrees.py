"""A tree cut into subtrees, so that tasks can share its listing."""

from __future__ import annotations

from itertools import islice

from eds_spark_imaging.storage.entries import Entry, Folder, Problem
from eds_spark_imaging.storage.store import Store


def top_of(store: Store, root: str, wanted: int, limit: int) -> tuple[list[Entry], list[Folder]]:
    """Cut a tree into about ``wanted`` subtrees: the entries above them, and their roots.

    Looks at ``limit`` entries and folders at the most; a folder that holds more is left whole. A root that is not
    there, or cannot be read, is an entry with its problem.
    """
    try:
        found = store.locate(root)
    except OSError:
        return [Entry(root.rstrip("/") or root, None, None, Problem.UNREADABLE_FOLDER)], []
    if isinstance(found, Entry):
        return [found], []
    entries: list[Entry] = []
    level = [found]
    while level and len(level) < wanted:
        deeper: list[Folder] = []
        for position, folder in enumerate(level):
            listed = list(islice(store.list_folder(folder.path, found.path), limit + 1))
            if len(listed) > limit:
                return entries, deeper + level[position:]
            limit -= len(listed)
            entries += [e for e in listed if isinstance(e, Entry)]
            deeper += [f for f in listed if isinstance(f, Folder)]
        level = deeper
    return entries, level
