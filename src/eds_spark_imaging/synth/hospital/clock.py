"""Hospital wall-clock times: Paris, without zone, as DICOM headers and radiographers have them.

The Parquet tables of the base centrale hold instants instead; :func:`instant` is the only way from one to the other.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
FIRST_DAY = date(2005, 1, 1)
LAST_DAY = date(2025, 6, 30)  # the synthetic "today": nothing is drawn from the real clock
FEED_BREAK = datetime(2023, 2, 1)

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


def utc_offset(wall: datetime) -> timedelta:
    """What Paris is ahead of UTC at a wall-clock time; the first of the two where the hour comes twice."""
    offset = wall.replace(tzinfo=PARIS).utcoffset()
    assert offset is not None  # noqa: S101  (ZoneInfo always knows; for the type checker)
    return offset


def instant(wall: datetime) -> int:
    """Microseconds since 1970-01-01T00:00:00Z of a Paris wall-clock time."""
    return (wall - _EPOCH - utc_offset(wall)) // _MICROSECOND


def paris_time(microseconds: int) -> datetime:
    """The Paris wall-clock time of an instant in microseconds since the epoch, without zone."""
    return (_EPOCH + timedelta(microseconds=microseconds)).replace(tzinfo=UTC).astimezone(PARIS).replace(tzinfo=None)


def existing(wall: datetime) -> datetime:
    """The same time, or an hour later where clocks skip it on the last Sunday of March: no clock ever shows that."""
    return paris_time(instant(wall)) if wall.month == 3 and wall.hour == 2 else wall


def random_time(rng: Random, day: date, *, night_share: float = 0.08) -> datetime:
    """A time of the working day (07:00-19:59), or any hour for a share of them."""
    hour = rng.randrange(24) if rng.random() < night_share else rng.randrange(7, 20)
    return existing(datetime(day.year, day.month, day.day, hour, rng.randrange(60), rng.randrange(60)))


def random_day(rng: Random, first: date, last: date) -> date:
    """A day of a closed interval; the first one where the interval is empty."""
    return first + timedelta(days=rng.randint(0, max(0, (last - first).days)))


def days_between(first: date, last: date) -> int:
    """Whole days from one date to the other, negative where ``last`` comes first."""
    return (last - first).days


def dicom_date(value: date) -> str:
    """DA (PS3.5 section 6.2): YYYYMMDD."""
    return f"{value.year:04d}{value.month:02d}{value.day:02d}"


def dicom_time(value: datetime) -> str:
    """TM (PS3.5 section 6.2): HHMMSS, with a fraction where there is one."""
    text = f"{value.hour:02d}{value.minute:02d}{value.second:02d}"
    return f"{text}.{value.microsecond:06d}" if value.microsecond else text
