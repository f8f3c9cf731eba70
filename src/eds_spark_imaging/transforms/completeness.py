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
    texts = {
        "_numbers": "sort_array(collect_set(instance_number))",
        "_planned": f"collect_set(IF(images_in_acquisition > 0, {planned}, NULL))",
        "_times": "size(collect_set(temporal_position_identifier))",
        "_times_planned": "max(number_of_temporal_positions)",
    }
    return [F.expr(text).alias(name) for name, text in texts.items()]


def with_completeness(series: DataFrame) -> DataFrame:
    """Adds ``series_complete`` and ``series_complete_reason`` to rows of :func:`geometry.with_geometry`."""
    facts = {
        "_images": "CAST(aggregate(_planned, 0L, (sum, x) -> sum + x.images_in_acquisition) AS BIGINT)",
        "_steps": "array_sort(zip_with(_numbers, slice(_numbers, 2, size(_numbers)), (a, b) -> b - a))",
        "_dynamic": "coalesce(_times_planned, 1) > 1",
    }
    reason = f"CASE {' '.join(f'''WHEN {test} THEN '{word}' ''' for word, test in _RULES)}ELSE '{Told.NOT_TOLD}' END"
    complete = f"CASE WHEN series_complete_reason IN ({_listed(_TRUE)}) THEN true"
    complete += f" WHEN series_complete_reason IN ({_listed(_FALSE)}) THEN false END"
    return (
        series.withColumns({name: F.expr(text) for name, text in facts.items()})
        .withColumn("series_complete_reason", F.expr(reason))
        .withColumn("series_complete", F.expr(complete))
    )


_TRUE: Final = (Told.AS_PLANNED, Told.NO_GAP)
_FALSE: Final = (Told.GAP_IN_POSITIONS, Told.TIME_POINTS_MISSING, Told.FEWER_THAN_PLANNED, Told.GAP_IN_NUMBERS)


def _listed(words: tuple[Told, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


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
    (Told.GAP_IN_POSITIONS, f"coalesce({_POSITION_MISSING}, false)"),
    (
        Told.TIME_POINTS_MISSING,
        "_dynamic AND (_times BETWEEN 2 AND _times_planned - 1"
        " OR (has_one_orientation AND _planes < _times_planned * slice_count))",
    ),
    (Told.FEWER_THAN_PLANNED, f"{_ONE_PLAN} AND _planes < _images"),
    (Told.AS_PLANNED, f"{_ONE_PLAN} AND _planes = _images"),
    (Told.AS_PLANNED, "_dynamic AND has_one_orientation AND _planes = _times_planned * slice_count"),
    (Told.GAP_IN_NUMBERS, "size(_numbers) > 2 AND _steps[size(_numbers) - 2] > _steps[(size(_numbers) - 1) div 2]"),
    (Told.NO_GAP, "_planes > 1 AND (size(_numbers) = _planes OR size(_gaps) > 1)"),
)
