"""Values computed from others of the same file: those that the declaration marks as derived."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

from eds_spark_imaging.dicom.reason import Reason
from eds_spark_imaging.dicom.result import Header, Issue

# What a person may be given, in MBq: from a breath test to a therapy. As Bq, none of these numbers is in the range
# again, so the number itself tells its unit, whatever the standard asks of this kind of object (Bq in PS3.3 C.8.9.2,
# MBq in C.8.4.10 and C.8.22.4) and the maker wrote.
LEAST_MBQ: Final = 0.1
MOST_MBQ: Final = 50_000.0

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
    """When the tracer was injected: a time without date belongs to the day before where it would be after the scan."""
    stored = values.get("radiopharmaceutical_start_date_time")
    if stored is not None:
        return stored, None
    time = values.get("radiopharmaceutical_start_time")
    scan = _moment(values, "acquisition") or _moment(values, "series")
    date = values.get("series_date") or values.get("acquisition_date")
    if time is None or date is None:
        return None, None
    moment = dt.datetime.combine(date, dt.time.fromisoformat(time))
    if scan is not None and moment > scan and date > dt.date.min:
        moment -= dt.timedelta(days=1)
    return moment, None


def _moment(values: Mapping[str, Any], what: str) -> dt.datetime | None:
    """The date and time of the acquisition, or of the series, by the pair of columns or the one."""
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
        elif fault is not None:
            header.issues.append(Issue(column, None, str(values[fault]), Reason.IMPLAUSIBLE))
