"""A small DICOM encoder, as fast as the tree needs: little endian, explicit or implicit (PS3.5 and PS3.10 section 7).

Elements are given by keyword, or by (tag, VR) where no dictionary knows them; each becomes one piece of bytes by tag,
so that what a series shares is encoded once and a file is a sorted join of pieces.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydicom.datadict import dictionary_VR, tag_for_keyword

Key = str | tuple[int, str]
Elements = Mapping[Key, Any]
Pieces = dict[int, bytes]

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
IMPLEMENTATION_UID = "2.25.271828182845904523536028747135266249"

_LONG_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "UC", "UN", "UR", "UT"})
_TEXT_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_PACKED = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FD": "d", "FL": "f", "OW": "H"}
_PADDING = {"UI": b"\0"}
_UNDEFINED = 0xFFFFFFFF
_short = struct.Struct("<HH2sH").pack
_long = struct.Struct("<HH2sHI").pack
_implicit = struct.Struct("<HHI").pack
_ITEM, _ITEM_END, _SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)


@dataclass(frozen=True, slots=True)
class Encapsulated:
    """Compressed pixel data: one fragment after an empty offset table (PS3.5 section A.4)."""

    fragment: bytes


@cache
def _resolve(key: Key) -> tuple[int, str]:
    """Tag and VR; where the dictionary leaves a choice the unsigned or the word VR is taken."""
    if isinstance(key, tuple):
        return key
    tag = tag_for_keyword(key)
    if tag is None:
        raise KeyError(key)
    vr = dictionary_VR(tag)
    return tag, {"US or SS": "US", "OB or OW": "OW", "US or OW": "US", "US or SS or OW": "US"}.get(vr, vr)


@dataclass(frozen=True, slots=True)
class Encoder:
    """How one machine writes data sets."""

    explicit: bool = True
    codec: str = "latin-1"
    undefined_lengths: bool = False

    def pieces(self, elements: Elements) -> Pieces:
        """Each element encoded, by tag; None is an empty value."""
        result: Pieces = {}
        for key, value in elements.items():
            tag, vr = _resolve(key)
            result[tag] = self._element(tag, vr, value)
        return result

    def dataset(self, elements: Elements) -> bytes:
        """The encoded elements in order of their tags."""
        return join(self.pieces(elements))

    def _element(self, tag: int, vr: str, value: Any) -> bytes:
        if isinstance(value, Encapsulated):
            return _encapsulated(tag, value.fragment)
        body = self._sequence(value) if vr == "SQ" else self._value(vr, value)
        length = len(body)
        if vr == "SQ" and self.undefined_lengths:
            body, length = body + _implicit(*_SEQUENCE_END, 0), _UNDEFINED
        group, element = tag >> 16, tag & 0xFFFF
        if not self.explicit:
            return _implicit(group, element, length) + body
        if vr in _LONG_VRS:
            return _long(group, element, vr.encode(), 0, length) + body
        return _short(group, element, vr.encode(), length) + body

    def _sequence(self, items: list[Elements]) -> bytes:
        bodies = (self.dataset(item) for item in items)
        if self.undefined_lengths:
            end = _implicit(*_ITEM_END, 0)
            return b"".join(_implicit(*_ITEM, _UNDEFINED) + body + end for body in bodies)
        return b"".join(_implicit(*_ITEM, len(body)) + body for body in bodies)

    def _value(self, vr: str, value: Any) -> bytes:
        if isinstance(value, str):  # most values by far
            text = value
        elif value is None:
            return b""
        elif isinstance(value, bytes):
            return value + b"\0" * (len(value) % 2)
        else:
            values = value if isinstance(value, list) else [value]
            if packed := _PACKED.get(vr):
                return struct.pack(f"<{len(values)}{packed}", *values)
            if vr == "AT":
                return b"".join(struct.pack("<HH", tag >> 16, tag & 0xFFFF) for tag in values)
            text = "\\".join([v if isinstance(v, str) else _number(v) for v in values])
        data = text.encode(self.codec if vr in _TEXT_VRS else "ascii", errors="replace")
        return data + _PADDING.get(vr, b" ") if len(data) % 2 else data


def _number(value: float) -> str:
    """DS or IS text, at most 16 characters."""
    return str(value) if isinstance(value, int) else f"{value:.9g}"


def _encapsulated(tag: int, fragment: bytes) -> bytes:
    padded = fragment + b"\0" * (len(fragment) % 2)
    return b"".join(
        (
            _long(tag >> 16, tag & 0xFFFF, b"OB", 0, _UNDEFINED),
            _implicit(*_ITEM, 0),
            _implicit(*_ITEM, len(padded)) + padded,
            _implicit(*_SEQUENCE_END, 0),
        )
    )


def join(*pieces: Pieces) -> bytes:
    """One data set from pieces, later ones replacing earlier ones."""
    merged: Pieces = {}
    for part in pieces:
        merged.update(part)
    return b"".join([merged[tag] for tag in sorted(merged)])


_META = Encoder()


def file_start(sop_class: str, sop_uid: str, syntax: str) -> bytes:
    """Preamble, prefix and File Meta Information."""
    meta = _META.dataset(
        {
            "FileMetaInformationVersion": b"\0\1",
            "MediaStorageSOPClassUID": sop_class,
            "MediaStorageSOPInstanceUID": sop_uid,
            "TransferSyntaxUID": syntax,
            "ImplementationClassUID": IMPLEMENTATION_UID,
            "ImplementationVersionName": "EDS_SYNTH_1",
        }
    )
    return bytes(128) + b"DICM" + _META.dataset({"FileMetaInformationGroupLength": len(meta)}) + meta
