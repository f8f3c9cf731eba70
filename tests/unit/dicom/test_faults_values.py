"""Dates, times, ages and texts as files have them: the right value, or none and an issue, and the rest is read."""

from __future__ import annotations

import datetime as dt

import pytest
from header_build import assert_value, data_set, item, part10, read, read_one, reasons, sequence, tag

from eds_spark_imaging.dicom.reason import Reason


@pytest.mark.parametrize(
    ("raw", "value", "expected"),
    [
        (b"20240229", dt.date(2024, 2, 29), None),
        (b"1999.01.02", dt.date(1999, 1, 2), Reason.NONSTANDARD_FORMAT),
        (b"1999-01-02", dt.date(1999, 1, 2), Reason.NONSTANDARD_FORMAT),
        (b"1999/01/02", dt.date(1999, 1, 2), Reason.NONSTANDARD_FORMAT),
        (b"20240229\0\0", dt.date(2024, 2, 29), None),
        (b"20190001", None, Reason.BAD_DATE),
        (b"20190229", None, Reason.BAD_DATE),
        (b"20191131", None, Reason.BAD_DATE),
        (b"00000000", None, Reason.BAD_DATE),
        (b"00/00/0000", None, Reason.BAD_DATE),
        (b"1990/01/", None, Reason.BAD_DATE),
        (b"20190101-20200101 ", None, Reason.BAD_DATE),
        (b"-20190101 ", None, Reason.BAD_DATE),
        (b"2024", None, Reason.BAD_DATE),
        (b"2024W011", None, Reason.BAD_DATE),
        (b"Amadeus ", None, Reason.BAD_DATE),
        (b"", None, None),
    ],
)
@pytest.mark.parametrize("keyword", ["StudyDate", "PatientBirthDate"])
def test_dates(keyword: str, raw: bytes, value: dt.date | None, expected: Reason | None) -> None:
    column = {"StudyDate": "study_date", "PatientBirthDate": "patient_birth_date"}[keyword]
    assert_value(keyword, "DA", raw, column, value, *([expected] if expected else []))


@pytest.mark.parametrize(
    ("raw", "value", "expected"),
    [
        (b"104559", "10:45:59", None),
        (b"1045", "10:45:00", None),
        (b"10", "10:00:00", None),
        (b"104559.5 ", "10:45:59.500000", None),
        (b"104559.123456 ", "10:45:59.123456", None),
        (b"104559.000000 ", "10:45:59", None),
        (b"104559.12345678 ", "10:45:59.123456", Reason.NONSTANDARD_FORMAT),
        (b"10:45:59", "10:45:59", Reason.NONSTANDARD_FORMAT),
        (b"10:45:59.25 ", "10:45:59.250000", Reason.NONSTANDARD_FORMAT),
        (b"235960", "23:59:59", Reason.LEAP_SECOND),
        (b"240000", None, Reason.BAD_TIME),
        (b"106000", None, Reason.BAD_TIME),
        (b"1045599 ", None, Reason.BAD_TIME),
        (b"10:4559 ", None, Reason.BAD_TIME),
        (b"1000-1100 ", None, Reason.BAD_TIME),
        (b"abc ", None, Reason.BAD_TIME),
    ],
)
def test_times(raw: bytes, value: str | None, expected: Reason | None) -> None:
    assert_value("StudyTime", "TM", raw, "study_time", value, *([expected] if expected else []))


