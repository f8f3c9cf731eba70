"""Regular volumes as highdicom finds them: real series, enhanced objects, and series made at random with faults."""

from __future__ import annotations

import logging
import random
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from test_series_volume import described

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.storage.source import LocalFile

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

COLUMNS = {
    "image_position_patient",
    "image_orientation_patient",
    "frame_positions",
    "frame_orientations",
    "frame_pixel_spacings",
    "pixel_spacing",
    "rows",
    "columns",
    "number_of_frames",
    "image_type",
    "instance_number",
}
GEOMETRY = ("has_one_orientation", "has_unique_positions", "has_aligned_positions", "has_even_spacing")


def headers(folder: Path) -> list[dict[str, Any]]:
    reader = HeaderReader([a for a in declaration() if a.column in COLUMNS])
    return [dict(reader.read(LocalFile(path)).values) for path in sorted(folder.rglob("*.dcm"))]


def is_volume(row: dict[str, Any]) -> bool | None:
    """What highdicom's question is about; it does not ask for axes, pixels or kinds of images."""
    told = [row[check] for check in GEOMETRY]
    return False if False in told else None if None in told else True


def spacing_by_highdicom(datasets: list[Dataset]) -> float | None:
    from highdicom.spatial import get_series_volume_positions

    return get_series_volume_positions(datasets, orientation_tol=1e-6)[0]


def test_real_series(spark: SparkSession, real_files: Path) -> None:
    folders = sorted(path for path in (real_files / "series").iterdir() if path.is_dir())
    assert len(folders) == 3
    found = described(spark, {folder.name: headers(folder) for folder in folders})
    for folder in folders:
        datasets = [pydicom.dcmread(path, stop_before_pixels=True) for path in sorted(folder.rglob("*.dcm"))]
        spacing = spacing_by_highdicom(datasets)
        row = found[folder.name]
        assert is_volume(row) is (spacing is not None), folder.name
        if spacing is not None:
            assert row["slice_spacing"] == pytest.approx(spacing, rel=0.01)
            assert (row["slice_count"], row["is_regular_volume"]) == (len(datasets), True)
    assert any(row["is_regular_volume"] for row in found.values())


def enhanced(folder: Path) -> Iterator[tuple[str, Path, Any]]:
    """Multi-frame objects that highdicom can place in the patient, with its answer."""
    from highdicom import CoordinateSystemNames, imread

    for path in sorted(folder.rglob("*.dcm")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                image = imread(path, lazy_frame_retrieval=True)
                if image.number_of_frames == 1 or "PerFrameFunctionalGroupsSequence" not in image:
                    continue
                if image.coordinate_system == CoordinateSystemNames.PATIENT:
                    yield path.name, path, image.get_volume_geometry(allow_duplicate_positions=False)
            except Exception:
                continue


def test_enhanced_objects(spark: SparkSession, real_files: Path) -> None:
    logging.getLogger("highdicom").setLevel(logging.ERROR)
    reader = HeaderReader([a for a in declaration() if a.column in COLUMNS])
    expected, groups = {}, {}
    for name, path, volume in enhanced(real_files):
        expected[name] = volume
        groups[name] = [dict(reader.read(LocalFile(path)).values)]
    found = described(spark, groups)
    answers = {name: bool(is_volume(found[name])) for name in expected}
    assert answers == {name: volume is not None for name, volume in expected.items()}
    assert len(set(answers.values())) == 2
    for name, volume in expected.items():
        if volume is not None:
            assert found[name]["slice_spacing"] == pytest.approx(volume.spacing_between_slices, rel=0.01), name


def made(chance: random.Random) -> list[dict[str, Any]]:
    """A series on a random plane; half of them have one fault, well outside of the tolerances."""
    import numpy as np

    row, across = np.linalg.qr([[chance.gauss(0, 1) for _ in range(2)] for _ in range(3)])[0].T
    normal, spacing, count = np.cross(row, across), chance.uniform(0.8, 6), chance.randint(2, 12)
    places = [n * spacing for n in range(count)]
    shifts = [0.0] * count
    orientations = [[*row.tolist(), *across.tolist()] for _ in range(count)]
    which = chance.randrange(count)
    match chance.randrange(8):
        case 0:
            places[-1] += 0.05 * spacing if count > 2 else 0
        case 1:
            places[which] = places[which - 1]
        case 2:
            shifts = [0.3 * spacing * n for n in range(count)]  # a tilted gantry
        case 3:
            orientations[which] = [*(-row).tolist(), *(-across).tolist()]
    start = np.array([chance.uniform(-200, 200) for _ in range(3)])
    planes = [
        {
            "image_position_patient": [round(x, 6) for x in (start + z * normal + shift * row).tolist()],
            "image_orientation_patient": [round(x, 9) for x in orientation],
            "rows": 64,
            "columns": 64,
            "pixel_spacing": [1.0, 1.0],
        }
        for z, shift, orientation in zip(places, shifts, orientations, strict=True)
    ]
    chance.shuffle(planes)
    return planes


def dataset(plane: dict[str, Any]) -> Dataset:
    result = Dataset()
    result.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    result.ImagePositionPatient = plane["image_position_patient"]
    result.ImageOrientationPatient = plane["image_orientation_patient"]
    return result


def test_series_made_at_random(spark: SparkSession) -> None:
    groups = {f"1.{seed}": made(random.Random(seed)) for seed in range(120)}
    found = described(spark, groups)
    expected = {uid: spacing_by_highdicom([dataset(plane) for plane in planes]) for uid, planes in groups.items()}
    assert {uid: is_volume(row) for uid, row in found.items()} == {uid: s is not None for uid, s in expected.items()}
    assert 30 < sum(spacing is not None for spacing in expected.values()) < 100
    for uid, spacing in expected.items():
        if spacing is not None:
            assert found[uid]["slice_spacing"] == pytest.approx(spacing, abs=0.002)
