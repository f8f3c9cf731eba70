"""The words of the crossing: methods, and why an exam has no act or an act no exam."""

from __future__ import annotations

from eds_spark_imaging.vocabulary import Word


class VisitMethod(Word):
    """What an exam and a visit were brought together by, best first."""

    VISIT_NUMBER = "visit_number", "the header names the visit"
    ACT = "act", "an act that is the exam's own lies in the visit"
    REPORT = "report", "a report that is the exam's own lies in the visit"
    INTERVAL = "interval", "the exam lies within the visit"


class ActMethod(Word):
    """What an exam and an act were brought together by, best first."""

    ACCESSION_NUMBER = "accession_number", "both have one accession number"
    VISIT = "visit", "the act lies in the visit of the exam"
    TIME = "time", "the act is near in time"


class ReportMethod(Word):
    """What an exam and a report were brought together by, best first."""

    ACCESSION_NUMBER = "accession_number", "both have one accession number"
    TITLE = "title", "the title names the day of the exam"
    VISIT = "visit", "the report lies in the visit of the exam"
    TIME = "time", "the report follows on the exam"


class NoAct(Word):
    """Why a linked exam has no act."""

    NO_DATE = "no_date", "no time of the exam can be believed, and no number or visit leads to an act"
    NONE_NEAR = "none_near", "the patient has no imaging act within a day of it"
    NONE_AGREES = "none_agrees", "the acts near it are of another modality, region, visit or hospital"
    TAKEN = "taken", "the acts that fit are those of other exams"
    AMBIGUOUS = "ambiguous", "several pairs of exam and act fit about as well"
    DOUBTFUL = "doubtful", "an act fits, with too little that speaks for it"


class NoExam(Word):
    """Why an imaging act has no exam."""

    NO_LINKED_EXAM = "no_linked_exam", "no exam is linked to the patient"
    NONE_NEAR = "none_near", "the patient has no exam within a day of it"
    NONE_AGREES = "none_agrees", "the exams near it are of another modality, region, visit or hospital"
    TAKEN = "taken", "the exams that fit have acts of their own"
    AMBIGUOUS = "ambiguous", "several pairs of exam and act fit about as well"
    DOUBTFUL = "doubtful", "an exam fits, with too little that speaks for it"