@pytest.mark.parametrize(
    ("raw", "value", "offset", "expected"),
    [
        (b"20240131224500+0100 ", dt.datetime(2024, 1, 31, 22, 45), 60, None),
        (b"20240331023000", dt.datetime(2024, 3, 31, 2, 30), None, None),  # in the daylight gap of Paris
        (b"20240131224500.25-0330", dt.datetime(2024, 1, 31, 22, 45, 0, 250000), -210, None),
        (b"2024013122", dt.datetime(2024, 1, 31, 22), None, None),
        (b"20240131", None, None, Reason.INCOMPLETE_DATETIME),
        (b"2024", None, None, Reason.INCOMPLETE_DATETIME),
        (b"20240230120000", None, None, Reason.BAD_DATETIME),
        (b"20240131224500+1500 ", None, None, Reason.BAD_DATETIME),
        (b"99991231235959\n", dt.datetime(9999, 12, 31, 23, 59, 59), None, Reason.CONTROL_CHARACTER),
        (b"NaN ", None, None, Reason.BAD_DATETIME),
    ],
)
def test_datetimes(raw: bytes, value: dt.datetime | None, offset: int | None, expected: Reason | None) -> None:
    """The wall clock as written, its offset from UTC beside it."""
    header = read_one("AcquisitionDateTime", "DT", raw)
    assert header.values.get("acquisition_date_time") == value
    assert header.offsets.get("acquisition_date_time") == offset
    assert reasons(header, "acquisition_date_time") == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("raw", "value", "expected"),
    [
        (b"042Y", 42.0, None),
        (b"000Y", 0.0, None),
        (b"018M", 1.5, None),
        (b"010D", 10 / 365.25, None),
        (b"003W", 21 / 365.25, None),
        (b"5Y", 5.0, Reason.NONSTANDARD_FORMAT),
        (b"042y", 42.0, Reason.NONSTANDARD_FORMAT),
        (b"42", None, Reason.BAD_AGE),
        (b"45", None, Reason.BAD_AGE),
        (b"Amad", None, Reason.BAD_AGE),
        (b"-05Y", None, Reason.BAD_AGE),
        (b"122Y", 122.0, None),  # the oldest person known
        (b"999Y", None, Reason.IMPLAUSIBLE),
        (b"999W", 999 * 7 / 365.25, None),
        (b"0042Y", 42.0, Reason.NONSTANDARD_FORMAT),
        (b"42 Y", 42.0, Reason.NONSTANDARD_FORMAT),
    ],
)
def test_ages(raw: bytes, value: float | None, expected: Reason | None) -> None:
    header = read_one("PatientAge", "AS", raw)
    found = header.values.get("patient_age")
    assert (found is None) == (value is None)
    if value is not None:
        assert found == pytest.approx(value, rel=1e-12)
    assert reasons(header, "patient_age") == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("keyword", "vr", "column", "raw", "value", "expected"),
    [
        ("PatientID", "LO", "patient_id", b"00123\0", "00123", None),
        ("PatientID", "LO", "patient_id", b"0014629281", "0014629281", None),
        ("PatientID", "LO", "patient_id", b"00123   ", "00123", None),
        ("PatientID", "LO", "patient_id", b"  00123 ", "00123", Reason.LEADING_BLANK),
        ("PatientID", "LO", "patient_id", b"1E5 ", "1E5", None),
        ("PatientID", "LO", "patient_id", b"NaN ", "NaN", None),
        ("PatientID", "LO", "patient_id", b"123\\456 ", "123", Reason.MULTIPLE_VALUES),
        ("PatientID", "LO", "patient_id", b"\\456", None, Reason.MULTIPLE_VALUES),
        ("PatientName", "PN", "patient_name", b"DOE^JOHN\0\0\0\0", "DOE^JOHN", None),
        ("PatientName", "PN", "patient_name", b"DOE^JOHN==", "DOE^JOHN", None),
        ("StudyInstanceUID", "UI", "study_instance_uid", b"1.2.3\0", "1.2.3", None),
        ("StudyInstanceUID", "UI", "study_instance_uid", b"1.2.3 ", "1.2.3", None),
        ("StudyInstanceUID", "UI", "study_instance_uid", b"1.2\\1.3 ", "1.2", Reason.MULTIPLE_VALUES),
        ("StudyInstanceUID", "UI", "study_instance_uid", b"1.2.3.004 ", "1.2.3.004", Reason.BAD_UID),
        ("StudyInstanceUID", "UI", "study_instance_uid", b"1.2.ABC ", "1.2.ABC", Reason.BAD_UID),
        ("StudyInstanceUID", "UI", "study_instance_uid", b".1.2", ".1.2", Reason.BAD_UID),
        ("StudyInstanceUID", "UI", "study_instance_uid", b"1.2" + b".3" * 33, "1.2" + ".3" * 33, Reason.BAD_UID),
        ("SeriesDescription", "LO", "series_description", b"T1\r\nSAG ", "T1 SAG", Reason.CONTROL_CHARACTER),
        ("SeriesDescription", "LO", "series_description", b"T1\tSAG", "T1 SAG", Reason.CONTROL_CHARACTER),
        ("SeriesDescription", "LO", "series_description", b"T1\0SAG", "T1 SAG", Reason.CONTROL_CHARACTER),
        ("SeriesDescription", "LO", "series_description", b"  axial ", "axial", None),
        ("InstitutionAddress", "ST", "institution_address", b"1 rue\\X\r\nParis", "1 rue\\X Paris", None),
        ("SeriesDescription", "SQ", "series_description", b"T1", None, Reason.NOT_A_VALUE),
        ("SeriesDescription", "OB", "series_description", b"T1", None, Reason.NOT_A_VALUE),
    ],
)
def test_texts(keyword: str, vr: str, column: str, raw: bytes, value: str | None, expected: Reason | None) -> None:
    assert_value(keyword, vr, raw, column, value, *([expected] if expected else []))


