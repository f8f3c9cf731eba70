"""Regular volumes and complete series: each check by a series that fails it alone, and highdicom's answer."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from test_exams import ATTRIBUTES, instances

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

AXIAL = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
CHECKS = (
    "has_one_orientation",
    "has_orthogonal_axes",
    "has_one_pixel_spacing",
    "has_one_matrix",
    "has_unique_positions",
    "has_aligned_positions",
    "has_even_spacing",
)


def plane(z: float, number: int | None = None, **other: Any) -> dict[str, Any]:
    """One axial image of 512 rows at a height."""
    return {
        "image_position_patient": [5.0, 7.0, z],
        "image_orientation_patient": AXIAL,
        "pixel_spacing": [0.7, 0.7],
        "rows": 512,
        "columns": 512,
        "instance_number": number,
        **other,
    }


def stack(*heights: float, **other: Any) -> list[dict[str, Any]]:
    return [plane(z, number, **other) for number, z in enumerate(heights, 1)]


def described(spark: SparkSession, groups: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    from eds_spark_imaging.transforms.exams import series

    rows = itertools.chain.from_iterable(
        [{**row, "series_instance_uid": uid} for row in g] for uid, g in groups.items()
    )
    found = series(ATTRIBUTES).of(instances(spark, *rows)).collect()
    return {row["series_instance_uid"]: row.asDict() for row in found}


def test_each_check_by_a_series_that_fails_it_alone(spark: SparkSession) -> None:
    even = [0.0, 2.5, 5.0, 7.5]
    tilted = [1.0, 0.0, 0.0, 0.0, 0.99998, 0.006]
    skew = [1.0, 0.0, 0.0, 0.28, 0.96, 0.0]
    found = described(
        spark,
        {
            "good": stack(5.0, 0.0, 2.5, 7.5),
            "has_one_orientation": [
                *stack(0.0, 2.5),
                plane(5.0, 3, image_orientation_patient=tilted),
                plane(7.5, 4, image_orientation_patient=tilted),
            ],
            "has_orthogonal_axes": stack(*even, image_orientation_patient=skew),
            "has_one_pixel_spacing": [*stack(*even[:3]), plane(7.5, 4, pixel_spacing=[0.8, 0.7])],
            "has_one_matrix": [*stack(*even[:3]), plane(7.5, 4, rows=256)],
            "has_unique_positions": stack(0.0, 2.5, 2.5, 5.0),
            "has_aligned_positions": [*stack(*even[:3]), plane(7.5, 4, image_position_patient=[5.0, 7.2, 7.5])],
            "has_even_spacing": stack(0.0, 2.5, 5.0, 7.55),
            "localizer": stack(*even, image_type=["ORIGINAL", "PRIMARY", "LOCALIZER"]),
            "mip": stack(*even, image_type=["DERIVED", "SECONDARY", "AXIAL", "MIP"]),
            "minip": stack(*even, image_type=["DERIVED", "SECONDARY", "AXIAL", "MINIP"]),
            "one": stack(3.0),
            "none": [{}],
            "unplaced": [*stack(*even), {"rows": 512, "columns": 512}],
        },
    )
    failed = {uid: [check for check in CHECKS if row[check] is False] for uid, row in found.items()}
    assert {uid: failed[uid] for uid in CHECKS} == {check: [check] for check in CHECKS}
    assert failed["unplaced"] == ["has_unique_positions"]
    assert (
        failed["good"]
        == failed["localizer"]
        == failed["mip"]
        == failed["minip"]
        == failed["one"]
        == failed["none"]
        == []
    )
    regular = {uid: row["is_regular_volume"] for uid, row in found.items()}
    assert {uid for uid, is_regular in regular.items() if is_regular} == {"good"}
    assert {uid for uid, is_regular in regular.items() if is_regular is None} == {"one", "none"}
    assert {uid for uid, row in found.items() if row["has_localizer_or_projection"]} == {
        "localizer",
        "mip",
        "minip",
    }
    assert (found["good"]["slice_count"], found["good"]["slice_spacing"]) == (4, 2.5)
    assert (found["has_unique_positions"]["slice_count"], found["one"]["slice_count"]) == (3, 1)
    assert (found["none"]["slice_count"], found["one"]["slice_spacing"]) == (None, None)
    assert found["has_one_orientation"]["slice_spacing"] is None


def test_frames_are_slices(spark: SparkSession) -> None:
    def frames(*heights: float, count: int = 4) -> list[dict[str, Any]]:
        positions = [value for z in heights for value in (5.0, 7.0, z)]
        own = {"number_of_frames": count, "frame_positions": positions, "frame_orientations": AXIAL}
        return [{**plane(heights[0], 1), **own, "frame_pixel_spacings": [0.7, 0.7]}]

    found = described(
        spark,
        {
            "volume": frames(0.0, 7.5, 2.5, 5.0),
            "two_objects": [*frames(0.0, 2.5, count=2), *frames(5.0, 7.5, count=2)],
            "echoes": frames(0.0, 2.5),  # four frames at two places
            "gap": frames(0.0, 2.5, 7.5, 10.0),
        },
    )
    shown = {uid: (r["slice_count"], r["is_regular_volume"], r["series_complete_reason"]) for uid, r in found.items()}
    assert shown == {
        "volume": (4, True, "no_gap"),
        "two_objects": (4, True, "no_gap"),
        "echoes": (2, False, "not_told"),
        "gap": (4, False, "gap_in_positions"),
    }
    assert found["echoes"]["has_unique_positions"] is False


def test_completeness_with_what_tells_it(spark: SparkSession) -> None:
    def of(*numbers: int, **other: Any) -> list[dict[str, Any]]:
        return [{"instance_number": n, "rows": 512, **other} for n in numbers]

    twice = [
        plane(z, n, temporal_position_identifier=t) for n, (t, z) in enumerate(itertools.product((1, 2), (0.0, 2.5)))
    ]
    dynamic = [{**row, "number_of_temporal_positions": 2} for row in twice]
    found = described(
        spark,
        {
            "as_planned": of(1, 2, 7, acquisition_number=1, images_in_acquisition=3),
            "as_planned: two acquisitions": [
                *of(1, 2, acquisition_number=1, images_in_acquisition=2),
                *of(3, acquisition_number=2, images_in_acquisition=1),
            ],
            "as_planned: dynamic": dynamic,
            "no_gap: numbers": of(3, 1, 2),
            "no_gap: every second": of(1, 3, 5),
            "no_gap: positions": [plane(z) for z in (0.0, 2.5, 5.0)],
            "no_gap: beside a report": [*of(1, 2, 3), {"modality": "SR", "instance_number": 100}],
            "no_gap: two neighbours": of(7, 8),
            "gap_in_positions": stack(0.0, 2.5, 5.0, 10.0),
            "time_points_missing: slice": dynamic[:3],
            "time_points_missing: point": of(1, 2, temporal_position_identifier=1, number_of_temporal_positions=2)
            + of(3, temporal_position_identifier=3, number_of_temporal_positions=4),
            "fewer_than_planned": of(1, 2, acquisition_number=1, images_in_acquisition=3),
            "gap_in_numbers: as planned": of(1, 2, 4, acquisition_number=1, images_in_acquisition=4),
            "gap_in_numbers: as many as not": of(1, 3, 4, 6),
            "gap_in_numbers: beside positions": [plane(z, n) for z, n in ((0.0, 1), (3.0, 2), (9.0, 4))],
            "gap_in_numbers": of(1, 2, 3, 5),
            "gap_in_numbers: of three": of(1, 2, 4),
            "not_told: one": of(1),
            "not_told: two places": [plane(z) for z in (0.0, 2.5)],
            "not_told: two numbers": of(1, 50),
            "not_told: uneven": [plane(z) for z in (0.0, 3.0, 9.0)],
            "not_told: uneven, numbered": stack(0.0, 3.0, 9.0),
            "not_told: two reports": [{"modality": "SR", "instance_number": n} for n in (1, 2)],
            "not_told: two plans": [
                *of(1, acquisition_number=1, images_in_acquisition=2),
                *of(1, acquisition_number=1, images_in_acquisition=3),
            ],
            "not_told: no images": [{"modality": "SR", "instance_number": 1}],
        },
    )
    assert {uid: row["series_complete_reason"] for uid, row in found.items()} == {
        uid: uid.partition(":")[0] for uid in found
    }
    complete = {uid: row["series_complete"] for uid, row in found.items()}
    assert {uid for uid, value in complete.items() if value} == {u for u in found if u.startswith(("as_pl", "no_gap"))}
    open_ones = {uid for uid, value in complete.items() if value is None}
    assert open_ones == {uid for uid in found if uid.startswith(("not_told", "fewer_than_planned"))}


def test_numbers_of_any_size_stop_nothing(spark: SparkSession) -> None:
    most, least = 2**63 - 1, -(2**63)
    numbers = [{"instance_number": n, "rows": most, "columns": 1, "number_of_frames": most} for n in (most, least, 0)]
    planned = [{**row, "images_in_acquisition": most, "acquisition_number": n} for n, row in enumerate(numbers)]
    dynamic = [{**plane(z, n), "number_of_temporal_positions": most} for n, z in ((most, 1e300), (least, -1e300))]
    same = [plane(0.0, 1, image_orientation_patient=[0.0] * 6), plane(0.0, 2, image_orientation_patient=[0.0] * 6)]
    found = described(spark, {"numbers": numbers, "planned": planned, "dynamic": dynamic, "same": same})
    assert {uid: row["is_regular_volume"] for uid, row in found.items()} == {
        "numbers": None,
        "planned": None,
        "dynamic": True,
        "same": False,
    }
    assert found["dynamic"]["series_complete_reason"] == "time_points_missing"
