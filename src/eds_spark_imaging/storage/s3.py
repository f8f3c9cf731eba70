"""Amazon S3 and the stores that speak its protocol, by botocore.

botocore takes keys as they are (``a//b``, ``./c`` and a leading slash are names of their own), and finds credentials,
region and endpoint where every AWS tool does.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any, ClassVar

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from eds_spark_imaging.storage.entries import Entry, Folder, Problem
from eds_spark_imaging.storage.retry import Retrying
from eds_spark_imaging.storage.source import ByteSource
from eds_spark_imaging.storage.store import Store
from eds_spark_imaging.storage.uri import split

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class S3Store(Store):
    """All buckets that the environment's credentials open."""

    concurrency: ClassVar[int] = 48

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self._scheme = split(place).scheme
        config = Config(
            max_pool_connections=self.concurrency,
            retries={"total_max_attempts": 1},  # repeated by Retry, once is enough
            connect_timeout=10,
            read_timeout=30,
            response_checksum_validation="when_required",  # there is none for ranges
        )
        try:
            self._client: Any = botocore.session.Session().create_client("s3", config=config)
        except (BotoCoreError, ValueError) as error:
            raise OSError(f"S3 cannot be set up from the environment: {type(error).__name__}") from None

    def locate(self, root: str) -> Entry | Folder:
        """What ``root`` is: a bucket, a prefix that some key has, or an object. Raises OSError."""
        _, bucket, path = split(root)
        key = path[1:]
        prefix = key if not key or key.endswith("/") else f"{key}/"
        page = self._call("list_objects_v2", Bucket=bucket, Prefix=prefix, MaxKeys=1)
        if page.get("KeyCount") or page.get("Contents") or not prefix:
            return Folder(f"{self._scheme}://{bucket}/{prefix}")
        found = self._call("head_object", Bucket=bucket, Key=key)
        return self._entry(bucket, key, found["ContentLength"], found["LastModified"])

    def list_folder(self, folder: str, root: str) -> Iterator[Entry | Folder]:
        """The keys and common prefixes up to the next slash after ``folder``; see :class:`Store`."""
        yield from self._list(folder, Delimiter="/")

    def walk(self, folder: str, root: str | None = None) -> Iterator[Entry]:
        """Every key that begins with ``folder``: a thousand a request, however deep."""
        for found in self._list(folder):
            if isinstance(found, Entry):
                yield found

    def open(self, path: str, size: int | None = None) -> ByteSource:
        """The object at ``path``."""
        _, bucket, key = split(path)
        return Retrying(_Object(self, bucket, key[1:], size), self.retry)

    def _list(self, folder: str, **options: str) -> Iterator[Entry | Folder]:
        _, bucket, path = split(folder)
        options |= {"Bucket": bucket, "Prefix": path[1:]}
        while True:
            try:
                page = self._call("list_objects_v2", **options)
            except OSError:
                yield Entry(folder.removesuffix("/"), None, None, Problem.UNREADABLE_FOLDER)
                return
            for found in page.get("Contents", ()):
                if found["Size"] or not found["Key"].endswith("/"):  # an empty one with a slash stands for a folder
                    yield self._entry(bucket, found["Key"], found["Size"], found["LastModified"])
            for found in page.get("CommonPrefixes", ()):
                yield Folder(f"{self._scheme}://{bucket}/{found['Prefix']}")
            if not page.get("IsTruncated"):
                return
            options["ContinuationToken"] = page["NextContinuationToken"]

    def _entry(self, bucket: str, key: str, size: int, modified: dt.datetime) -> Entry:
        return Entry(f"{self._scheme}://{bucket}/{key}", size, (modified - _EPOCH) // _MICROSECOND * 1000)

    def _call(self, operation: str, **options: Any) -> dict[str, Any]:
        return self.retry(lambda: self.request(operation, **options))

    def request(self, operation: str, **options: Any) -> dict[str, Any]:
        """One request, with its errors as OSErrors that do not repeat what the server said."""
        try:
            result: dict[str, Any] = getattr(self._client, operation)(**options)
        except ClientError as error:
            raise _as_os_error(error) from None
        except NoCredentialsError:
            raise PermissionError("no credentials for S3 in the environment or its files") from None
        except BotoCoreError as error:
            raise OSError(f"S3: {type(error).__name__}") from None
        return result


def _as_os_error(error: ClientError) -> OSError:
    code = str(error.response.get("Error", {}).get("Code"))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if status == 416:
        return EndOfObjectError(code)
    kind = {403: PermissionError, 401: PermissionError, 404: FileNotFoundError, 412: FileNotFoundError}
    return kind.get(status or 0, OSError)(f"S3: {code}")


class EndOfObjectError(FileNotFoundError):
    """The range begins at the end of the object or after it."""


class _Object:
    """One object, read by ranges; each range is of the version that the first one was of."""

    __slots__ = ("_bucket", "_key", "_store", "_version", "size_known")

    def __init__(self, store: S3Store, bucket: str, key: str, size: int | None) -> None:
        self._store = store
        self._bucket = bucket
        self._key = key
        self._version: dict[str, str] = {}
        self.size_known = size

    @property
    def size(self) -> int | None:
        if self.size_known is None:
            found = self._store.request("head_object", Bucket=self._bucket, Key=self._key, **self._version)
            self.size_known = int(found["ContentLength"])
        return self.size_known

    def read_at(self, offset: int, length: int) -> bytes:
        if self.size_known is not None:
            length = min(length, self.size_known - offset)
        if length <= 0:
            return b""
        wanted = f"bytes={offset}-{offset + length - 1}"
        try:
            found = self._store.request("get_object", Bucket=self._bucket, Key=self._key, Range=wanted, **self._version)
        except EndOfObjectError:
            return b""
        if found.get("ETag"):
            self._version = {"IfMatch": found["ETag"]}
        total = re.fullmatch(r"bytes \d+-\d+/(\d+)", found.get("ContentRange", ""))
        body = found["Body"]
        try:
            if total:
                self.size_known = int(total[1])
                return bytes(body.read())
            try:  # a server that ignores ranges sends all: no more than needed is read
                return bytes(body.read(offset + length)[offset:])
            finally:
                body.close()
        except (BotoCoreError, OSError) as error:
            raise OSError(f"S3: {type(error).__name__}") from None

    def close(self) -> None:
        """Nothing to release: the connection went back with the last byte."""
