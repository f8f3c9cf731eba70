"""The exam: when, what and how it was described (PS3.3 C.7.2.1, general study)."""

from __future__ import annotations

from functools import partial

from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.dicom.declaration.coded import coded

study = partial(attribute, level="study")

ATTRIBUTES = (
    study("StudyDate", "date", comment="Date the exam started, hospital wall clock"),
    study("StudyTime", "time", comment="Time the exam started, hospital wall clock"),
    study(
        "TimezoneOffsetFromUTC",
        "string",
        comment="Offset from UTC of the file's times, as +0100; mostly absent. Times are stored as they stand",
        treatment="drop",  # summer or winter: it would tell how far dates have been moved
    ),
    study(
        "StudyID", "string", identifying=True, comment="Number of the exam given by the machine or the radiology system"
    ),
    study(
        "StudyDescription",
        "string",
        comment="Description of the exam; free text that differs between sites",
        treatment="allow_by_name",
    ),
    *coded("ProcedureCodeSequence", "procedure", "the procedures performed", "study", many=True),
)