def test_inner_nul_of_a_uid_is_replaced() -> None:
    header = read_one("StudyInstanceUID", "UI", b"1.2\x003 ")
    assert header.values["study_instance_uid"] == "1.2 3"
    assert reasons(header, "study_instance_uid") == [Reason.CONTROL_CHARACTER, Reason.BAD_UID]


def test_raw_text_is_kept_whole_and_shown_as_text() -> None:
    header = read_one("PatientID", "LO", b"123\\45\x1f\xe9 ")
    assert {issue.raw for issue in header.issues} == {"123\\45\\x1f\\xe9"}
    assert {issue.tag for issue in header.issues} == {"(0010,0020)"}


@pytest.mark.parametrize(
    ("raw", "value", "expected"),
    [
        (b"ORIGINAL\\PRIMARY ", ["ORIGINAL", "PRIMARY"], []),
        (b"ORIGINAL\\\\AXIAL ", ["ORIGINAL", None, "AXIAL"], []),
        (b"ORIGINAL\\PRIMARY\\\\ ", ["ORIGINAL", "PRIMARY"], []),
        (b"", None, []),
    ],
)
def test_several_texts_keep_their_places(raw: bytes, value: list[str | None] | None, expected: list[str]) -> None:
    header = read_one("ImageType", "CS", raw)
    assert header.values.get("image_type") == value
    assert reasons(header, "image_type") == expected


@pytest.mark.parametrize(
    ("raw", "value", "expected"),
    [
        (b"12", 12, []),
        (b"0 ", 1, [Reason.FRAME_COUNT]),
        (b"-1", 1, [Reason.FRAME_COUNT]),
        (b"", 1, [Reason.FRAME_COUNT]),
        (b"1A", None, [Reason.BAD_NUMBER]),
    ],
)
def test_number_of_frames(raw: bytes, value: int | None, expected: list[str]) -> None:
    header = read_one("NumberOfFrames", "IS", raw)
    assert header.values.get("number_of_frames") == value
    assert reasons(header, "number_of_frames") == expected


def test_a_value_above_the_limit_is_not_taken() -> None:
    header = read(part10(data_set(("Modality", "CS", b"CT"), ("InstitutionAddress", "UT", b"x" * 70_000))))
    assert header.values["modality"] == "CT"
    assert "institution_address" not in header.values
    assert reasons(header, "institution_address") == [Reason.VALUE_TOO_LONG]


def test_issues_are_listed_up_to_a_hundred_and_then_counted() -> None:
    icons = [item(data_set(("DetectorID", "SH", b"\x1fA"))) for _ in range(130)]
    header = read(part10(sequence(tag("DetectorInformationSequence"), "SQ", *icons)))
    assert len(header.issues) == 101
    assert header.issues[-1].reason == Reason.ISSUES_DROPPED
    assert header.issues[-1].raw == "30"
    assert header.values["detector_ids"] == ["A"] * 130
