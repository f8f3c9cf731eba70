"""Values computed from others of the same file: those that the declaration marks as derived."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from eds_spark_imaging.dicom.reason import Reason
from eds_spark_imaging.dicom.result import Header, Issue

# What a person may be given, in MBq: from a breath test to a therapy. As Bq, none of these numbers is in the range
# again, so the number itself tells its unit, whatever the standard asks of this kind of object (Bq in PS3.3 C.8.9.2,
# MBq in C.8.4.10 and C.8.22.4) and the maker wrote.
LEAST_MBQ: Final = 0.1
MOST_MBQ: Final = 50_000.0

# A dynamic scan begins before the injection, by seconds or minutes. A time that would be half a day after the scan is
# one of the day before; only shortly after it, it may be one of the next day.
NEVER_AFTER: Final = dt.timedelta(hours=12)
INTO_SCAN: Final = dt.timedelta(hours=1)

_DAY: Final = dt.timedelta(days=1)
_SCAN: Final = ("acquisition", "series", "study")  # what tells when the scan was, the best first

Rule = Callable[[Mapping[str, Any]], tuple[Any, str | None]]


def injected_activity(values: Mapping[str, Any]) -> tuple[float | None, str | None]:
    """The injected activity in MBq, and the column that is at fault where there is none."""
    stored = values.get("radionuclide_total_dose")
    if stored is None:
        return None, None
    for activity in (stored, stored / 1e6):
        if LEAST_MBQ <= activity <= MOST_MBQ:
            return activity, None
    return None, "radionuclide_total_dose"


def injection_datetime(values: Mapping[str, Any]) -> tuple[dt.datetime | None, str | None]:
    """When the tracer was injected, with the date of the scan where the header has the time alone."""
    stored = values.get("radiopharmaceutical_start_date_time")
    time = values.get("radiopharmaceutical_start_time")
    if stored is not None or time is None:
        return stored, None
    clock = dt.time.fromisoformat(time)
    scan = next(filter(None, (_moment(values, what) for what in _SCAN)), None)
    if scan is not None:
        return _near(scan, clock), None
    date = next(filter(None, (values.get(f"{what}_date") for what in _SCAN)), None)
    return (None if date is None else dt.datetime.combine(date, clock)), None


def _near(scan: dt.datetime, clock: dt.time) -> dt.datetime:
    """The moment of a scan's day with this time, or that of a neighbouring day where the scan was about midnight."""
    moment = dt.datetime.combine(scan, clock)
    days = 0
    if moment - scan > NEVER_AFTER:
        days = -1
    elif scan - moment >= _DAY - INTO_SCAN:
        days = 1
    with suppress(OverflowError):
        return moment + days * _DAY
    return moment


def _moment(values: Mapping[str, Any], what: str) -> dt.datetime | None:
    """The date and time of the acquisition, series or study, by the pair of columns or the one."""
    date, time = values.get(f"{what}_date"), values.get(f"{what}_time")
    if date is not None and time is not None:
        return dt.datetime.combine(date, dt.time.fromisoformat(time))
    found: dt.datetime | None = values.get(f"{what}_date_time")
    return found


RULES: Final[Mapping[str, Rule]] = {
    "injected_activity": injected_activity,
    "injection_datetime": injection_datetime,
}
_NEEDED: Final = ("radionuclide_total_dose", "radiopharmaceutical_start_date_time", "radiopharmaceutical_start_time")


def derive(header: Header) -> None:
    """Add the derived values of a header, and an issue where one is in no way plausible."""
    values = header.values
    if values.keys().isdisjoint(_NEEDED):
        return
    for column, rule in RULES.items():
        value, fault = rule(values)
        if value is not None:
            header.add(column, value)
            _add_offset(header, column)
        elif fault is not None:
            header.issues.append(Issue(column, None, str(values[fault]), Reason.IMPLAUSIBLE))


def _add_offset(header: Header, column: str) -> None:
    """The zone that a moment was written with is that of the same moment in another column."""
    if column == "injection_datetime" and (stored := "radiopharmaceutical_start_date_time") in header.offsets:
        header.offsets[column] = header.offsets[stored]
