"""Stores of DICOM files by scheme, listed and read by ranges. No Spark here.

Credentials and endpoints come from the environment and the usual files of each store only (``AWS_*``, ``~/.aws``,
``HADOOP_CONF_DIR``, ``HADOOP_USER_NAME``, a Kerberos ticket), never from the configuration.
"""

from __future__ import annotations

from functools import cache

from eds_spark_imaging.dicom.stores.local import LocalStore
from eds_spark_imaging.dicom.stores.store import Store
from eds_spark_imaging.dicom.stores.uri import split
from eds_spark_imaging.errors import SetupError

__all__ = ["Store", "store_of"]

_LOCAL = LocalStore("/")
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


@cache
def _remote(scheme: str, authority: str) -> Store:
    # Each is imported when it is used: its package may not be there.
    place = f"{scheme}://{authority}"
    try:
        match scheme:
            case "s3" | "s3a":
                from eds_spark_imaging.dicom.stores.s3 import S3Store  # noqa: PLC0415

                return S3Store(place)
            case "hdfs":
                from eds_spark_imaging.dicom.stores.hdfs import HdfsStore  # noqa: PLC0415

                return HdfsStore(place)
            case "webhdfs" | "swebhdfs":
                from eds_spark_imaging.dicom.stores.webhdfs import WebHdfsStore  # noqa: PLC0415

                return WebHdfsStore(place)
            case _:
                from eds_spark_imaging.dicom.stores.other import FsspecStore  # noqa: PLC0415

                return FsspecStore(place)
    except ImportError as error:
        extra = _EXTRAS.get(scheme)
        hint = f"pip install 'eds-spark-imaging[{extra}]'" if extra else str(error)
        raise SetupError(f"{scheme}:// needs a package: {hint}") from None
