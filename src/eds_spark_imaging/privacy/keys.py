"""The key of a project: from a file or the environment, never from an argument, and never shown."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from pathlib import Path

from eds_spark_imaging.config import ProjectConfig
from eds_spark_imaging.errors import ConfigError

KEY_FILE = "EDS_IMAGING_PROJECT_KEY_FILE"
KEY = "EDS_IMAGING_PROJECT_KEY"
_LEAST_BYTES = 32
_BLOCK = 64  # bytes of a block of SHA-256


def project_key(project: ProjectConfig) -> bytes:
    """The key of the project: of its ``key_file``, else of what the environment names or holds.

    The secret is bound to the project's name: two projects with one secret have different pseudonyms all the same.
    ConfigError where there is none, where it is short, or where anybody may read it.
    """
    secret = _secret(project).strip()
    if len(secret) < _LEAST_BYTES:
        raise ConfigError(f"project {project.name}: its key must have at least {_LEAST_BYTES} bytes")
    return hmac.digest(secret, b"project\x1f" + project.name.encode(), "sha256")


def _secret(project: ProjectConfig) -> bytes:
    named = project.key_file or os.environ.get(KEY_FILE)
    if named:
        return key_file_content(Path(named))
    if held := os.environ.get(KEY):
        return os.fsencode(held)  # the bytes, whatever they are in
    raise ConfigError(
        f"project {project.name} has no key: give key_file in [[projects]], or {KEY_FILE} or {KEY} in the environment"
    )


def key_file_content(path: Path) -> bytes:
    """What the file of a key holds; ConfigError where it cannot be read, or others than its owner and group may."""
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXO | stat.S_IWGRP):
            raise ConfigError(f"key file {path}: others may read or write it; chmod 600 (or 640)")
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"key file {path}: {error.strerror}") from None


def pads(key: bytes) -> tuple[bytes, bytes]:
    """What the inner and the outer hash of HMAC-SHA-256 begin with (RFC 2104 section 2)."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def key_name(key: bytes) -> str:
    """Tells keys apart without telling anything of them."""
    return hmac.digest(key, b"name\x1f", "sha256")[:4].hex()
