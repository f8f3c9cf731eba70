"""Dates and times of a patient moved together: intervals, order, hours and days of the week stay."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F

from eds_spark_imaging.config.sections.projects import Precision
from eds_spark_imaging.privacy.pseudonyms import keyed_hash
from eds_spark_imaging.tables.spec import DATE, KNOWN_YEARS, STRING, WALL_CLOCK

WEEKS = 52  # a patient's dates move by up to so many weeks, and by one at the least
# Machines and stores write these for none. Moved, a day that many patients have would tell the shift of each.
_DEFAULTS = (dt.date(1900, 1, 1), dt.date(1970, 1, 1))
_TEXT = {Precision.SECOND: (8, ""), Precision.MINUTE: (5, ":00"), Precision.HOUR: (2, ":00:00")}


def shift_days(patient: Column) -> Column:
    """The days by which the patient's dates move: whole weeks, from -364 to 364, never 0."""
    drawn = F.conv(F.substring(keyed_hash("shift", patient), 1, 8), 16, 10).cast("bigint") % (2 * WEEKS)
    weeks = F.when(drawn < WEEKS, drawn - WEEKS).otherwise(drawn - WEEKS + 1)
    return (weeks * 7).cast("int")


def moved(value: Column, kind: pa.DataType, days: Column, precision: Precision) -> Column:
    """A date, a wall-clock time or a text HH:MM:SS[.f] of that Arrow type, or an array of them. TypeError on others.

    What stands for no date is null.
    """
    if pa.types.is_list(kind):
        return F.transform(value, lambda item: moved(item, kind.value_type, days, precision))
    if kind == DATE:
        return F.date_add(_known(value), days)
    if kind == WALL_CLOCK:
        return _cut(_known(value), precision) + F.make_dt_interval(days=days)
    if kind == STRING:
        kept, filler = _TEXT[precision]
        return F.concat(F.substring(value, 1, kept), F.lit(filler))
    raise TypeError(f"no rule moves values of type {kind}")


def _known(value: Column) -> Column:
    """The date or time; null where it stands for none."""
    is_known = F.year(value).between(KNOWN_YEARS[0], KNOWN_YEARS[-1]) & ~value.cast("date").isin(*_DEFAULTS)
    return F.when(is_known, value)


def _cut(value: Column, precision: Precision) -> Column:
    """Whole seconds, minutes or hours. By intervals: date_trunc would go by way of the session's time zone."""
    seconds = F.extract(F.lit("SECOND"), value)
    if precision is Precision.SECOND:
        return value - F.make_dt_interval(secs=seconds - F.floor(seconds))
    if precision is Precision.MINUTE:
        return value - F.make_dt_interval(secs=seconds)
    return value - F.make_dt_interval(mins=F.extract(F.lit("MINUTE"), value), secs=seconds)
