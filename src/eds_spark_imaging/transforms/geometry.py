"""Whether the slices of a series are a regular volume: one check a column.

Slices have their place by Image Position and Image Orientation (PS3.3 C.7.6.2.1.1), of enhanced objects by those of
their frames (C.7.6.16.2.3, .4). The checks and their tolerances are those of the volume geometry index of the NCI
Imaging Data Commons (idc-index-data), which are also highdicom's where it has the same check.
"""

from __future__ import annotations

from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

_DIGITS: Final = 4  # places are compared to a ten-thousandth of a millimetre
_SHOWN: Final = 3  # of a spacing
_COSINE: Final = 0.001  # by which an orientation may differ
_UNIT: Final = 0.01  # by which the normal of two axes may be longer or shorter than 1
_IN_PLANE: Final = 0.1  # mm
_SPACING: Final = 0.01  # of the mean spacing
IS_IMAGE: Final = "(`rows` IS NOT NULL OR image_position_patient IS NOT NULL OR frame_positions IS NOT NULL)"
_NOT_A_SLICE: Final = "(?i)LOCALIZER|SCOUT|MIP|M(AX|IN)_?IP|MNIP|PROJECTION"


def plane_aggregates() -> list[Column]:
    """What :func:`with_geometry` needs to know of the instances of a series."""
    texts = {  # headers may hold any number: what is computed with is a double, which does not overflow
        "_planes": f"sum(IF({IS_IMAGE}, greatest(coalesce(number_of_frames, 1), 1), 0)::DOUBLE)",
        "_positions": f"flatten(collect_list(coalesce(frame_positions, {_whole('image_position_patient', 3)})))",
        "_orientations": f"collect_set(coalesce(frame_orientations, {_whole('image_orientation_patient', 6)}))",
        "_pixel_spacings": f"collect_set(coalesce(frame_pixel_spacings, {_whole('pixel_spacing', 2)}))",
        "_matrices": "collect_set(IF(`rows` IS NULL, NULL, struct(`rows`, `columns`)))",
        "_image_types": "array_distinct(flatten(collect_set(image_type)))",
    }
    return [F.expr(text).alias(name) for name, text in texts.items()]


def _whole(column: str, values: int) -> str:
    """The array where it has so many values and no null among them."""
    return f"IF(size(array_compact({column})) = {values} AND size({column}) = {values}, {column}, NULL)"


def with_geometry(series: DataFrame) -> DataFrame:
    """Adds ``slice_count``, ``slice_spacing`` (mm), the checks and ``is_regular_volume`` to rows of series.

    ``series`` has the columns of :func:`plane_aggregates`. A check is null where the headers do not tell, and for
    series of one image; ``_at``, the sorted distinct places along the normal, is left for :mod:`completeness`.
    """
    steps: tuple[dict[str, str], ...] = (
        {"_cosines": "flatten(sort_array(_orientations))"},
        {"_axes": "slice(_cosines, 1, 6)"},
        {"_normal": f"IF(size(_axes) = 6, array({_cross('_axes')}), NULL)"},
        {"_slices": f"IF(_normal IS NOT NULL AND size(_positions) > 0, {_SLICES}, NULL)"},
        {"_at": "array_distinct(transform(_slices, s -> s.at))", "_two": "_slices IS NOT NULL AND _planes > 1"},
        {"_gaps": "zip_with(slice(_at, 1, size(_at) - 1), slice(_at, 2, size(_at) - 1), (a, b) -> b - a)"},
        {name: f"IF(_two, {check}, NULL)" for name, check in _TESTS.items()},
        _results(),
    )
    for step in steps:
        series = series.withColumns({name: F.expr(text) for name, text in step.items()})
    return series


def _cross(axes: str) -> str:
    """The three values of the normal of the axes of rows and columns."""
    pairs = ((1, 5, 2, 4), (2, 3, 0, 5), (0, 4, 1, 3))
    return ", ".join(f"{axes}[{a}] * {axes}[{b}] - {axes}[{c}] * {axes}[{d}]" for a, b, c, d in pairs)


def _along(axis: str, first: int = 0) -> str:
    """The place of position number ``i`` along an axis."""
    dot = " + ".join(f"_positions[3 * i + {n}] * {axis}[{first + n}]" for n in range(3))
    return f"round({dot}, {_DIGITS})"


_SLICES: Final = (
    "sort_array(transform(sequence(0, size(_positions) div 3 - 1), i -> named_struct("
    f"'at', {_along('_normal')}, 'row', {_along('_axes')}, 'column', {_along('_axes', 3)})))"
)
_LENGTH: Final = "sqrt(aggregate(_normal, 0D, (sum, x) -> sum + x * x))"
_MEAN: Final = "((element_at(_at, -1) - _at[0]) / greatest(size(_at) - 1, 1))"


def _range(part: str) -> str:
    values = f"transform(_slices, s -> s.{part})"
    return f"array_max({values}) - array_min({values})"


_TESTS: Final = {
    "has_one_orientation": f"forall(transform(_cosines, (x, i) -> abs(x - _axes[i % 6]) <= {_COSINE}), same -> same)",
    "has_orthogonal_axes": f"abs({_LENGTH} - 1) <= {_UNIT}",
    "has_one_pixel_spacing": "IF(size(_pixel_spacings) = 0, NULL, size(flatten(_pixel_spacings)) = 2)",
    "has_one_matrix": "IF(size(_matrices) = 0, NULL, size(_matrices) = 1)",
    "has_unique_positions": "size(_at) = _planes",
    "has_aligned_positions": f"{_range('row')} < {_IN_PLANE} AND {_range('column')} < {_IN_PLANE}",
    "has_even_spacing": f"IF(size(_at) < 2, NULL, forall(_gaps, gap -> abs(gap - {_MEAN}) <= {_SPACING} * {_MEAN}))",
}


def _results() -> dict[str, str]:
    sorted_gaps, half = "sort_array(_gaps)", "size(_gaps) div 2"
    middle = f"({sorted_gaps}[{half}] + {sorted_gaps}[(size(_gaps) - 1) div 2]) / 2"
    is_slices = f"NOT coalesce(exists(_image_types, word -> word RLIKE '{_NOT_A_SLICE}'), false)"
    one = "coalesce(has_one_orientation, true)"
    return {
        "slice_count": f"CAST(IF({one}, size(_at), size(array_distinct(_slices))) AS BIGINT)",
        "slice_spacing": f"IF(size(_gaps) > 0 AND {one}, round({middle}, {_SHOWN}), NULL)",
        "has_localizer_or_projection": f"NOT ({is_slices})",
        "is_regular_volume": f"IF(_two, {' AND '.join([is_slices, *_TESTS])}, NULL)",
    }
