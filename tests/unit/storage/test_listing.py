import os
from itertools import permutations
from pathlib import Path

import pytest

from eds_spark_imaging.storage import store_of
from eds_spark_imaging.storage.entries import Folder, Problem
from eds_spark_imaging.storage.subtrees import top_of
from eds_spark_imaging.workers.folders import WORK, list_level, list_trees, row_of, work_batch

LOCAL = store_of("/")


def found(root: Path) -> dict[str, str | None]:
    return {entry.path.removeprefix(f"{root}/"): entry.problem for entry in LOCAL.walk(str(root))}


def tree(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_names_that_spark_hides_or_escapes_are_listed_as_they_are(tmp_path: Path) -> None:
    names = ["_hidden", ".dot", "a b.dcm", "100%.dcm", "c#1", "x,y", "é.dcm", "a=b/c.dcm", "deep/er/file"]
    tree(tmp_path, *names)
    assert found(tmp_path) == dict.fromkeys(names)


def test_size_and_time_are_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"12345")
    os.utime(file, ns=(1, 1_700_000_000_123_456_789))
    (entry,) = LOCAL.walk(str(tmp_path))
    assert (entry.size, entry.modified) == (5, 1_700_000_000_123_456_789)


def linked(tmp_path: Path) -> Path:
    """A tree with links: to a file, to a folder outside, to nothing, upwards, and between two folders in a ring."""
    inside, outside = tmp_path / "root", tmp_path / "elsewhere"
    tree(outside, "f")
    tree(inside, "g", "a/h", "b/i")
    (inside / "to_file").symlink_to(outside / "f")
    (inside / "to_folder").symlink_to(outside)
    (inside / "broken").symlink_to(tmp_path / "nothing")
    (inside / "up").symlink_to(tmp_path)
    (outside / "around").symlink_to(outside)
    (inside / "a" / "to_b").symlink_to(inside / "b")
    (inside / "b" / "to_a").symlink_to(inside / "a")
    return inside


LINKED = {
    "g": None,
    "to_file": None,
    "to_folder/f": None,
    "broken": Problem.BROKEN_LINK,
    "a/h": None,
    "b/i": None,
}


def test_links_out_of_the_tree_are_followed_and_what_is_in_it_is_listed_once(tmp_path: Path) -> None:
    assert found(linked(tmp_path)) == LINKED


def test_links_out_of_the_tree_may_lead_on(tmp_path: Path) -> None:
    tree(tmp_path, "root/f", "disk/f", "old/f")
    (tmp_path / "root" / "disk").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "old").symlink_to(tmp_path / "old")
    (tmp_path / "old" / "back").symlink_to(tmp_path / "disk")
    (tmp_path / "old" / "home").symlink_to(tmp_path / "root")
    assert found(tmp_path / "root") == dict.fromkeys(["f", "disk/f", "disk/old/f"])


@pytest.mark.parametrize("inside", [True, False])
def test_folders_that_link_to_each_other_are_listed_in_little_time(tmp_path: Path, inside: bool) -> None:
    """Following each link but those on its own way would give some 10 ** 12 entries."""
    folders = [f"root/{n}" if inside else f"elsewhere/{n}" for n in range(15)]
    tree(tmp_path, "root/f", *[f"{folder}/f" for folder in folders])
    for one, other in permutations(folders, 2):
        (tmp_path / one / f"to{Path(other).name}").symlink_to(tmp_path / other)
    if inside:
        assert found(tmp_path / "root") == dict.fromkeys(["f", *[f"{n}/f" for n in range(15)]])
    else:
        (tmp_path / "root" / "out").symlink_to(tmp_path / folders[0])
        third = {f"out/to{n}/to{m}": Problem.LINK_NOT_FOLLOWED for n, m in permutations(range(1, 15), 2)}
        listed = dict.fromkeys(["f", "out/f", *[f"out/to{n}/f" for n in range(1, 15)]])
        assert found(tmp_path / "root") == listed | third


def test_special_files_are_not_to_be_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert found(tmp_path) == {"pipe": Problem.SPECIAL_FILE}


def undecodable(folder: Path, name: bytes) -> Path:
    """A file in a folder whose name is no UTF-8."""
    try:
        os.mkdir(os.fsencode(folder) + b"/" + name)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    path = folder / os.fsdecode(name)
    tree(path, "f")
    return path


