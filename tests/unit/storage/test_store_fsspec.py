import datetime as dt
import pickle
from collections.abc import Iterator
from typing import Any

import fsspec
import pytest

from eds_spark_imaging.storage import Store, store_of
from eds_spark_imaging.storage.entries import Entry, Folder, Problem
from eds_spark_imaging.storage.failures import attempt
from eds_spark_imaging.storage.fsspec import nanoseconds
from eds_spark_imaging.storage.subtrees import top_of

NAMES = [
    "_hidden",
    ".dot",
    "a b.dcm",
    "100%.dcm",
    "100%41.dcm",
    "c#1",
    "q?x=1",
    "x,y",
    "é.dcm",
    "a=b/c.dcm",
    "deep/er/f",
]


@pytest.fixture
def memory() -> Iterator[Any]:
    """fsspec's file system in memory, with files whose content is their name."""
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    for name in NAMES:
        fs.pipe_file(f"/root/{name}", name.encode())
    yield fs
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]


@pytest.fixture
def store() -> Store:
    return store_of("memory://")


@pytest.mark.usefixtures("memory")
def test_odd_names_are_listed_and_read_as_they_are(store: Store) -> None:
    entries = list(store.walk("memory:///root"))
    assert sorted(e.path for e in entries) == sorted(f"memory:///root/{name}" for name in NAMES)
    for entry in entries:
        name = entry.path.removeprefix("memory:///root/").encode()
        assert entry.size == len(name)
        assert store.open(entry.path, entry.size).read_at(0, 1000) == name
        assert store.open(entry.path).read_at(1, 2) == name[1:3]
        assert store.open(entry.path).read_at(1000, 2) == b""


def test_time_is_in_nanoseconds(memory: Any, store: Store) -> None:
    moment = dt.datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=dt.UTC)
    memory.store["/root/c#1"].modified = memory.store["/root/c#1"].created = moment
    (entry,) = [e for e in store.walk("memory:///root") if e.path.endswith("c#1")]
    assert entry.modified == 1_714_979_289_123_456_000


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2024-05-06T07:08:09Z", 1_714_979_289_000_000_000),
        ("2024-05-06T09:08:09+02:00", 1_714_979_289_000_000_000),
        (dt.datetime(2024, 5, 6, 7, 8, 9), 1_714_979_289_000_000_000),
        (1_714_979_289, 1_714_979_289_000_000_000),
        (1_714_979_289.5, 1_714_979_289_500_000_000),
        ("yesterday", None),
        (None, None),
    ],
)
def test_times_of_all_file_systems_are_understood(given: object, expected: int | None) -> None:
    assert nanoseconds(given) == expected


@pytest.mark.usefixtures("memory")
def test_roots(store: Store) -> None:
    assert store.locate("memory:///root/") == Folder("memory:///root")
    found = store.locate("memory:///root/c#1")
    assert isinstance(found, Entry)
    with pytest.raises(FileNotFoundError):
        store.locate("memory:///elsewhere")


@pytest.mark.usefixtures("memory")
def test_the_top_and_the_subtrees_are_the_whole(store: Store) -> None:
    entries, folders = top_of(store, "memory:///root", 2, 100)
    assert sorted(f.path for f in folders) == ["memory:///root/a=b", "memory:///root/deep"]
    below = [e for f in folders for e in store.walk(f.path, "memory:///root")]
    assert sorted([*entries, *below]) == sorted(store.walk("memory:///root"))


def test_a_folder_that_cannot_be_listed_is_an_entry(memory: Any, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    real = type(memory).ls

    def ls(self: Any, path: str, *args: Any, **options: Any) -> Any:
        if path.endswith("/deep"):
            raise PermissionError
        return real(self, path, *args, **options)

    monkeypatch.setattr(type(memory), "ls", ls)
    problems = {e.path: e.problem for e in store.walk("memory:///root") if e.problem}
    assert problems == {"memory:///root/deep": Problem.UNREADABLE_FOLDER}


def test_a_store_is_made_anew_in_another_process(store: Store) -> None:
    assert pickle.loads(pickle.dumps(store)) is store
    assert len(pickle.dumps(store)) < 200


@pytest.mark.parametrize(
    ("raised", "seen"),
    [
        (RuntimeError('RPCError("org.apache.hadoop.security.AccessControlException", "user=u")'), PermissionError),
        (RuntimeError("java.io.FileNotFoundException: /secret/name"), FileNotFoundError),
        (FileNotFoundError("/secret/name"), FileNotFoundError),
        (PermissionError("/secret/name"), PermissionError),
        (TimeoutError("/secret/name"), TimeoutError),
        (KeyError("/secret/name"), OSError),
    ],
)
def test_what_packages_raise_is_an_error_of_reading_without_names(raised: Exception, seen: type[OSError]) -> None:
    def fail() -> None:
        raise raised

    with pytest.raises(OSError) as caught:  # noqa: PT011
        attempt("store", fail)
    assert caught.type is seen
    assert "secret" not in str(caught.value)
    assert "user" not in str(caught.value)
