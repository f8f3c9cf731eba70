"""Marts: small tables of counts, for dashboards and for judging whether the data can carry a study."""

from __future__ import annotations

from eds_spark_imaging.tables.spec import BIGINT, DATE, DOUBLE, STRING, WALL_CLOCK, Column, Table
from eds_spark_imaging.vocabulary import Word


class CoverageState(Word):
    """What a month of a hospital and category is worth for a trend."""

    COMPLETE = "complete", "some exams, in a segment of at least half of the level of the cell"
    PARTIAL = "partial", "less than half of the level: sources were connected in steps, or a part is missing"
    NOT_CONNECTED = "not_connected", "before the first connected month: no exams, or a few, say nothing"
    SUSPENDED = "suspended", "the feed stood still, as declared or as a gap that chance does not explain"
    NO_ACTIVITY = "no_activity", "no exams: until t_1 by chance, at the level of complete months; then for good"
    RUNNING = "running", "the month is not over, so its exams cannot be judged yet"


class ClockFault(Word):
    """What is wrong with the times that a machine wrote."""

    IN_FUTURE = "in_future", "series later than the day after the run that wrote them"
    BEFORE_DEVICE = "before_device", "series more than a year before the first of a hundred of the device's series"
    BEFORE_STUDY = "before_study", "acquired an hour or more before the study began: another clock, or another zone"
    AFTER_STUDY = "after_study", "acquired a day or more after the study began"


_COUNT = {3: "three", 4: "four", 5: "five"}


def _group_key(columns: tuple[str, ...]) -> Column:
    """The key of a mart with one row for each group of ``columns``."""
    text = f"The {_COUNT[len(columns)]} columns of the group, joined by |; nothing where one is null, | in one as \\|"
    return Column("group_key", STRING, text, False)


LINK_QUALITY_BY = ("hospital_code", "main_modality", "month", "link_method", "link_status")

IMAGING_LINK_QUALITY = Table(
    name="imaging_link_quality",
    grain="hospital, modality, month, link method and link status",
    comment="How many exams are linked to a patient, by which method, and how many of the links traits confirm",
    columns=(
        _group_key(LINK_QUALITY_BY),
        Column("hospital_code", STRING, "Code of the hospital; null where no rule of the configuration gives one"),
        Column("main_modality", STRING, "The imaging modality that names the exam"),
        Column("month", DATE, "First day of the exam's month; null where its date is missing or implausible"),
        Column("link_method", STRING, "Method of the link; null where the exam is not linked"),
        Column("link_status", STRING, "Status of the link"),
        Column("exams", BIGINT, "Exams. Unit: exams", False),
        Column("exams_verified", BIGINT, "Exams whose link identity traits confirm. Unit: exams", False),
        Column("share", DOUBLE, "Share of all exams of the hospital, modality and month, 0 to 1", False),
    ),
    keys=("group_key",),
    cluster_by=("month", "hospital_code"),
    checks=(("shares", "share > 0 AND share <= 1"), ("verified", "exams_verified BETWEEN 0 AND exams")),
)


ACTIVITY_BY = ("hospital_code", "department", "exam_category", "month")

IMAGING_ACTIVITY = Table(
    name="imaging_activity",
    grain="hospital, department, category and month",
    comment="Imaging activity of exams that have files and a date to be trusted; see imaging_coverage before a trend",
    columns=(
        _group_key(ACTIVITY_BY),
        Column("hospital_code", STRING, "Code of the hospital; null where no rule of the configuration gives one"),
        Column("department", STRING, "Department of the exam, as configured at its machines"),
        Column("exam_category", STRING, "Category of the exam"),
        Column("month", DATE, "First day of the month", False),
        Column("exams", BIGINT, "Exams. Unit: exams", False),
        Column("series", BIGINT, "Series of the exams. Unit: series"),
        Column("instances", BIGINT, "Instances of the exams, duplicates not counted. Unit: instances"),
        Column("patients", BIGINT, "Linked patients, each counted once. Unit: patients", False),
        Column("exams_in_hours", BIGINT, "Exams with a time, Monday to Friday from 8 to 18. Unit: exams", False),
        Column("exams_out_of_hours", BIGINT, "Exams with a time, at night or at the weekend. Unit: exams", False),
        Column("act_to_exam_days_median", DOUBLE, "Median days from act to exam, negative after it. Unit: days"),
    ),
    keys=("group_key",),
    cluster_by=("month", "hospital_code"),
    checks=(("some", "exams > 0"), ("hours", "exams_in_hours + exams_out_of_hours <= exams")),
)

DEVICE_DAY_BY = ("hospital_code", "device_serial_number", "manufacturer_model_name", "day")

