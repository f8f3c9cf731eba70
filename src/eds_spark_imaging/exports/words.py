"""What exams can be exported to, and why one is not."""

from __future__ import annotations

from enum import StrEnum

from eds_spark_imaging.vocabulary import Word


class Standard(StrEnum):
    """What exams can be exported to."""

    MI_CDM = "mi-cdm"
    FHIR = "fhir"


class TableFormat(StrEnum):
    """Files of the tables of an export; FHIR is NDJSON whatever is asked."""

    PARQUET = "parquet"
    CSV = "csv"


class NotExported(Word):
    """Why an exam is not exported, the first that holds."""

    REMOVED = "removed", "its files are no longer there"
    NO_PATIENT = "no_patient", "it is linked to no patient, or to one without IPP, which FHIR names the patient by"
    NO_DATE = "no_date", "no date of it can be believed"
    NO_ACT = "no_act", "no act is its own, and the standard asks for one"
    UID_INVALID = "uid_invalid", "its UID is not one of DICOM (PS3.5 9.1)"
