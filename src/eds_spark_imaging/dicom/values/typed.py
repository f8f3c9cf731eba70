"""Typed values from the value field of an element (PS3.5 section 6.2): the tolerant way, which sees every oddity.

``decoders`` has the short ways for values that are written as they should be; where one of them gives a value, this
module gives the same.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from eds_spark_imaging.dicom.declaration.attribute import Kind
from eds_spark_imaging.dicom.reason import Reason
from eds_spark_imaging.dicom.values.charset import Charset, decode_text
from eds_spark_imaging.dicom.values.temporal import parse_age, parse_date, parse_datetime, parse_time, time_text

Report = Callable[[Reason], None]

MAX_INTEGER: Final = 2**63 - 1
MIN_INTEGER: Final = -(2**63)

_BINARY: Final = {
    b"US": "H",
    b"SS": "h",
    b"UL": "L",
    b"SL": "l",
    b"UV": "Q",
    b"SV": "q",
    b"FL": "f",
    b"FD": "d",
    b"AT": "HH",
}
BINARY_VRS: Final = frozenset(_BINARY)
_TEXT: Final = frozenset(b"AE CS LO LT PN SH ST UC UI UR UT".split())
_NUMBER_TEXT: Final = frozenset((b"DS", b"IS"))
_TEXT_LIKE: Final = _TEXT | _NUMBER_TEXT | {b"AS", b"DA", b"DT", b"TM"}
ONE_VALUE: Final = frozenset((b"LT", b"ST", b"UR", b"UT"))  # a backslash is part of the text
_LINES: Final = frozenset((b"LT", b"ST", b"UT"))  # line ends are part of the text
_NUMERIC: Final = (Kind.DOUBLE, Kind.BIGINT)
_BY_KIND: Final = {Kind.DATE: b"DA", Kind.TIME: b"TM", Kind.DATETIME: b"DT", Kind.AGE: b"AS", Kind.STRING: b"LO"}
_BY_LENGTH: Final = {(Kind.DOUBLE, 4): b"FL", (Kind.DOUBLE, 8): b"FD"} | {
    (Kind.BIGINT, length): vr for length, vr in ((2, b"US"), (4, b"SL"), (8, b"SV"))
}

NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_LOOKS_NUMERIC: Final = re.compile(rb"[-+.\deE\\ \0,]+")
UID: Final = re.compile(r"(?!.{65})(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))+", re.ASCII)
_CONTROL: Final = re.compile(r"\r\n|[\x00-\x1f\x7f-\x9f]")
_LINE_ENDS: Final = re.compile(r"\r\n|[\n\r\t\f]")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a column asks of a value field."""

    kind: Kind
    many: bool = False  # all values, in order
    frames: int = 0  # so many from every frame
    distinct: bool = False  # all values, the order does not matter
    number: int = 0  # of the one value to take, from 1; 0 takes all
    modulo: float = 0.0  # 0: none
    scale: float = 1.0
    identifier: bool = False

    @property
    def single(self) -> bool:
        """Whether the column is no array."""
        return not self.many and not self.distinct

    @property
    def plain(self) -> bool:
        """Whether a number is taken as written."""
        return self.scale == 1 and not self.modulo


def choose_vr(written: bytes | None, known: bytes | None, kind: Kind, raw: bytes) -> tuple[bytes, bool]:
    """The VR to decode with, and whether the written one is at odds with the dictionary's.

    ``written`` is None in implicit form, ``known`` None where the dictionary has no single VR for the element.
    """
    if written is None or written == b"UN":
        if known is not None:
            return known, written is not None
        if kind in _BY_KIND:
            return _BY_KIND[kind], False
        return b"DS" if _LOOKS_NUMERIC.fullmatch(raw) else _BY_LENGTH.get((kind, len(raw)), b"DS"), False
    if known is None or written == known or not (written in _TEXT_LIKE or written in _BINARY):
        return written, False
    if {written, known} <= _TEXT or {written, known} <= _NUMBER_TEXT:
        return written, False
    fits = kind is Kind.STRING or (kind in _NUMERIC and (written in _NUMBER_TEXT or written in _BINARY))
    return (written if fits else known), True


def decode(raw: bytes, vr: bytes, wanted: Wanted, *, little: bool, charset: Charset, report: Report) -> list[Any]:
    """The values of a value field, in order; none where it is empty or cannot be taken.

    One value at most unless many or distinct are wanted. Datetimes come as (datetime, minutes from UTC or None).
    """
    if vr in _BINARY:
        parts: list[Any] = _unpack(raw, vr, little, report)
    elif vr in _TEXT_LIKE:
        parts = _split(raw, vr, wanted, charset, report)
    else:
        report(Reason.NOT_A_VALUE)
        return []
    if wanted.number:
        parts = parts[wanted.number - 1 : wanted.number]
    count = len(parts)
    while parts and parts[-1] == "":
        parts.pop()
    if 0 < len(parts) < count and wanted.kind is not Kind.STRING:
        report(Reason.EMPTY_VALUE)
    if wanted.many or wanted.distinct:
        return _several(parts, vr, wanted, report)
    if len(parts) > 1:
        report(Reason.MULTIPLE_VALUES)
    value = _convert(parts[0], vr, wanted, report) if parts and parts[0] != "" else None
    return [] if value is None else [value]


