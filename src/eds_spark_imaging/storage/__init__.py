"""Stores of DICOM files by scheme, listed and read by ranges. No Spark here.

Credentials and endpoints come from the environment and the usual files of each store only (``AWS_*``, ``~/.aws``,
``HADOOP_CONF_DIR``, ``HADOOP_USER_NAME``, a Kerberos ticket), never from the configuration.
"""

from __future__ import annotations

from eds_spark_imaging.errors import SetupError
from eds_spark_imaging.storage.local import LocalStore
from eds_spark_imaging.storage.store import Store
from eds_spark_imaging.storage.uri import split

__all__ = ["Store", "store_of"]

_LOCAL = LocalStore.at("/")
_EXTRAS = {"s3": "s3", "s3a": "s3", "hdfs": "hdfs", "webhdfs": "hdfs", "swebhdfs": "hdfs"}


def store_of(place: str) -> Store:
    """The store of a root or path, one for each scheme and host of a process.

    ConfigError for a scheme that no store serves, SetupError where the package that serves it is missing.
    """
    if place.startswith("/"):
        return _LOCAL
    scheme, authority, _ = split(place)
    if scheme in ("", "file"):
        return _LOCAL
    return _remote(scheme, "" if scheme in ("s3", "s3a") else authority)


def _remote(scheme: str, authority: str) -> Store:
    # Each is imported when it is used: its package may not be there.
    place = f"{scheme}://{authority}"
    try:
        match scheme:
            case "s3" | "s3a":
                from eds_spark_imaging.storage.s3 import S3Store  # noqa: PLC0415

                return S3Store.at(place)
            case "hdfs":
                from eds_spark_imaging.storage.hdfs import HdfsStore  # noqa: PLC0415

                return HdfsStore.at(place)
            case "webhdfs" | "swebhdfs":
                from eds_spark_imaging.storage.webhdfs import WebHdfsStore  # noqa: PLC0415

                return WebHdfsStore.at(place)
            case _:
                from eds_spark_imaging.storage.fsspec import FsspecStore  # noqa: PLC0415

                return FsspecStore.at(place)
    except ImportError as error:
        extra = _EXTRAS.get(scheme)
        hint = f"pip install 'eds-spark-imaging[{extra}]'" if extra else str(error)
        raise SetupError(f"{scheme}:// needs a package: {hint}") from None
