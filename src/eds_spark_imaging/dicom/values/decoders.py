"""Short ways to the values of elements that are written as the standard asks.

A decoder gives the value or, for all that is empty, odd or rare, ``SLOW``; ``values.decode`` then takes over and, for
what a decoder accepts, gives the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from struct import Struct
from typing import Any, Final

from eds_spark_imaging.dicom.declaration.attribute import Kind
from eds_spark_imaging.dicom.values.temporal import parse_age
from eds_spark_imaging.dicom.values.typed import MAX_INTEGER, MIN_INTEGER, ONE_VALUE, UID, Wanted

SLOW: Final[Any] = NotImplemented

Fast = Callable[[bytes], Any]

_STRUCTS: Final = {
    b"US": Struct("<H"),
    b"SS": Struct("<h"),
    b"UL": Struct("<L"),
    b"SL": Struct("<l"),
    b"FL": Struct("<f"),
    b"FD": Struct("<d"),
}


def fast_decoder(wanted: Wanted, vr: bytes | None, *, little: bool = True) -> Fast:
    """The short way to what is wanted of an element of this VR."""
    kind = wanted.kind
    if vr is None or wanted.number or not wanted.plain:
        return _slow
    if (kind, vr) in _TEXTUAL:
        decode = _TEXTUAL[kind, vr]
        if wanted.single:
            return decode
        return _slow if vr in ONE_VALUE else _several(decode, sort=wanted.distinct)
    if vr in _STRUCTS and little and (kind is Kind.DOUBLE or (kind is Kind.BIGINT and vr not in (b"FL", b"FD"))):
        number = float if kind is Kind.DOUBLE else int
        if wanted.single:
            return _binary(_STRUCTS[vr], number)
        return _binaries(_STRUCTS[vr], number, sort=wanted.distinct)
    return _slow


def _several(decode: Fast, *, sort: bool) -> Fast:
    """The short way to all values, by that to one."""

    def values(raw: bytes) -> Any:
        if b"\\" not in raw:
            value = decode(raw)
            return SLOW if value is SLOW else [value]
        found = [decode(part) for part in raw.split(b"\\")]
        if SLOW in found:
            return SLOW
        return sorted(set(found)) if sort else found

    return values


def _slow(raw: bytes) -> Any:
    return SLOW


def _text(raw: bytes) -> Any:
    try:
        text = str(raw, "ascii").rstrip(" \0")
    except UnicodeDecodeError:
        return SLOW
    if text.isprintable() and "\\" not in text and text[:1] not in ("", " "):
        return text
    return SLOW


def _name(raw: bytes) -> Any:
    text = _text(raw)
    return SLOW if text is SLOW or text[-1] == "=" else text


def _uid(raw: bytes) -> Any:
    text = str(raw, "latin-1").rstrip(" \0")
    return text if UID.fullmatch(text) else SLOW


def _decimal(raw: bytes) -> Any:
    try:
        number = float(raw)
    except ValueError:
        return SLOW
    return number if number - number == 0 and b"_" not in raw else SLOW


def _integer(raw: bytes) -> Any:
    try:
        number = int(raw)
    except ValueError:
        return SLOW
    return number if MIN_INTEGER <= number <= MAX_INTEGER and b"_" not in raw else SLOW


def _whole(raw: bytes) -> Any:
    number = _integer(raw)
    return SLOW if number is SLOW else float(number)


def _age(raw: bytes) -> Any:
    age, reason = parse_age(str(raw, "latin-1"))
    return age if reason is None else SLOW


def _date(raw: bytes) -> Any:
    if len(raw) != 8 or not raw.isdigit():
        return SLOW
    try:
        return dt.date.fromisoformat(str(raw, "ascii"))
    except ValueError:
        return SLOW


def _time(raw: bytes) -> Any:
    """``HHMMSS``, with at most six digits of a second."""
    text = str(raw, "latin-1").rstrip(" ")
    if not text[:6].isdecimal() or text[:2] > "23" or text[2:4] > "59" or text[4:6] > "59":
        return SLOW
    clock = f"{text[:2]}:{text[2:4]}:{text[4:6]}"
    if len(text) == 6:
        return clock
    fraction = text[7:]
    if not 8 <= len(text) <= 13 or text[6] != "." or not fraction.isdecimal():
        return SLOW
    return f"{clock}.{fraction:0<6}" if fraction.strip("0") else clock


def _binary(form: Struct, kind: type) -> Fast:
    unpack, size = form.unpack, form.size

    def number(raw: bytes) -> Any:
        if len(raw) != size:
            return SLOW
        (value,) = unpack(raw)
        return kind(value) if value - value == 0 else SLOW

    return number


def _binaries(form: Struct, kind: type, *, sort: bool) -> Fast:
    iter_unpack, size = form.iter_unpack, form.size

    def numbers(raw: bytes) -> Any:
        if not raw or len(raw) % size:
            return SLOW
        values = [kind(value) for (value,) in iter_unpack(raw)]
        if not all(value - value == 0 for value in values):
            return SLOW
        return sorted(set(values)) if sort else values

    return numbers


_TEXTUAL: Final[dict[tuple[Kind, bytes], Fast]] = {
    **{(Kind.STRING, vr): _text for vr in (b"AE", b"CS", b"LO", b"LT", b"SH", b"ST", b"UC", b"UT")},
    (Kind.STRING, b"PN"): _name,
    (Kind.STRING, b"UI"): _uid,
    (Kind.DATE, b"DA"): _date,
    (Kind.TIME, b"TM"): _time,
    (Kind.DOUBLE, b"DS"): _decimal,
    (Kind.DOUBLE, b"IS"): _whole,
    (Kind.BIGINT, b"IS"): _integer,
    (Kind.AGE, b"AS"): _age,
}
