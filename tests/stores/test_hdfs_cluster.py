"""Both ways to HDFS, against a cluster of one node."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hdfs_cluster import Cluster
from store_names import NAMES, assert_served, content

from eds_spark_imaging.storage import Store
from eds_spark_imaging.storage.entries import Entry, Problem
from eds_spark_imaging.storage.hdfs import HdfsStore
from eds_spark_imaging.storage.webhdfs import WebHdfsStore

hdfs_native = pytest.importorskip("hdfs_native")
pytestmark = pytest.mark.slow

SCHEMES = ("hdfs", "webhdfs")


def connect(scheme: str, cluster: Cluster) -> Store:
    return HdfsStore(f"hdfs://{cluster.rpc}") if scheme == "hdfs" else WebHdfsStore(f"webhdfs://{cluster.web}")


@pytest.fixture(scope="module")
def client(hdfs: Cluster) -> Iterator[object]:
    """The cluster with the files of the tests, as its superuser sees it."""
    client = hdfs_native.Client(f"hdfs://{hdfs.rpc}")

    def write(path: str, data: bytes) -> None:
        with client.create(path) as file:
            file.write(data)

    for name in NAMES:
        write(f"/root/{name}", content(name))
    write("/big", bytes(range(256)) * 12_000)
    write("/empty", b"")
    for number in range(1500):
        client.mkdirs(f"/flat/{number}", create_parent=True)
    write("/closed/f", b"secret")
    client.set_permission("/closed", 0o700)
    write("/half/open", b"1")
    write("/half/closed/f", b"1")
    client.set_permission("/half/closed", 0o700)
    return client


@pytest.fixture(params=SCHEMES)
def store(request: pytest.FixtureRequest, hdfs: Cluster, client: object) -> Store:
    assert client
    return connect(request.param, hdfs)


@pytest.fixture(params=SCHEMES)
def stranger(request: pytest.FixtureRequest, hdfs: Cluster, client: object, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store as a user who may not read everything sees it."""
    assert client
    monkeypatch.setenv("HADOOP_USER_NAME", "stranger")
    return connect(request.param, hdfs)


def test_names_come_back_as_they_are(store: Store) -> None:
    assert_served(store, f"{store.place}/root", NAMES)


def test_size_and_time_are_those_of_the_cluster(store: Store, client: object) -> None:
    entry = store.locate(f"{store.place}/big")
    status = client.get_file_info("/big")  # type: ignore[attr-defined]
    assert entry == Entry(f"{store.place}/big", 3_072_000, status.modification_time * 1_000_000, None)
    assert abs(status.modification_time / 1000 - time.time()) < 600


def test_ranges(store: Store) -> None:
    source = store.open(f"{store.place}/big", 3_072_000)
    assert source.read_at(1_000_001, 300) == (bytes(range(256)) * 3)[1_000_001 % 256 :][:300]
    assert source.read_at(3_071_999, 100) == b"\xff"
    assert source.read_at(3_072_000, 100) == b""
    assert store.open(f"{store.place}/empty").read_at(0, 10) == b""


def test_a_folder_of_many_folders_is_listed_whole(store: Store) -> None:
    found = {each.path for each in store.list_folder(f"{store.place}/flat", store.place)}
    assert found == {f"{store.place}/flat/{number}" for number in range(1500)}


@pytest.mark.parametrize("path", ["/none", "/none/f"])
def test_what_is_not_there(store: Store, path: str) -> None:
    with pytest.raises(FileNotFoundError):
        store.locate(f"{store.place}{path}")
    with pytest.raises(FileNotFoundError):
        store.open(f"{store.place}{path}").read_at(0, 10)
    (entry,) = store.walk(f"{store.place}{path}")
    assert entry.problem == Problem.UNREADABLE_FOLDER


def test_what_may_not_be_read(stranger: Store) -> None:
    with pytest.raises(PermissionError) as caught:
        stranger.locate(f"{stranger.place}/closed")
    assert "stranger" not in str(caught.value)
    with pytest.raises(PermissionError):
        stranger.open(f"{stranger.place}/closed/f", 6).read_at(0, 6)
    found = {e.path.removeprefix(stranger.place): e.problem for e in stranger.walk(f"{stranger.place}/half")}
    assert found == {"/half/open": None, "/half/closed": Problem.UNREADABLE_FOLDER}