def _several(parts: list[Any], vr: bytes, wanted: Wanted, report: Report) -> list[Any]:
    """All values. Where the order counts, None stands for one that is missing, so that the others keep their places."""
    if "" in parts and wanted.many and wanted.kind is not Kind.STRING:
        report(Reason.EMPTY_VALUE)
    values = [None if part == "" else _convert(part, vr, wanted, report) for part in parts]
    known = [value for value in values if value is not None]
    return values if wanted.many and known else known


def _unpack(raw: bytes, vr: bytes, little: bool, report: Report) -> list[Any]:
    code = _BINARY[vr]
    size = struct.calcsize("<" + code)
    if len(raw) % size:
        report(Reason.BAD_LENGTH)
        return []
    numbers = struct.unpack(("<" if little else ">") + code * (len(raw) // size), raw)
    if vr == b"AT":
        return [f"({group:04X},{number:04X})" for group, number in zip(numbers[::2], numbers[1::2], strict=True)]
    return list(numbers)


def _split(raw: bytes, vr: bytes, wanted: Wanted, charset: Charset, report: Report) -> list[Any]:
    """The texts of a value field without padding, and without control characters."""
    text, reason = decode_text(raw.rstrip(b" \0"), charset, name=vr == b"PN")
    if reason is not None:
        report(reason)
    if vr in _LINES:
        text = _LINE_ENDS.sub(" ", text)
    if wanted.kind is not Kind.STRING and "," in text and "\\" not in text and vr in _NUMBER_TEXT:
        parts = text.split(",")
        if all("." in part for part in parts):
            report(Reason.COMMA_SEPARATED)
            return [part.strip(" \0") for part in parts]
    parts = [text] if vr in ONE_VALUE else text.split("\\")
    return [_clean(part, wanted, report) for part in parts]


def _clean(text: str, wanted: Wanted, report: Report) -> str:
    text = text.rstrip(" \0")
    if not text.isprintable() and _CONTROL.search(text):
        report(Reason.CONTROL_CHARACTER)
        text = _CONTROL.sub(" ", text).rstrip()
    if text.startswith(" "):
        text = text.lstrip()
        if wanted.identifier:
            report(Reason.LEADING_BLANK)
    return text


def _convert(part: Any, vr: bytes, wanted: Wanted, report: Report) -> Any:
    """One value of the wanted kind, or None."""
    kind = wanted.kind
    if kind is Kind.STRING:
        text = part if isinstance(part, str) else str(part)
        if vr == b"PN":
            return text.rstrip("=") or None  # component groups that are empty (PS3.5 section 6.2.1.2)
        if vr == b"UI" and not UID.fullmatch(text):
            report(Reason.BAD_UID)
        return text
    if kind is Kind.DOUBLE or kind is Kind.BIGINT:
        return _number(part, vr, wanted, report)
    parse = _PARSERS[kind]
    value, reason = parse(str(part))
    if reason is not None:
        report(reason)
    return value


def _parse_time_text(text: str) -> tuple[str | None, Reason | None]:
    time, reason = parse_time(text)
    return None if time is None else time_text(time), reason


def _parse_zoned(text: str) -> tuple[tuple[dt.datetime, int | None] | None, Reason | None]:
    value, offset, reason = parse_datetime(text)
    return None if value is None else (value, offset), reason


_PARSERS: Final[dict[Kind, Callable[[str], tuple[Any, Reason | None]]]] = {
    Kind.DATE: parse_date,
    Kind.TIME: _parse_time_text,
    Kind.DATETIME: _parse_zoned,
    Kind.AGE: parse_age,
}


def _number(part: Any, vr: bytes, wanted: Wanted, report: Report) -> float | int | None:
    if isinstance(part, str):
        if not NUMBER.fullmatch(part):
            report(Reason.BAD_NUMBER)
            return None
        if wanted.kind is Kind.BIGINT and wanted.plain and part.lstrip("+-").isdigit() and len(part) < 100:
            return _integer(int(part), report)
        part = float(part)
        if vr == b"IS" and wanted.kind is Kind.DOUBLE and not part.is_integer():
            report(Reason.NOT_INTEGER)
    if wanted.modulo and math.isfinite(part):
        part = math.fmod(part, wanted.modulo)
    if wanted.scale != 1:
        part = scaled(part, wanted.scale)
    if not math.isfinite(part):
        report(Reason.NOT_FINITE)
        return None
    return float(part) if wanted.kind is Kind.DOUBLE else _integer(part, report)


def scaled(number: float, scale: float) -> float:
    """``number`` times ``scale``; by division where that is exact: 123 * 0.001 is not 0.123, 123 / 1000 is."""
    divisor = round(1 / scale)
    return number / divisor if abs(scale) < 1 and 1 / divisor == scale else number * scale


def _integer(number: float | int, report: Report) -> int | None:
    if number != int(number):
        report(Reason.NOT_INTEGER)
        return None
    if not MIN_INTEGER <= number <= MAX_INTEGER:
        report(Reason.OUT_OF_RANGE)
        return None
    return int(number)


def is_rounding(coarse: float, fine: float) -> bool:
    """Whether a whole number may stand for ``fine``, rounded in whichever direction; 0 for what was too small."""
    return float(coarse).is_integer() and (coarse == 0 or abs(coarse - fine) < 1)
