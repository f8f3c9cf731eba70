import io
from collections.abc import Callable
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from eds_spark_imaging.storage.retry import ATTEMPTS, Retry
from eds_spark_imaging.storage.s3 import S3Store


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> S3Store:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    store = S3Store("s3://")
    store.retry = Retry(lambda _: None)
    return store


@pytest.mark.parametrize(
    ("code", "status", "kind", "attempts"),
    [
        ("NoSuchKey", 404, FileNotFoundError, 1),
        ("NoSuchBucket", 404, FileNotFoundError, 1),
        ("AccessDenied", 403, PermissionError, 1),
        ("InvalidAccessKeyId", 403, PermissionError, 1),
        ("PreconditionFailed", 412, FileNotFoundError, 1),
        ("SlowDown", 503, OSError, ATTEMPTS),
        ("InternalError", 500, OSError, ATTEMPTS),
    ],
)
def test_errors_of_the_server(store: S3Store, code: str, status: int, kind: type[OSError], attempts: int) -> None:
    with Stubber(store._client) as stub:
        for _ in range(attempts):
            stub.add_client_error("get_object", code, "of patient X", status)
        with pytest.raises(OSError, match=code) as caught:
            store.open("s3://b/k", 10).read_at(0, 10)
        stub.assert_no_pending_responses()
    assert caught.type is kind
    assert "patient" not in str(caught.value)


def answer(data: bytes, **fields: Any) -> dict[str, Any]:
    return {"Body": StreamingBody(io.BytesIO(data), len(data)), **fields}


def test_a_busy_server_is_asked_again(store: S3Store) -> None:
    with Stubber(store._client) as stub:
        stub.add_client_error("get_object", "SlowDown", "", 503)
        stub.add_response("get_object", answer(b"abc", ContentRange="bytes 2-4/9"))
        assert store.open("s3://b/k", 9).read_at(2, 3) == b"abc"


def test_a_range_is_asked_for_by_its_bounds_and_of_one_version(store: S3Store) -> None:
    asked = {"Bucket": "b", "Key": "/k//%41 ?", "Range": "bytes=0-15"}
    with Stubber(store._client) as stub:
        stub.add_response("get_object", answer(b"x" * 16, ContentRange="bytes 0-15/20", ETag='"v"'), asked)
        stub.add_response(
            "get_object",
            answer(b"last", ContentRange="bytes 16-19/20"),
            asked | {"Range": "bytes=16-19", "IfMatch": '"v"'},
        )
        source = store.open("s3://b//k//%41 ?")
        assert source.read_at(0, 16) == b"x" * 16
        assert source.size == 20
        assert source.read_at(16, 1000) == b"last"
        assert source.read_at(20, 10) == b""
        stub.assert_no_pending_responses()


def test_an_empty_object_of_unknown_size(store: S3Store) -> None:
    with Stubber(store._client) as stub:
        stub.add_client_error("get_object", "InvalidRange", "", 416)
        assert store.open("s3://b/k").read_at(0, 10) == b""
    assert store.open("s3://b/k", 0).read_at(0, 10) == b""


def test_a_server_that_ignores_ranges_is_read_no_further_than_needed(store: S3Store) -> None:
    body = io.BytesIO(b"0123456789" * 1000)
    with Stubber(store._client) as stub:
        stub.add_response(
            "get_object", {"Body": StreamingBody(body, 10_000)}, {"Bucket": "b", "Key": "k", "Range": ANY}
        )
        position: Callable[[], int] = body.tell
        seen: list[int] = []
        close, body.close = body.close, lambda: seen.append(position())  # type: ignore[method-assign]
        assert store.open("s3://b/k").read_at(15, 5) == b"56789"
        close()
    assert seen == [20]


def test_a_body_that_is_cut_is_an_error_of_reading(store: S3Store) -> None:
    with Stubber(store._client) as stub:
        for _ in range(ATTEMPTS):
            cut = {"Body": StreamingBody(io.BytesIO(b"abc"), 10), "ContentRange": "bytes 0-9/100"}
            stub.add_response("get_object", cut)
        with pytest.raises(OSError, match="S3"):
            store.open("s3://b/k").read_at(0, 10)
