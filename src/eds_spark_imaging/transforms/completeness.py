"""Whether all images of a series are there, as far as its headers tell."""

from __future__ import annotations

from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.tables.imaging import SeriesCompleteness as Told
from eds_spark_imaging.transforms.geometry import IS_IMAGE

_TOLERANCE: Final = 0.02  # of the spacing, by which a gap may differ from a multiple of it
_WIDER: Final = 1.5  # times another step: a step that is wider may hold a slice


def number_aggregates() -> list[Column]:
    """What :func:`with_completeness` needs to know of the instances of a series."""
    planned = "struct(acquisition_number, images_in_acquisition)"
    texts = {  # doubles, as in geometry
        "_numbers": f"sort_array(collect_set(IF({IS_IMAGE}, instance_number, NULL)::DOUBLE))",
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
    complete = F.when(F.col("series_complete_reason").isin(*_COMPLETE), True)
    incomplete = F.when(F.col("series_complete_reason").isin(*_INCOMPLETE), False)
    return told.withColumn("series_complete", F.coalesce(complete, incomplete))


_COMPLETE: Final = (str(Told.AS_PLANNED), str(Told.NO_GAP))
_INCOMPLETE: Final = (str(Told.GAP_IN_POSITIONS), str(Told.TIME_POINTS_MISSING), str(Told.GAP_IN_NUMBERS))
# A gap is as wide as several slices, where all others are as wide as one or several.
_MULTIPLES: Final = (
    f"forall(_gaps, gap -> abs(gap - round(gap / slice_spacing) * slice_spacing) <= {_TOLERANCE} * slice_spacing)"
)
_POSITION_MISSING: Final = (
    f"slice_spacing > 0 AND size(_gaps) > 2 AND exists(_gaps, gap -> gap > {_WIDER} * slice_spacing) AND {_MULTIPLES}"
)
_UNEVEN: Final = f"slice_spacing IS NOT NULL AND array_max(_gaps) > {_WIDER} * array_min(_gaps)"
# Two numbers that are no neighbours, as 1 and 50, are a step like any other, and tell nothing.
_NUMBERED: Final = "size(_numbers) = _planes AND (size(_numbers) > 2 OR get(_steps, 0) = 1)"
_PLACED: Final = "slice_spacing IS NOT NULL AND size(_gaps) > 1"
# The first that holds is the reason. Of an acquisition that tells two numbers of images, nothing is known.
_ONE_PLAN: Final = "size(_planned) > 0 AND size(_planned) = size(array_distinct(_planned.acquisition_number))"
_RULES: Final = (
    (Told.GAP_IN_POSITIONS, _POSITION_MISSING),
    (
        Told.TIME_POINTS_MISSING,
        "_dynamic AND (_times BETWEEN 2 AND _times_planned - 1"
        " OR (has_one_orientation AND _planes < _times_planned * slice_count))",
    ),
    (Told.AS_PLANNED, f"{_ONE_PLAN} AND _planes = _images"),
    (Told.AS_PLANNED, "_dynamic AND has_one_orientation AND _planes = _times_planned * slice_count"),
    (Told.GAP_IN_NUMBERS, "size(_numbers) > 2 AND _steps[size(_numbers) - 2] > get(_steps, 0)"),
    (Told.FEWER_THAN_PLANNED, f"{_ONE_PLAN} AND _planes < _images"),
    (Told.NOT_TOLD, _UNEVEN),
    (Told.NO_GAP, f"_planes > 1 AND ({_NUMBERED} OR {_PLACED})"),
)
