"""Names that files may have on any store, and what a store must make of them."""

from __future__ import annotations

from eds_spark_imaging.storage import Store
from eds_spark_imaging.storage.entries import Entry, Folder

NAMES = (
    "_hidden", ".dot", "a b.dcm", " lead", "100%.dcm", "100%41.dcm", "%2F", "c#1", "q?x=1&y", "x,y", "s;t", "a+b",
    "é.dcm", "e\u0301.dcm", "a=b/c.dcm", "deep/er/f", "é/à b/%2F#.dcm", "\U0001f600", "~t", "back\\slash", "{}", "[x]",
    "star*", "'q\"", "tab\tz", "$HOME", "@at", "!x",
)  # fmt: skip


SECRET = "not-to-be-shown"  # of the environment's credentials


def content(name: str) -> bytes:
    """What the tests write into a file."""
    return f"content of {name}".encode()


def by_level(store: Store, folder: str, root: str) -> list[Entry]:
    """Everything below a folder, listed folder by folder."""
    found: list[Entry] = []
    for each in store.list_folder(folder, root):
        found += by_level(store, each.path, root) if isinstance(each, Folder) else [each]
    return found


def assert_served(store: Store, root: str, names: tuple[str, ...]) -> None:
    """The store lists exactly ``names`` below ``root``, both ways, and reads each as it was written."""
    top = store.locate(root)
    assert isinstance(top, Folder)
    entries = list(store.walk(top.path))
    assert sorted(e.path for e in entries) == sorted(f"{root}/{name}" for name in names)
    assert sorted(by_level(store, top.path, root)) == sorted(entries)
    for entry in entries:
        expected = content(entry.path.removeprefix(f"{root}/"))
        assert (entry.size, entry.problem) == (len(expected), None)
        for size in (entry.size, None):
            source = store.open(entry.path, size)
            assert source.read_at(0, 5) == expected[:5]
            assert source.read_at(3, 1000) == expected[3:]
            assert source.read_at(1000, 10) == b""
            assert source.size == len(expected)
            source.close()
