"""Places as text: local paths, and URIs whose path is never quoted, since names may hold any sign."""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from eds_spark_imaging.errors import ConfigError

S3_SCHEMES = ("s3", "s3a", "s3n")  # all of one store
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/]*)(.*)", re.DOTALL)
_SECRET = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*:[^/]*@")


class UriParts(NamedTuple):
    """The parts of a place. A local path has neither scheme nor authority."""

    scheme: str
    authority: str
    path: str


def split(text: str) -> UriParts:
    """The parts of a local path or URI, as they stand."""
    match = None if text.startswith("/") else _URI.fullmatch(text)
    return UriParts(match[1].lower(), match[2], match[3]) if match else UriParts("", "", text)


def is_remote(text: str) -> bool:
    """True where a place is not of this machine's file systems."""
    return split(text).scheme not in ("", "file")


def resolved(text: str) -> str:
    """A place without links and ``..``, so that two ways of writing one are equal: local ones as this machine has them,
    ``file:`` or not; of remote ones only the text is known.
    """
    place = split(plain(text))
    if not place.scheme:
        return os.path.realpath(place.path)
    scheme = "s3a" if place.scheme in S3_SCHEMES else place.scheme
    return f"{scheme}://{place.authority}{posixpath.normpath(place.path or '/')}"


def as_folder(text: str) -> str:
    """A resolved place with a slash at its end: what lies within it begins with it, and no other place does."""
    return f"{resolved(text).rstrip('/')}/"


def check_place(text: str, what: str = "a place") -> None:
    """ConfigError for a place that is empty, which would be the folder of the process, or that no store can name."""
    if not text.strip():
        raise ConfigError(f"{what} is empty: give a folder or URI")
    if "\0" in text:
        raise ConfigError(f"{what} holds a NUL")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{what} is not in UTF-8: {text.encode('utf-8', 'backslashreplace').decode()}") from None


def at_home(text: str) -> Path:
    """A local path, with the home of the user whom its ``~`` names. ConfigError where there is none."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ConfigError(f"{text}: the home of {Path(text).parts[0]!r} is not known") from None


def plain(text: str) -> str:
    """A place as the configuration keeps it: ``file:`` URIs become local paths, which they quote.

    ConfigError as :func:`check_place`, for a URI with a password in it, which is not repeated, and for a file of
    another host.
    """
    check_place(text)
    if _SECRET.match(text):
        raise ConfigError("a place must not hold a password: stores take credentials from the environment or its files")
    place = split(text)
    if place.scheme != "file":
        return unquote(text.removeprefix("file:")) if text.startswith("file:/") else text
    if place.authority not in ("", "localhost"):
        raise ConfigError(f"{text}: a file URI is of this machine, as file:///folder")
    return unquote(place.path)