IMAGING_DEVICE_DAY = Table(
    name="imaging_device_day",
    grain="device and day on which it was used",
    comment="Use of scanners and other machines that write their serial number",
    columns=(
        _group_key(DEVICE_DAY_BY),
        Column("hospital_code", STRING, "Code of the hospital"),
        Column("device_serial_number", STRING, "Serial number of the machine"),
        Column("manufacturer_model_name", STRING, "Model of the machine"),
        Column("day", DATE, "Day", False),
        Column("station_name", STRING, "Name of the machine, the first by alphabet where it has several"),
        Column("exam_category", STRING, "Category of its exams, the first by alphabet where they have several"),
        Column("exams", BIGINT, "Exams with a series of the day: across midnight of two days. Unit: exams", False),
        Column("series", BIGINT, "Series. Unit: series", False),
        Column("instances", BIGINT, "Instances. Unit: instances"),
        Column("first_series_at", WALL_CLOCK, "First series of the day that has a time, hospital wall-clock"),
        Column("last_series_at", WALL_CLOCK, "Last series of the day that has a time, hospital wall-clock"),
    ),
    keys=("group_key",),
    cluster_by=("day", "hospital_code"),
    checks=(("some", "exams > 0 AND series >= exams"),),
)

FILLED_OF = ("device_serial_number", "manufacturer_model_name", "main_modality", "month")
FILL_RATE_BY = (*FILLED_OF, "attribute")

IMAGING_FILL_RATE = Table(
    name="imaging_fill_rate",
    grain="device, modality, month and attribute that is declared for the modality, or for all",
    comment="In how many series of a device each acquisition parameter is filled; imaging_fill_drift shows changes",
    columns=(
        _group_key(FILL_RATE_BY),
        Column("device_serial_number", STRING, "Serial number of the machine"),
        Column("manufacturer_model_name", STRING, "Model of the machine"),
        Column("main_modality", STRING, "Modality of the series"),
        Column("month", DATE, "First day of the month of the series", False),
        Column("attribute", STRING, "The attribute: its column of imaging_acquisition, without _min and _max", False),
        Column("series", BIGINT, "Series. Unit: series", False),
        Column("filled", BIGINT, "Series in which it has a value. Unit: series", False),
    ),
    keys=("group_key",),
    cluster_by=("month", "attribute"),
    checks=(("filled", "series > 0 AND filled BETWEEN 0 AND series"),),
)

CLOCK_FAULT_BY = ("hospital_code", "device_serial_number", "manufacturer_model_name", "day", "fault")

IMAGING_CLOCK_FAULT = Table(
    name="imaging_clock_fault",
    grain="device, day and fault of its clock",
    comment="Days on which the times that a machine wrote cannot be right, or do not fit those of the study",
    columns=(
        _group_key(CLOCK_FAULT_BY),
        Column("hospital_code", STRING, "Code of the hospital"),
        Column("device_serial_number", STRING, "Serial number of the machine"),
        Column("manufacturer_model_name", STRING, "Model of the machine"),
        Column("day", DATE, "Day of the series, by the machine's clock", False),
        Column("fault", STRING, "What is wrong", False, values=ClockFault),
        Column("series", BIGINT, "Series with the fault. Unit: series", False),
        Column("hours_median", DOUBLE, "Median time from the study to the acquisition; negative before it. Unit: h"),
    ),
    keys=("group_key",),
    cluster_by=("day", "hospital_code"),
    checks=(("some", "series > 0"),),
)

COVERAGE_BY = ("hospital_code", "exam_category", "month")

IMAGING_COVERAGE = Table(
    name="imaging_coverage",
    grain="hospital, category and month since the hospital's first with coverage, or before with exams",
    comment="Whether a month can carry a trend: no exams may mean that none were done, or that none were sent",
    columns=(
        _group_key(COVERAGE_BY),
        Column("hospital_code", STRING, "Code of the hospital; null where no rule of the configuration gives one"),
        Column("exam_category", STRING, "Category of the exams"),
        Column("month", DATE, "First day of the month", False),
        Column("exams", BIGINT, "Exams with a date to be trusted. Unit: exams", False),
        Column("completeness", DOUBLE, "Exams over the reference level of hospital and category, 1 at the most", False),
        Column("state", STRING, "State of the month", False, values=CoverageState),
        Column("t_0", DATE, "First month with exams, of hospital and category, at a tenth of the reference or more"),
        Column("t_1", DATE, "Last month with exams, of hospital and category, at a tenth of the reference or more"),
        Column("c_0", DOUBLE, "Mean completeness from t_0 to t_1"),
        Column("error", DOUBLE, "Mean squared distance of the completeness from c_0, from t_0 to t_1"),
        Column(
            "reference",
            DOUBLE,
            "Exams a month that stand for full coverage. Unit: exams",
            False,
        ),
    ),
    keys=("group_key",),
    cluster_by=("month", "hospital_code"),
    checks=(("share", "completeness BETWEEN 0 AND 1"),),
)


def tables() -> tuple[Table, ...]:
    """The tables of this module."""
    return (
        IMAGING_LINK_QUALITY,
        IMAGING_ACTIVITY,
        IMAGING_DEVICE_DAY,
        IMAGING_FILL_RATE,
        IMAGING_CLOCK_FAULT,
        IMAGING_COVERAGE,
    )
