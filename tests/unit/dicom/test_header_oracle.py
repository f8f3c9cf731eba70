"""Every declared attribute of every real file equals pydicom's value, or is listed here with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from header_oracle import Oracle, has_one_value, packaged_files, read

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.declaration.attribute import Kind
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.result import HeaderStatus
from eds_spark_imaging.storage.source import LocalFile

REAL = Path(__file__).parents[4] / "shared" / "dicom"
ATTRIBUTES = declaration()
READER = HeaderReader(ATTRIBUTES)
ORACLE = Oracle(ATTRIBUTES)
ORDERED = (Kind.DOUBLE, Kind.BIGINT, Kind.DATE, Kind.TIME, Kind.DATETIME)

# Files that are not compared, since pydicom cannot read them; the test below says what they must give.
REFUSED = {
    "no_meta.dcm": "begins with a stray byte; pydicom takes the rest for one element",
    "GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm": "little-endian items in a big-endian file: OSError",
}
# (file, column): ours is None with an issue, where the file's text has no value that can be trusted.
NO_VALUE = {
    ("badVR.dcm", "number_of_frames"): "1A",
    ("invalid-vr-length-test.dcm", "acquisition_date_time"): "NaN",
    ("sample-op.dcm", "patient_age"): "24",
    ("csa_slice_norm.dcm", "patient_age"): "99",
    ("decimal_rescale.dcm", "patient_age"): "99",
    ("slicethickness_empty_string.dcm", "patient_birth_date"): "1990/01/",
}
OUTCOMES = {
    "DICOMDIR": HeaderStatus.DICOMDIR,
    "DICOMDIR-bigEnd": HeaderStatus.DICOMDIR,
    "DICOMDIR-empty.dcm": HeaderStatus.DICOMDIR,
    "DICOMDIR-nopatient": HeaderStatus.DICOMDIR,
    "rtplan_truncated.dcm": HeaderStatus.QUARANTINED,
    "all_zero.dcm": HeaderStatus.NOT_DICOM,
    "preamble_only.dcm": HeaderStatus.NOT_DICOM,
    "text.dcm": HeaderStatus.NOT_DICOM,
    "zero_length.dcm": HeaderStatus.NOT_DICOM,
}


def real_files() -> list[Path]:
    beside = [path for path in sorted(REAL.rglob("*")) if path.is_file() and path.suffix != ".csv"]
    return packaged_files() + beside


@pytest.mark.parametrize("path", real_files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_file(path: Path) -> None:
    header = READER.read(LocalFile(path))
    outcome = OUTCOMES.get(path.name, HeaderStatus.PARSED)
    assert header.status is outcome
    assert header.bytes_read <= 1.5 * header.header_bytes + 16 * 1024
    if outcome is not HeaderStatus.PARSED or path.name in REFUSED:
        return
    dataset = read(path)
    for attribute in ORACLE.attributes:
        found = header.values.get(attribute.column)
        if raw := NO_VALUE.get((path.name, attribute.column)):
            assert found is None
            assert raw in [issue.raw for issue in header.issues if issue.attribute == attribute.column]
            continue
        assert found == ORACLE.expected(attribute, dataset), attribute.column
        if not attribute.is_array and attribute.kind in ORDERED:
            assert header.frame_ranges.get(attribute.column) == ORACLE.frame_range(attribute, dataset), attribute.column
        elif has_one_value(attribute):
            differ = ORACLE.frames_differ(attribute, dataset)
            assert (attribute.column in header.frame_conflicts) is differ, attribute.column


def test_enough_files_are_compared() -> None:
    assert len(packaged_files()) > 60


@pytest.mark.skipif(not REAL.is_dir(), reason="the folder of real files is not there")
def test_files_that_pydicom_refuses() -> None:
    """Their content is known from copies that are in order."""
    stray, whole = (READER.read(LocalFile(REAL / "pydicom" / name)) for name in ("no_meta.dcm", "CT_small.dcm"))
    in_order = {column: value for column, value in whole.values.items() if column in stray.values}
    assert stray.values == in_order
    assert len(in_order) > 60
    big = READER.read(LocalFile(REAL / "fo-dicom" / "GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm"))
    assert big.has_pixel_data
    assert (big.values["rows"], big.values["columns"], big.values["modality"]) == (512, 512, "CT")


# Nested acquisition values as seen by hand: frames, TR, flip angle, spacing, thickness; echo times separately.
ENHANCED = {
    "dcm_qa_enh/6_1.dcm": (6, 500, 52, 3.375, 2.4),
    "dcm_qa_enh/IM_0027_fMAP.dcm": (64, 3.80450010299682, 12, 4, 4),
    "dcm_qa_xa30/XA30_asl.dcm": (12, 4800, 90, 4, 6),
    "heudiconv/MRI_102TD.dcm": (3, 3.15, 8, 1.6, 1.6),
    "pydicom-data/eCT_Supplemental.dcm": (2, None, None, 0.388672, 10),
    "dcmqi/mf.dcm": (3, None, None, 0.7, 2.5),
    "made/breast_tomosynthesis.dcm": (5, None, None, 0.1, 1),
}
ECHO_TIMES = {
    "dcm_qa_enh/6_1.dcm": [30.0],
    "dcm_qa_xa30/XA30_asl.dcm": [11.0],
    "heudiconv/MRI_102TD.dcm": [1.37],
}


@pytest.mark.skipif(not REAL.is_dir(), reason="the folder of real files is not there")
@pytest.mark.parametrize("name", ENHANCED)
def test_known_values_of_enhanced_files(name: str) -> None:
    values = READER.read(LocalFile(REAL / name)).values
    frames, repetition, flip, spacing, thickness = ENHANCED[name]
    assert values["number_of_frames"] == frames
    assert values.get("repetition_time") == repetition
    assert values.get("flip_angle") == flip
    assert values["pixel_spacing"] == [spacing, spacing]
    assert values["slice_thickness"] == thickness
    if name in ECHO_TIMES:
        assert values["echo_time"] == ECHO_TIMES[name]


@pytest.mark.skipif(not REAL.is_dir(), reason="the folder of real files is not there")
def test_known_values_of_x_ray_and_pet_files() -> None:
    angiography = READER.read(LocalFile(REAL / "made" / "enhanced_xa.dcm")).values
    assert angiography["x_ray_tube_current"] == 410.2
    breast = READER.read(LocalFile(REAL / "made" / "breast_tomosynthesis.dcm")).values
    assert (breast["kvp"], breast["x_ray_tube_current"], breast["exposure"]) == (30, 80, 72)
    pet = READER.read(LocalFile(REAL / "made" / "enhanced_pet.dcm"))
    (start,) = (column for column in pet.values if column.endswith("start_date_time"))
    assert str(pet.values[start]) == "2024-01-31 22:45:00"
    assert pet.offsets[start] == 60
