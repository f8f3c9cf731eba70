"""Ids that stand for paths in run records and logs: a path there would lead to a patient's images.

An id is a keyed hash. Who may read the lake can find the path of an id; without the key nobody can try paths.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from eds_spark_imaging.errors import ConfigError, LakeError
from eds_spark_imaging.spark.hadoop import HadoopPath

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

KEY_FILE = "EDS_IMAGING_KEY_FILE"
_NAME = "_key"
_ID_BYTES, _KEY_BYTES, _LEAST_BYTES = 16, 32, 16

FileId = Callable[[str], str]


def file_id(key: bytes) -> FileId:
    """The function from a path to its id: 32 hexadecimal digits, the first half of HMAC-SHA256 (RFC 2104)."""

    def identify(path: str) -> str:
        return hmac.digest(key, path.encode("utf-8", "surrogatepass"), "sha256")[:_ID_BYTES].hex()

    return identify


def find_key(spark: SparkSession, root: str) -> bytes | None:
    """The key of the lake below ``root``: that of the file which EDS_IMAGING_KEY_FILE names, else the lake's own.

    None where the lake has none, or one that this user may not read. ConfigError where the file named is of no use.
    """
    named = os.environ.get(KEY_FILE)
    if named:
        try:
            return _checked(Path(named).read_bytes(), f"{KEY_FILE} {named}")
        except OSError as error:
            raise ConfigError(f"{KEY_FILE} {named}: {error.strerror}") from None
    try:
        content = HadoopPath(spark, f"{root}/{_NAME}").content()
    except Exception:  # what a store raises where access is denied depends on the store
        return None
    return None if content is None else _checked(content, f"{root}/{_NAME}")


def make_key(spark: SparkSession, root: str) -> bytes:
    """The key of the lake, made at random where it has none yet. LakeError where it can neither be read nor made."""
    key = find_key(spark, root)
    if key is None:
        try:
            HadoopPath(spark, f"{root}/{_NAME}").create_once(secrets.token_hex(_KEY_BYTES).encode())
        except Exception:
            raise LakeError(f"the key for file ids, {root}/{_NAME}, cannot be written") from None
        key = find_key(spark, root)
    if key is None:
        raise LakeError(f"the key for file ids, {root}/{_NAME}, cannot be read")
    return key


def _checked(content: bytes, where: str) -> bytes:
    key = content.strip()
    if len(key) < _LEAST_BYTES:
        raise ConfigError(f"{where}: a key has at least {_LEAST_BYTES} bytes")
    return key
