"""Numbers as files have them: the right value, or none and an issue, and the rest is read."""

from __future__ import annotations

import datetime as dt
import struct

import pytest
from header_build import assert_value, read_one, reasons

from eds_spark_imaging.dicom.reason import Reason


@pytest.mark.parametrize("vr", ["DS", None])
@pytest.mark.parametrize(
    ("raw", "value", "expected"),
    [
        (b"-9.81338674e-006", -9.81338674e-006, ()),
        (b".00200609", 0.00200609, ()),
        (b"0.12345678901234567890123456789012345 ", 0.12345678901234567890123456789012345, ()),
        (b" 5. ", 5.0, ()),
        (b"+3E2", 300.0, ()),
        (b"0\0", 0.0, ()),
        (b"5\0\0\0", 5.0, ()),
        (b"Amadeus ", None, (Reason.BAD_NUMBER,)),
        (b"1_0 ", None, (Reason.BAD_NUMBER,)),
        (b"1 5 ", None, (Reason.BAD_NUMBER,)),
        (b"0,5 ", None, (Reason.BAD_NUMBER,)),
        (b"nan ", None, (Reason.BAD_NUMBER,)),
        (b"inf ", None, (Reason.BAD_NUMBER,)),
        (b"1e999 ", None, (Reason.NOT_FINITE,)),
        (b"80\\90 ", 80.0, (Reason.MULTIPLE_VALUES,)),
        (b"", None, ()),
        (b"    ", None, ()),
    ],
)
def test_decimal_strings(vr: str | None, raw: bytes, value: float | None, expected: tuple[Reason, ...]) -> None:
    assert_value("PatientWeight", vr, raw, "patient_weight", value, *expected)


@pytest.mark.parametrize("vr", ["IS", None])
@pytest.mark.parametrize(
    ("raw", "value", "expected"),
    [
        (b"5.0 ", 5, ()),
        (b"+7", 7, ()),
        (b"007 ", 7, ()),
        (b"14.5", None, (Reason.NOT_INTEGER,)),
        (b"1A", None, (Reason.BAD_NUMBER,)),
        (b"F ", None, (Reason.BAD_NUMBER,)),
        (b"1351234567890123", 1351234567890123, ()),
        (b"9223372036854775807 ", 2**63 - 1, ()),
        (b"9223372036854775808 ", None, (Reason.OUT_OF_RANGE,)),
        (b"1" * 30, None, (Reason.OUT_OF_RANGE,)),
        (b"1" * 6000, None, (Reason.NOT_FINITE,)),
        (b"\xd9\xa3", None, (Reason.INVALID_BYTES, Reason.BAD_NUMBER)),
    ],
)
def test_integer_strings(vr: str | None, raw: bytes, value: int | None, expected: tuple[Reason, ...]) -> None:
    header = read_one("InstanceNumber", vr, raw)
    assert header.values.get("instance_number") == value
    assert header.values["modality"] == "CT"
    assert bool(reasons(header, "instance_number")) == bool(expected)
    if expected and expected[0] is not Reason.INVALID_BYTES:
        assert reasons(header, "instance_number") == list(expected)


def test_fraction_in_integer_string_is_kept_in_a_double_column() -> None:
    """pydicom#1643: Exposure 14.5 is neither 14 nor lost."""
    assert_value("Exposure", "IS", b"14.5", "exposure", 14.5, Reason.NOT_INTEGER)
    assert_value("Exposure", "IS", b"14.0", "exposure", 14.0)


def test_scale_brings_to_the_unit_exactly() -> None:
    assert_value("ExposureInuAs", "IS", b"93000 ", "exposure", 93.0)
    assert_value("ExposureInuAs", "IS", b"350000", "exposure", 350.0)
    assert_value("ExposureInuAs", "IS", b"123 ", "exposure", 0.123)