def test_a_name_that_is_no_utf8_is_accounted_for(tmp_path: Path) -> None:
    undecodable(tmp_path, b"CR\xc9")
    assert found(tmp_path) == {"./CR\\xc9/f": Problem.UNDECODABLE_NAME}


def test_names_that_are_no_utf8_are_listed_apart_and_read_back(tmp_path: Path) -> None:
    """Whatever else is in the same folder: a name that looks like the escaped one, two that differ in an escape."""
    undecodable(tmp_path, b"d\xff")
    folders = [b"", b"d\xff/", b"d\\xff/", b"d\\xff\xff/", b"d\xff\\xff/", b"d\\x5c\xff/", b"d\\\xff/"]
    names = [folder + name for folder in folders for name in (b"a\xff.dcm", b"a\\xff.dcm", b"a.dcm", b"\xc3\xa9\xff")]
    for name in names:
        path = os.fsencode(tmp_path) + b"/" + name
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(name)
    os.remove(os.fsencode(tmp_path) + b"/d\xff/f")
    read = {}
    for entry in LOCAL.walk(str(tmp_path)):
        source = LOCAL.open(entry.path)
        read[entry.path.encode()] = source.read_at(0, 100)
        source.close()
        assert (entry.problem is None) == (b"\xff" not in read[entry.path.encode()])
    assert sorted(read.values()) == sorted(names)
    assert read[os.fsencode(tmp_path) + b"/d\\xff/a\\xff.dcm"] == b"d\\xff/a\\xff.dcm"


def test_a_folder_that_cannot_be_listed_is_an_entry(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert [(e.path, e.problem) for e in LOCAL.walk(str(gone))] == [(str(gone), Problem.UNREADABLE_FOLDER)]
    assert top_of(LOCAL, str(gone), 10, 10) == ([(str(gone), None, None, Problem.UNREADABLE_FOLDER)], [])


def test_a_source_may_be_one_file(tmp_path: Path) -> None:
    tree(tmp_path, "f", "g")
    entries, folders = top_of(LOCAL, str(tmp_path / "f"), 10, 10)
    assert ([e.path for e in entries], folders) == ([str(tmp_path / "f")], [])


def in_tasks(root: Path, wanted: int, limit: int) -> list[str]:
    """The paths that the top, the tasks that list a level and the tasks that list subtrees give together."""
    entries, folders = top_of(LOCAL, str(root), wanted, limit)
    batches = iter([work_batch([row_of("s", each) for each in (*entries, *folders)])])
    for step in (list_level, list_trees):
        batches = step({"s": str(root)})(batches)
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert all(row["folder"] is None and row["source"] == "s" for row in rows)
    return sorted(row["path"].removeprefix(f"{root}/") for row in rows)


@pytest.mark.parametrize(("wanted", "limit"), [(1, 100), (3, 100), (1000, 100), (1000, 2), (1000, 0)])
def test_a_listing_cut_anywhere_is_the_listing(tmp_path: Path, wanted: int, limit: int) -> None:
    root = linked(tmp_path)
    tree(root, *[f"{a}/{b}/f" for a in range(4) for b in range(3)], *[f"{a}/g" for a in range(4)])
    undecodable(root, b"\xff")
    expected = [
        *LINKED,
        *[f"{a}/{b}/f" for a in range(4) for b in range(3)],
        *[f"{a}/g" for a in range(4)],
        "./\\xff/f",
    ]
    assert in_tasks(root, wanted, limit) == sorted(expected)


def test_the_top_stops_at_its_limit_and_leaves_a_wide_folder_whole(tmp_path: Path) -> None:
    tree(tmp_path, "a/f", *[f"wide/{n}" for n in range(50)])
    looked = 0

    class Counted(type(LOCAL)):  # type: ignore[misc]
        def list_folder(self, folder: str, root: str) -> object:
            nonlocal looked
            for each in super().list_folder(folder, root):
                looked += 1
                yield each

    entries, folders = top_of(Counted("/"), str(tmp_path), 1000, 20)
    assert looked <= 20 + 1
    assert Folder(str(tmp_path / "wide")) in folders
    assert not [e for e in entries if "/wide/" in e.path]


def test_rows_of_work_have_its_schema() -> None:
    assert work_batch([]).schema == WORK
