"""Slice geometry of a series, from Image Position and Image Orientation (PS3.3 C.7.6.2.1.1)."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

_TOLERANCE = 0.01  # of the median spacing
_DIGITS = 3  # positions are compared to a thousandth of a millimetre


def slice_location(position: str = "image_position_patient", orientation: str = "image_orientation_patient") -> Column:
    """The distance of a slice from the origin along its normal, in mm; null without both attributes."""
    r = [F.get(orientation, F.lit(i)) for i in range(6)]
    normal = (r[1] * r[5] - r[2] * r[4], r[2] * r[3] - r[0] * r[5], r[0] * r[4] - r[1] * r[3])
    dot = sum((F.get(position, F.lit(i)) * n for i, n in enumerate(normal)), F.lit(0.0))
    return F.when((F.size(position) == 3) & (F.size(orientation) == 6), F.round(dot, _DIGITS))


def orientation_key(orientation: str = "image_orientation_patient") -> Column:
    """The orientation rounded so that numerical noise does not make two of it."""
    return F.transform(orientation, lambda x: F.round(x, 2))


def spacing(locations: Column) -> Column:
    """The median distance of neighbours in a sorted array of distinct locations, in mm; null below two."""
    gaps = F.array_sort(_gaps(locations))
    middle = F.size(gaps) / 2
    odd = F.get(gaps, F.floor(middle).cast("int"))
    even = (F.get(gaps, (middle - 1).cast("int")) + F.get(gaps, middle.cast("int"))) / 2
    return F.when(F.size(locations) > 1, F.round(F.when(F.size(gaps) % 2 == 1, odd).otherwise(even), _DIGITS))


def is_regular(locations: Column, instances: Column, orientations: Column) -> Column:
    """True for one orientation, no repeated position and spacing within 1 %; null without geometry."""
    median = spacing(locations)
    even = F.forall(_gaps(locations), lambda gap: F.abs(gap - median) <= _TOLERANCE * median)
    return F.when(F.size(locations) > 1, (orientations == 1) & (F.size(locations) == instances) & even)


def _gaps(locations: Column) -> Column:
    count = F.size(locations)
    following = F.slice(locations, F.lit(2), F.greatest(count - 1, F.lit(0)))
    return F.zip_with(F.slice(locations, F.lit(1), F.greatest(count - 1, F.lit(0))), following, lambda a, b: b - a)
