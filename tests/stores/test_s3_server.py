"""The S3 store against a server that speaks the protocol, with what passes between them counted."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import pydicom
import pytest
from counting_proxy import CountingProxy
from pydicom.data import get_testdata_file
from store_names import NAMES, SECRET, assert_served, content

from eds_spark_imaging.config import Config, SourceConfig
from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.parser.window import BLOCK
from eds_spark_imaging.dicom.result import HeaderStatus
from eds_spark_imaging.errors import InputError
from eds_spark_imaging.pipeline.checks import check_places
from eds_spark_imaging.storage import Store, store_of
from eds_spark_imaging.storage.entries import Entry
from eds_spark_imaging.storage.source import LocalFile

pytestmark = pytest.mark.slow

HEADERS = 1024  # bytes of HTTP about an answer, at most


@pytest.fixture
def store(s3_proxy: CountingProxy) -> Store:
    assert s3_proxy.port
    return store_of("s3://")


def put(bucket: Any, **objects: bytes) -> str:
    for key, body in objects.items():
        bucket.put_object(Key=key, Body=body)
    return f"s3://{bucket.name}"


def large_dicom(padding: int, pixels: int) -> bytes:
    """A CT with a private element of ``padding`` bytes before, and ``pixels`` bytes of pixel data behind its header."""
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    for number in range(padding // 1000):
        dataset.private_block(0x0099, "EDS TESTS", create=True).add_new(number % 256, "OB", bytes(1000))
        dataset.add_new((0x0099, 0x1000 + number), "OB", bytes(1000))
    dataset.PixelData = bytes(pixels)
    written = io.BytesIO()
    dataset.save_as(written)
    return written.getvalue()


ODD_KEYS = (*NAMES, "a//b", "a/b", "a///b", "dot/./x", "dot/../y", "dot/x", "trailing/", "line\rbreak")


def test_keys_come_back_as_they_are(bucket: Any, store: Store) -> None:
    for name in ODD_KEYS:
        bucket.put_object(Key=f"root/{name}", Body=content(name))
    bucket.put_object(Key="root/folder/", Body=b"")  # a folder as consoles make them
    bucket.put_object(Key="root2/x", Body=b"")
    assert_served(store, f"s3://{bucket.name}/root", ODD_KEYS)


def test_a_key_may_begin_with_a_slash(bucket: Any, store: Store) -> None:
    root = put(bucket, **{"/lead": b"1", "lead": b"22"})
    found = store.locate(root)
    assert {(e.path, e.size) for e in store.walk(found.path)} == {(f"{root}//lead", 1), (f"{root}/lead", 2)}
    assert store.open(f"{root}//lead").read_at(0, 9) == b"1"


def test_time_is_that_of_the_store(bucket: Any, store: Store) -> None:
    root = put(bucket, f=b"x")
    (entry,) = store.walk(f"{root}/")
    assert entry.modified == bucket.Object("f").last_modified.timestamp() * 1_000_000_000
    assert abs(entry.modified / 1e9 - time.time()) < 60


def test_a_root_may_be_one_object(bucket: Any, store: Store) -> None:
    root = put(bucket, **{"a/f": b"12"})
    found = store.locate(f"{root}/a/f")
    assert isinstance(found, Entry)
    assert (found.path, found.size) == (f"{root}/a/f", 2)


@pytest.mark.parametrize("known", [True, False])
def test_a_small_file_is_one_request(bucket: Any, store: Store, s3_proxy: CountingProxy, known: bool) -> None:
    data = Path(get_testdata_file("CT_small.dcm")).read_bytes()[:12_000]
    path = put(bucket, f=data) + "/f"
    s3_proxy.reset()
    source = store.open(path, len(data) if known else None)
    header = HeaderReader(declaration()).read(source)
    assert header.bytes_read == len(data)
    assert [line.split("?")[0].split()[0] for line in s3_proxy.requests] == ["GET"]
    assert source.size == len(data)
    assert len(s3_proxy.requests) == 1


@pytest.mark.parametrize(("padding", "requests"), [(0, 1), (200_000, 7)])
def test_no_more_than_the_header_and_half_leaves_the_store(
    bucket: Any, store: Store, s3_proxy: CountingProxy, tmp_path: Path, padding: int, requests: int
) -> None:
    data = large_dicom(padding, 8_000_000)
    path = put(bucket, f=data) + "/f"
    (tmp_path / "f").write_bytes(data)
    expected = HeaderReader(declaration()).read(LocalFile(tmp_path / "f"))
    s3_proxy.reset()
    header = HeaderReader(declaration()).read(store.open(path, len(data)))
    assert header.status == HeaderStatus.PARSED
    assert (header.values, header.digest) == (expected.values, expected.digest)
    assert header.header_bytes is not None
    assert header.header_bytes > padding
    assert len(s3_proxy.requests) <= requests
    assert s3_proxy.received <= 1.5 * header.header_bytes + BLOCK + HEADERS * len(s3_proxy.requests)


def test_an_object_that_changes_while_it_is_read_is_not_mixed(bucket: Any, store: Store) -> None:
    path = put(bucket, f=b"old" * 100) + "/f"
    source = store.open(path, 300)
    assert source.read_at(0, 3) == b"old"
    put(bucket, f=b"new" * 100)
    with pytest.raises(FileNotFoundError):
        source.read_at(3, 3)


def test_a_flat_folder_is_listed_a_thousand_a_request(bucket: Any, store: Store, s3_proxy: CountingProxy) -> None:
    keys = [f"flat/{number:04}" for number in range(1100)]
    root = put(bucket, **dict.fromkeys(keys, b""))
    s3_proxy.reset()
    assert [e.path for e in store.walk(f"{root}/flat/")] == [f"{root}/{key}" for key in keys]
    assert len(s3_proxy.requests) == 2


def check(root: str) -> str:
    with pytest.raises(InputError) as caught:
        check_places(Config(sources=(SourceConfig("s", root),)), sources=True)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.usefixtures("s3_proxy")
def test_places_that_are_not_there_are_told_before_spark_starts(bucket: Any) -> None:
    put(bucket, **{"a/f": b""})
    check_places(Config(sources=(SourceConfig("s", f"s3://{bucket.name}/a"),)), sources=True)
    assert "does not exist" in check(f"s3://{bucket.name}/b")
    assert "does not exist" in check("s3://no-such-bucket-here")


@pytest.mark.usefixtures("s3_proxy")
def test_an_endpoint_that_does_not_answer_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from eds_spark_imaging.storage.s3 import S3Store

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    unreachable = S3Store("s3://")
    monkeypatch.setattr(unreachable.retry, "_sleep", lambda _: None)
    monkeypatch.setattr("eds_spark_imaging.pipeline.checks.store_of", lambda _: unreachable)
    assert "EndpointConnectionError" in check("s3://bucket/x")
