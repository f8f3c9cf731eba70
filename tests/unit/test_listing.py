import os
from pathlib import Path

import pytest

from eds_spark_imaging.dicom.listing import Problem, spread, walk


def found(root: Path) -> dict[str, str | None]:
    return {entry.path.removeprefix(f"{root}/"): entry.problem for entry in walk(str(root))}


def test_names_that_spark_hides_or_escapes_are_listed_as_they_are(tmp_path: Path) -> None:
    names = ["_hidden", ".dot", "a b.dcm", "100%.dcm", "c#1", "x,y", "é.dcm", "a=b/c.dcm", "deep/er/file"]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    assert found(tmp_path) == dict.fromkeys(names)


def test_size_and_time_are_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"12345")
    os.utime(file, ns=(1, 1_700_000_000_123_456_789))
    (entry,) = walk(str(tmp_path))
    assert (entry.size, entry.modified) == (5, 1_700_000_000_123_456_789)


def test_links_are_followed_once_and_loops_are_not(tmp_path: Path) -> None:
    inside, outside = tmp_path / "root", tmp_path / "elsewhere"
    inside.mkdir()
    outside.mkdir()
    (outside / "f").write_bytes(b"x")
    (inside / "g").write_bytes(b"x")
    (inside / "to_file").symlink_to(outside / "f")
    (inside / "to_folder").symlink_to(outside)
    (inside / "broken").symlink_to(tmp_path / "nothing")
    (inside / "up").symlink_to(tmp_path)
    (outside / "around").symlink_to(outside)
    assert found(inside) == {
        "g": None,
        "to_file": None,
        "to_folder/f": None,
        "broken": Problem.BROKEN_LINK,
    }


def test_special_files_are_not_to_be_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert found(tmp_path) == {"pipe": Problem.SPECIAL_FILE}


def test_a_name_that_is_no_utf8_is_accounted_for(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/CR\xc9.dcm"
    try:
        with open(raw, "wb"):
            pass
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert found(tmp_path) == {"CR\\xc9.dcm": Problem.UNDECODABLE_NAME}


def test_a_folder_that_cannot_be_listed_is_an_entry(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert [(e.path, e.problem) for e in walk(str(gone))] == [(str(gone), Problem.UNREADABLE_FOLDER)]


def test_spread_and_walk_together_list_what_walk_lists(tmp_path: Path) -> None:
    for a in range(4):
        for b in range(3):
            folder = tmp_path / f"{a}" / f"{b}"
            folder.mkdir(parents=True)
            (folder / "f").write_bytes(b"x")
        (tmp_path / f"{a}" / "g").write_bytes(b"x")
    entries, folders = spread(str(tmp_path), wanted=6)
    assert len(folders) >= 6
    cut = [e.path for e in entries] + [e.path for folder in folders for e in walk(folder)]
    assert sorted(cut) == sorted(e.path for e in walk(str(tmp_path)))
    assert len(cut) == 16
