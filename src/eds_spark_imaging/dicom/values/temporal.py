"""Dates, times and ages as DICOM writes them (PS3.5 section 6.2), and as files have them.

Each parser gives a value, or None, and why the text could not be taken as it stands.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from eds_spark_imaging.dicom.reason import Reason

_DATE: Final = re.compile(r"(\d{4})(?:(\d\d)(\d\d)|([.\-/])(\d\d)\4(\d\d))", re.ASCII)
_TIME: Final = re.compile(r"(\d\d)(?:(:?)(\d\d)(?:\2(\d\d)(?:\.(\d*))?)?)?", re.ASCII)
_OFFSET: Final = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)
_AGE: Final = re.compile(r"(\d{1,4}) ?([DWMY])", re.ASCII | re.IGNORECASE)
_OLDEST: Final = 130  # years: nobody known has reached 123
_YEARS: Final = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}


def parse_date(text: str) -> tuple[dt.date | None, Reason | None]:
    """A DA value: ``YYYYMMDD``; with points, hyphens or strokes too (ACR-NEMA)."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None, Reason.BAD_DATE
    year, month, day, separator, other_month, other_day = match.groups()
    try:
        date = dt.date(int(year), int(month or other_month), int(day or other_day))
    except ValueError:
        return None, Reason.BAD_DATE
    return date, Reason.NONSTANDARD_FORMAT if separator else None


def parse_time(text: str) -> tuple[dt.time | None, Reason | None]:
    """A TM value: ``HH[MM[SS[.F]]]``; with colons too (ACR-NEMA). Second 60 becomes 59."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None, Reason.BAD_TIME
    hour, colon, minute, second, fraction = match.groups()
    reason = Reason.NONSTANDARD_FORMAT if colon or fraction == "" or len(fraction or "") > 6 else None
    if second == "60":
        second, reason = "59", Reason.LEAP_SECOND
    microsecond = int((fraction or "0").ljust(6, "0")[:6])
    try:
        return dt.time(int(hour), int(minute or 0), int(second or 0), microsecond), reason
    except ValueError:
        return None, Reason.BAD_TIME


def time_text(time: dt.time) -> str:
    """``HH:MM:SS``, or ``HH:MM:SS.ffffff`` where there is a fraction."""
    return time.isoformat()


def parse_datetime(text: str) -> tuple[dt.datetime | None, int | None, Reason | None]:
    """A DT value, ``YYYYMMDDHH[MM[SS[.F]]][&ZZXX]``, as written, and its offset from UTC in minutes.

    The day and the hour must be there: less is no point in time.
    """
    offset = None
    if match := _OFFSET.fullmatch(text[-5:]) or _OFFSET.fullmatch(text[-6:]):
        sign, hours, minutes = match.groups()
        offset = (int(hours) * 60 + int(minutes)) * (-1 if sign == "-" else 1)
        if int(minutes) > 59 or not -12 * 60 <= offset <= 14 * 60:
            return None, None, Reason.BAD_DATETIME
        text = text.removesuffix(match[0])
    if text.isdecimal() and len(text) in (4, 6, 8):
        return None, None, Reason.INCOMPLETE_DATETIME
    split = 10 if text[4:5] in (".", "-", "/") else 8
    date, reason = parse_date(text[:split])
    time, other_reason = parse_time(text[split:].lstrip(" T") if split == 10 else text[split:])
    if date is None or time is None:
        return None, None, Reason.BAD_DATETIME
    return dt.datetime.combine(date, time), offset, reason or other_reason


def parse_age(text: str) -> tuple[float | None, Reason | None]:
    """An AS value, ``nnnD``, ``nnnW``, ``nnnM`` or ``nnnY``, in years; a number without unit is none.

    None too where nobody is so old, as in 999Y for an age that was not known.
    """
    match = _AGE.fullmatch(text)
    if match is None:
        return None, Reason.BAD_AGE
    number, unit = match.groups()
    age = int(number) * _YEARS[unit.upper()]
    if age > _OLDEST:
        return None, Reason.IMPLAUSIBLE
    standard = len(number) == 3 and len(text) == 4 and unit.isupper()
    return age, None if standard else Reason.NONSTANDARD_FORMAT
