"""Birth dates as the field writes them, and how far two of them agree. Column expressions only.

1 January stands for a day that nobody knows, but tells the year; 1900 and before stand for no date at all.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from eds_spark_imaging.tables.link_words import TraitState

_NO_YEAR = 1900


def is_default_date(column: Column) -> Column:
    """Whether a birth date tells no day: 1 January of any year, or the year 1900 and before; false for none."""
    return F.coalesce(_tells_year_only(column) | (F.year(column) <= _NO_YEAR), F.lit(False))


def birth_date_state() -> Column:
    """The :class:`TraitState` of ``birth_date_stored`` (the header's) to ``person_birth_date`` and
    ``person_birth_year``."""
    same_year = F.when(_years_between() == 0, str(TraitState.COMPATIBLE)).otherwise(str(TraitState.DIFFER))
    return (
        F.when(_years_between().isNull(), str(TraitState.MISSING))
        .when(_only_years_compare(), same_year)
        .when(F.col("birth_date_stored") == F.col("person_birth_date"), str(TraitState.AGREE))
        .otherwise(str(TraitState.DIFFER))
    )


def is_one_error() -> Column:
    """Whether two birth dates that differ do so by one error of typing: in one of day, month and year, or with day
    and month in the wrong order; where only the years compare, by one year."""
    header, known = F.col("birth_date_stored"), F.col("person_birth_date")
    parts = F.lit(0)
    for part in (F.year, F.month, F.day):
        parts = parts + (part(header) != part(known)).cast("int")
    swapped = (F.year(header) == F.year(known)) & (F.month(header) == F.day(known)) & (F.day(header) == F.month(known))
    return F.when(_only_years_compare(), F.abs(_years_between()) == 1).otherwise((parts == 1) | swapped)


def _years_between() -> Column:
    """Null where one side has no year."""
    return _year(F.year("birth_date_stored")) - F.coalesce(
        _year(F.year("person_birth_date")), _year(F.col("person_birth_year"))
    )


def _year(year: Column) -> Column:
    return F.when(year > _NO_YEAR, year)


def _only_years_compare() -> Column:
    known = F.col("person_birth_date")
    return known.isNull() | _tells_year_only(F.col("birth_date_stored")) | _tells_year_only(known)


def _tells_year_only(column: Column) -> Column:
    return (F.month(column) == 1) & (F.day(column) == 1)
