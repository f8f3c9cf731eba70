"""Whether all images of a series are there, as far as its headers tell."""

from __future__ import annotations

from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.tables.imaging import SeriesCompleteness as Told

_TOLERANCE: Final = 0.02  # of the spacing, by which a gap may differ from a multiple of it


def number_aggregates() -> list[Column]:
    """What :func:`with_completeness` needs to know of the instances of a series."""
    planned = "struct(acquisition_number, images_in_acquisition)"
    texts = {  # doubles, as in geometry
        "_numbers": "sort_array(collect_set(instance_number::DOUBLE))",
        "_planned": f"collect_set(IF(images_in_acquisition > 0, {planned}, NULL))",
        "_times": "size(collect_set(temporal_position_identifier))",
        "_times_planned": "max(number_of_temporal_positions)::DOUBLE",
    }
    return [F.expr(text).alias(name) for name, text in texts.items()]


def with_completeness(series: DataFrame) -> DataFrame:
    """Adds ``series_complete`` and ``series_complete_reason`` to rows of :func:`geometry.with_geometry`."""
    facts = {
        "_images": "aggregate(_planned, 0D, (sum, x) -> sum + x.images_in_acquisition)",
        "_steps": "array_sort(zip_with(_numbers, slice(_numbers, 2, size(_numbers)), (a, b) -> b - a))",
        "_dynamic": "coalesce(_times_planned, 1) > 1",
    }
    reason = F.coalesce(*[F.when(F.expr(test), str(word)) for word, test in _RULES], F.lit(str(Told.NOT_TOLD)))
    told = series.withColumns({name: F.expr(text) for name, text in facts.items()})
    told = told.withColumn("series_complete_reason", reason)
    is_complete = F.col("series_complete_reason").isin(*_COMPLETE)
    return told.withColumn(
        "series_complete", F.when(F.col("series_complete_reason") != str(Told.NOT_TOLD), is_complete)
    )


_COMPLETE: Final = (str(Told.AS_PLANNED), str(Told.NO_GAP))
# A gap is as wide as several slices, where all others are as wide as one or several.
_MULTIPLES: Final = (
    f"forall(_gaps, gap -> abs(gap - round(gap / slice_spacing) * slice_spacing) <= {_TOLERANCE} * slice_spacing)"
)
_POSITION_MISSING: Final = (
    f"slice_spacing > 0 AND size(_gaps) > 2 AND exists(_gaps, gap -> gap > 1.5 * slice_spacing) AND {_MULTIPLES}"
)
# The first that holds is the reason. Of an acquisition that tells two numbers of images, nothing is known.
_ONE_PLAN: Final = "size(_planned) > 0 AND size(_planned) = size(array_distinct(_planned.acquisition_number))"
_RULES: Final = (
    (Told.GAP_IN_POSITIONS, _POSITION_MISSING),
    (
        Told.TIME_POINTS_MISSING,
        "_dynamic AND (_times BETWEEN 2 AND _times_planned - 1"
        " OR (has_one_orientation AND _planes < _times_planned * slice_count))",
    ),
    (Told.FEWER_THAN_PLANNED, f"{_ONE_PLAN} AND _planes < _images"),
    (Told.AS_PLANNED, f"{_ONE_PLAN} AND _planes = _images"),
    (Told.AS_PLANNED, "_dynamic AND has_one_orientation AND _planes = _times_planned * slice_count"),
    (Told.GAP_IN_NUMBERS, "size(_numbers) > 2 AND _steps[size(_numbers) - 2] > _steps[(size(_numbers) - 2) div 2]"),
    (Told.NO_GAP, "_planes > 1 AND (size(_numbers) = _planes OR size(_gaps) > 1)"),
)
