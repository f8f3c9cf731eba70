"""HDFS over HTTP, where only its web ports are reachable (WebHDFS, HttpFS).

``webhdfs://host:port/folder``; ``swebhdfs://`` over TLS. The user is ``HADOOP_USER_NAME``; where the cluster asks for
Kerberos, the ticket at hand is used, if the package requests-kerberos is there.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter

from eds_spark_imaging.storage.entries import Entry, Folder, Problem
from eds_spark_imaging.storage.retry import Retrying
from eds_spark_imaging.storage.source import ByteSource
from eds_spark_imaging.storage.store import Store
from eds_spark_imaging.storage.uri import split

_TIMEOUT = (10, 60)  # seconds to connect, and to wait for bytes
_ERRORS = {
    "AccessControlException": PermissionError,
    "SecurityException": PermissionError,
    "FileNotFoundException": FileNotFoundError,
}


class WebHdfsStore(Store):
    """One name node or gateway."""

    concurrency: ClassVar[int] = 48  # a read is two requests: the name node sends on to a data node

    def __init__(self, place: str) -> None:
        super().__init__(place)
        scheme, authority, _ = split(place)
        self._base = f"{'https' if scheme == 'swebhdfs' else 'http'}://{authority}/webhdfs/v1"
        user = os.environ.get("HADOOP_USER_NAME")
        self._parameters = {"user.name": user} if user else {}
        self._session = requests.Session()
        self._session.trust_env = False  # neither proxies nor .netrc stand between a cluster's machines
        self._session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        for protocol in ("http://", "https://"):
            self._session.mount(protocol, HTTPAdapter(pool_connections=64, pool_maxsize=self.concurrency))
        try:
            kerberos = importlib.import_module("requests_kerberos")
        except ImportError:
            return
        self._session.auth = kerberos.HTTPKerberosAuth(mutual_authentication=kerberos.OPTIONAL)

    def locate(self, root: str) -> Entry | Folder:
        """What ``root`` is. Raises OSError."""
        path = split(root).path.rstrip("/") or "/"
        status = self.retry(lambda: self.request("GETFILESTATUS", path).json()["FileStatus"])
        if status["type"] == "DIRECTORY":
            self._batch(path)  # one that can't be listed is no root
        return self._found(path, status)

    def list_folder(self, folder: str, root: str) -> Iterator[Entry | Folder]:
        """The entries of one folder, a thousand a request; see :class:`Store`."""
        path = split(folder).path
        last = ""
        try:
            while True:
                listing = self._batch(path, last)
                statuses = listing["partialListing"]["FileStatuses"]["FileStatus"]
                for status in statuses:
                    yield self._found(f"{path.rstrip('/')}/{status['pathSuffix']}", status)
                if not statuses or not listing["remainingEntries"]:
                    return
                if statuses[-1]["pathSuffix"] == last:
                    raise OSError("WebHDFS: the listing does not go on")
                last = statuses[-1]["pathSuffix"]
        except (OSError, KeyError):
            yield Entry(folder.rstrip("/"), None, None, Problem.UNREADABLE_FOLDER)

    def _batch(self, path: str, last: str = "") -> dict[str, Any]:
        """The entries after ``last``. Name nodes and gateways spell the parameter in two ways."""
        after = {"startafter": last, "startAfter": last} if last else {}
        answer = self.retry(lambda: self.request("LISTSTATUS_BATCH", path, **after))
        listing: dict[str, Any] = answer.json()["DirectoryListing"]
        return listing

    def open(self, path: str, size: int | None = None) -> ByteSource:
        """The file at ``path``."""
        return Retrying(_WebHdfsFile(self, split(path).path, size), self.retry)

    def _found(self, path: str, status: dict[str, Any]) -> Entry | Folder:
        if status["type"] == "DIRECTORY":
            return Folder(f"{self.place}{path}")
        return Entry(f"{self.place}{path}", status["length"], status["modificationTime"] * 1_000_000)

    def request(self, operation: str, path: str, **parameters: str | int) -> requests.Response:
        """One operation, its errors as OSErrors."""
        options = {"op": operation, **self._parameters, **parameters}
        quoted = quote(path, safe="/")
        answer = self._get(self._base + quoted, options)
        if answer.is_redirect:
            # The path in the answer may not be ours: Java composes accents, which makes another name of it.
            there = urlsplit(answer.headers["Location"])
            answer = self._get(there._replace(path=f"/webhdfs/v1{quoted}").geturl(), None)
        if answer.ok and not answer.is_redirect:
            return answer
        try:
            name = answer.json()["RemoteException"]["exception"]
        except (ValueError, KeyError, TypeError):
            name = {401: "SecurityException", 403: "SecurityException"}.get(answer.status_code, "")
        raise _ERRORS.get(name, OSError)(f"WebHDFS: {answer.status_code} {name}".rstrip())

    def _get(self, url: str, options: dict[str, Any] | None) -> requests.Response:
        try:
            return self._session.get(url, params=options, timeout=_TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            raise OSError(f"WebHDFS: {type(error).__name__}") from None


class _WebHdfsFile:
    """One file, read by ranges."""

    __slots__ = ("_path", "_size", "_store")

    def __init__(self, store: WebHdfsStore, path: str, size: int | None) -> None:
        self._store = store
        self._path = path
        self._size = size

    @property
    def size(self) -> int | None:
        if self._size is None:
            self._size = int(self._store.request("GETFILESTATUS", self._path).json()["FileStatus"]["length"])
        return self._size

    def read_at(self, offset: int, length: int) -> bytes:
        size = self.size  # an offset at the end would be an error of the server
        if size is not None:
            length = min(length, size - offset)
        return self._store.request("OPEN", self._path, offset=offset, length=length).content if length > 0 else b""

    def close(self) -> None:
        """Nothing to release."""