@pytest.mark.parametrize(
    ("keyword", "column", "raw", "value", "expected"),
    [
        ("PixelSpacing", "pixel_spacing", b".5\\.5 ", [0.5, 0.5], ()),
        ("PixelSpacing", "pixel_spacing", b"0.5\\", [0.5], (Reason.EMPTY_VALUE,)),
        ("PixelSpacing", "pixel_spacing", b"\\0.5", [None, 0.5], (Reason.EMPTY_VALUE,)),
        ("PixelSpacing", "pixel_spacing", b"0.5\\x ", [0.5, None], (Reason.BAD_NUMBER,)),
        ("PixelSpacing", "pixel_spacing", b"\\ ", None, ()),
        (
            "PixelSpacing",
            "pixel_spacing",
            b"0.005865432,0.001955034 ",
            [0.005865432, 0.001955034],
            (Reason.COMMA_SEPARATED,),
        ),
        ("PixelSpacing", "pixel_spacing", b"0,5\\0,5 ", None, (Reason.BAD_NUMBER,)),
        ("WindowCenter", "window_center", b"40", [40.0], ()),
        ("WindowCenter", "window_center", b"40\\400", [40.0, 400.0], ()),
        ("WindowCenter", "window_center", b"1906.5", [1906.5], ()),
    ],
)
def test_several_numbers(
    keyword: str, column: str, raw: bytes, value: list[float | None] | None, expected: tuple[Reason, ...]
) -> None:
    assert_value(keyword, "DS", raw, column, value, *expected)


@pytest.mark.parametrize(
    ("vr", "code", "number"),
    [
        ("US", "H", 512),
        ("SS", "h", 512),
        ("UL", "L", 512),
        ("SL", "l", 512),
        ("UV", "Q", 512),
        ("SV", "q", 512),
        ("FL", "f", 512.0),
        ("FD", "d", 512.0),
    ],
)
def test_numbers_in_every_binary_vr(vr: str, code: str, number: float) -> None:
    """The file's VR decides how the bytes are read; another one than the dictionary's is an issue."""
    header = read_one("Rows", vr, struct.pack("<" + code, number))
    assert header.values["rows"] == 512
    assert isinstance(header.values["rows"], int)
    assert reasons(header, "rows") == ([] if vr == "US" else [Reason.VR_MISMATCH])


def test_text_number_where_a_binary_one_belongs() -> None:
    assert_value("Rows", "DS", b"512 ", "rows", 512, Reason.VR_MISMATCH)
    assert_value("Rows", "IS", b"512 ", "rows", 512, Reason.VR_MISMATCH)


@pytest.mark.parametrize("raw", [b"\0\2\0", b"\0", b"\0\2\0\0\0"])
def test_binary_value_of_a_wrong_length(raw: bytes) -> None:
    assert_value("Rows", "US", raw, "rows", None, Reason.BAD_LENGTH)
    assert_value("RepetitionTime", "FD", raw, "repetition_time", None, Reason.VR_MISMATCH, Reason.BAD_LENGTH)


def test_several_binary_numbers_in_a_single_column() -> None:
    assert_value("Rows", "US", b"\0\2\0\1", "rows", 512, Reason.MULTIPLE_VALUES)


def test_numbers_with_a_text_vr_follow_the_dictionary() -> None:
    """pydicom#828: PixelSpacing with VR UT."""
    assert_value("PixelSpacing", "UT", b"2.5000\\2.5000 ", "pixel_spacing", [2.5, 2.5], Reason.VR_MISMATCH)
    assert_value("InstanceNumber", "UN", b"12", "instance_number", 12, Reason.VR_MISMATCH)
    assert_value("StudyDate", "LO", b"20240131", "study_date", dt.date(2024, 1, 31), Reason.VR_MISMATCH)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_binary_numbers_that_are_not_finite(number: float) -> None:
    assert_value("DiffusionBValue", "FD", struct.pack("<d", number), "b_value", None, Reason.NOT_FINITE)
    assert_value("DiffusionBValue", None, struct.pack("<d", number), "b_value", None, Reason.NOT_FINITE)
