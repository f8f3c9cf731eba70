"""The header reader: bytes in, typed values of the declared attributes out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any, Final

from eds_spark_imaging.dicom.declaration import ATTRIBUTES
from eds_spark_imaging.dicom.declaration.attribute import Attribute
from eds_spark_imaging.dicom.derived import derive
from eds_spark_imaging.dicom.parser.byte_order import BIG, LITTLE, ByteOrder
from eds_spark_imaging.dicom.parser.plan import Plan
from eds_spark_imaging.dicom.parser.walk import walk
from eds_spark_imaging.dicom.parser.window import BLOCK
from eds_spark_imaging.dicom.reason import Rejection
from eds_spark_imaging.dicom.resolve import Resolution
from eds_spark_imaging.dicom.result import Header, HeaderStatus
from eds_spark_imaging.dicom.templates.known import Templates
from eds_spark_imaging.dicom.values.charset import Charset, codec_of
from eds_spark_imaging.errors import ConfigError, InputError
from eds_spark_imaging.storage.source import ByteSource, LocalFile

READER_VERSION: Final = 6  # raise it when the same file gives other values


def fingerprint(attributes: Sequence[Attribute]) -> str:
    """A short name of a declaration and this reader: rows written under another one are outdated.

    Only what decides the values counts, not comments or units.
    """
    text = "\n".join(
        repr(
            (
                (a.column, a.kind.value, a.many, a.each, a.aggregate.value, a.identifying, a.derived, a.top_first),
                [source.text for source in (*a.sources, *a.finer)],
            )
        )
        for a in sorted(attributes, key=lambda a: a.column)
    )
    return hashlib.blake2b(f"{READER_VERSION}\n{text}".encode(), digest_size=8).hexdigest()


def _codec(name: str | None) -> str | None:
    if name is None:
        return None
    codec, _ = codec_of(name)
    if codec is None:
        raise ConfigError(f"unknown character set: {name}")
    return codec


@lru_cache(maxsize=16)
def reader_of(
    attributes: tuple[Attribute, ...],
    default_charset: str | None = None,
    override_charset: str | None = None,
    explain: bool = False,
) -> HeaderReader:
    """This process's reader with these options, which may have met other files before."""
    return HeaderReader(attributes, default_charset=default_charset, override_charset=override_charset, explain=explain)


def read_header(
    path: str | os.PathLike[str],
    attributes: Sequence[Attribute] = ATTRIBUTES,
    *,
    default_charset: str | None = None,
    override_charset: str | None = None,
    explain: bool = False,
) -> Header:
    """The header of one local file; the options are those of :class:`HeaderReader`.

    What the bytes are never raises: see ``status``, ``reason`` and ``issues``. InputError where there is no such file.

    >>> header = read_header("image.dcm", explain=True)
    >>> header.values["slice_thickness"], header.tags["slice_thickness"], header.issues
    (1.25, '(0018,0050)', [])
    >>> read_header("notes.txt").status.value
    'not_dicom'
    """
    if not os.path.isfile(path):
        raise InputError(f"{os.fspath(path)}: no such file")
    reader = reader_of(tuple(attributes), default_charset, override_charset, explain)
    return reader.read(LocalFile(os.fspath(path)))


class HeaderReader:
    """Reads headers by one declaration.

    ``default_charset`` decodes text above ASCII where a file declares no character set, ``override_charset`` all text,
    whatever the file declares; both are DICOM terms (``ISO_IR 100``) or names of Python codecs (``cp1252``).
    With ``explain``, ``Header.sources`` and ``Header.tags`` say where each value came from. Raises ConfigError.
    """

    def __init__(
        self,
        attributes: Sequence[Attribute],
        *,
        default_charset: str | None = None,
        override_charset: str | None = None,
        explain: bool = False,
    ) -> None:
        self.attributes = tuple(attributes)
        self.explain = explain
        self._derived = tuple(attribute for attribute in self.attributes if attribute.derived)
        override = _codec(override_charset)
        self._charsets = _codec(default_charset), None if override is None else Charset((override,))
        self._options = (default_charset, override_charset, explain)
        self._little = Plan(self.attributes, LITTLE)
        self._templates = Templates(self._little, self._charsets)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as its declaration: the other process has a reader of its own."""
        return reader_of, (self.attributes, *self._options)

    def read(self, source: ByteSource) -> Header:
        """The header of ``source``, which is then closed. Never raises on what the bytes are.

        A source that cannot be read is quarantined as ``io_error``.
        """
        try:
            try:
                return self._read(source)
            finally:
                source.close()
        except OSError:
            return Header(HeaderStatus.QUARANTINED, Rejection.IO_ERROR)
        except Exception:  # whatever a hostile file may provoke, the others of the task are read
            return Header(HeaderStatus.QUARANTINED, Rejection.INTERNAL_ERROR)

    def _read(self, source: ByteSource) -> Header:
        block = source.read_at(0, BLOCK)
        if not self.explain:
            known = self._templates.header(source, block)
            if known is not None:
                self._complete(known)
                return known
        found = walk(source, block, self._plan)
        header = found.header()
        if found.status in (HeaderStatus.PARSED, HeaderStatus.QUARANTINED):
            resolution = Resolution(header, found.hits, *self._charsets, found.frames, explain=self.explain)
            resolution.resolve(found.oddities)
        elements = len(found.hits)
        found.hits.clear()  # hits and contexts refer to each other: free them now, not when the collector runs
        if not self.explain:
            self._templates.learn(block, header, elements)
        self._complete(header)
        return header

    def _plan(self, order: ByteOrder) -> Plan:
        return self._little if order is LITTLE else self._big

    @cached_property
    def _big(self) -> Plan:
        """Hardly ever needed."""
        return Plan(self.attributes, BIG)

    def _complete(self, header: Header) -> None:
        """Add what derives from other columns, where both are declared."""
        if self._derived:
            derive(header)
            if self.explain:
                for attribute in self._derived:
                    if attribute.column in header.values:
                        header.sources[attribute.column] = attribute.path
                        header.tags[attribute.column] = "derived"
