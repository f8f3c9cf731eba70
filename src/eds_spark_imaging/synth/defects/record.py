"""Defects of when, where and what: dates, visits, accession numbers, body parts, acts, and the reload."""

from __future__ import annotations

from datetime import datetime, timedelta

from eds_spark_imaging.synth.defects.defect import Scene, defect
from eds_spark_imaging.synth.hospital.clock import LAST_DAY, dicom_date, dicom_time, existing, utc_offset
from eds_spark_imaging.synth.hospital.exams import KINDS
from eds_spark_imaging.synth.hospital.model import DELETED, SynthExam


def _move(exam: SynthExam, clock: datetime) -> None:
    """The machine believes it is another time; study, series and acquisition all say so."""
    exam.header.clock = clock
    exam.header.study_date, exam.header.study_time = dicom_date(clock), dicom_time(clock)


@defect("study_date_absent", 7, "date", 3)
def _study_date_absent(exam: SynthExam, scene: Scene) -> None:
    """No study date and time; the series still have theirs."""
    exam.header.study_date = exam.header.study_time = ""


@defect("study_date_before_1900", 7, "date", 2)
def _study_date_before_1900(exam: SynthExam, scene: Scene) -> None:
    """A study date of the nineteenth century or before."""
    exam.header.study_date = scene.rng.choice(("18991230", "18581117", "16010101", "00010101"))


@defect("study_date_future", 7, "date", 2)
def _study_date_future(exam: SynthExam, scene: Scene) -> None:
    """A clock decades ahead."""
    day = min(exam.when.day, 28)
    _move(exam, exam.when.replace(year=scene.rng.choice((2050, 2079, 2099)), day=day))


@defect("dates_disagree", 7, "date", 4)
def _dates_disagree(exam: SynthExam, scene: Scene) -> None:
    """Study date is that of the order or of the archiving, series and acquisition dates that of the exam."""
    exam.header.study_date = dicom_date(exam.when + timedelta(days=scene.rng.choice((-30, -7, -1, 1, 2, 15))))


@defect("time_absent", 7, "date", 3)
def _time_absent(exam: SynthExam, scene: Scene) -> None:
    """No time anywhere."""
    exam.header.study_time, exam.header.without_times = "", True


@defect("utc_shift", 7, "date", 4)
def _utc_shift(exam: SynthExam, scene: Scene) -> None:
    """Times in UTC, one or two hours behind the wall clock, and nothing that says so."""
    _move(exam, exam.when - utc_offset(exam.when))


@defect("exam_before_birth", 7, "date", 2)
def _exam_before_birth(exam: SynthExam, scene: Scene) -> None:
    """A clock that fell back to the start of its era, before the patient was born where that was later."""
    birth = scene.life.person.traits.birth_date
    year = min(birth.year - scene.rng.randrange(1, 9), 1999)
    _move(exam, exam.when.replace(year=max(year, 1890), month=1, day=1))


def _can_follow_death(exam: SynthExam, scene: Scene) -> bool:
    return scene.life.death is not None and (LAST_DAY - scene.life.death.date()).days > 40


@defect("exam_after_death", 7, "date", 2, _can_follow_death, rare=True)
def _exam_after_death(exam: SynthExam, scene: Scene) -> None:
    """A date after the patient's death."""
    if scene.life.death:
        _move(exam, existing(scene.life.death + timedelta(days=scene.rng.randrange(3, 40))))


@defect("visit_absent", 10, "visit", 3, lambda e, s: e.stay is not None)
def _visit_absent(exam: SynthExam, scene: Scene) -> None:
    """The visit never reached the table."""
    if exam.stay:
        exam.stay.recorded = False


@defect("visit_open_for_years", 10, "visit", 2, lambda e, s: e.stay is not None and e.stay.recorded)
def _visit_open_for_years(exam: SynthExam, scene: Scene) -> None:
    """A visit closed years after its real end."""
    if exam.stay:
        exam.stay.end = existing(exam.stay.start + timedelta(days=scene.rng.randrange(700, 3000)))


@defect("visit_without_end", 10, "visit", 2, lambda e, s: e.stay is not None and e.stay.recorded)
def _visit_without_end(exam: SynthExam, scene: Scene) -> None:
    """A visit that never ended."""
    if exam.stay:
        exam.stay.end = None


@defect("visit_deleted", 10, "visit", 2, lambda e, s: e.stay is not None and e.stay.recorded)
def _visit_deleted(exam: SynthExam, scene: Scene) -> None:
    """A visit marked as deleted."""
    if exam.stay:
        exam.stay.status = DELETED


@defect("accession_absent", 11, "accession", 4)
def _accession_absent(exam: SynthExam, scene: Scene) -> None:
    """No accession number in the header."""
    exam.header.accession = ""


@defect("accession_reused", 11, "accession", 3, lambda e, s: s.register.accession_elsewhere(e.hospital) is not None)
def _accession_reused(exam: SynthExam, scene: Scene) -> None:
    """The accession number of an exam of another site, in header, act and report alike."""
    number = scene.register.accession_elsewhere(exam.hospital) or exam.header.accession
    exam.header.accession = number
    for record in exam.records:
        record.accession = number if record.accession else None


@defect("report_dated_by_change", 11, "accession", 4, lambda e, s: e.report is not None)
def _report_dated_by_change(exam: SynthExam, scene: Scene) -> None:
    """The report bears the date of its last change, days to years after the exam."""
    if exam.report:
        exam.report.when = existing(exam.report.when + timedelta(days=int(scene.rng.expovariate(1 / 120)) + 4))


def _has_body_part(exam: SynthExam, scene: Scene) -> bool:
    return bool(exam.header.body_part)


@defect("body_part_absent", 12, "body_part", 4, _has_body_part)
def _body_part_absent(exam: SynthExam, scene: Scene) -> None:
    """No body part."""
    exam.header.body_part = ""


@defect("body_part_free_text", 12, "body_part", 10)
def _body_part_free_text(exam: SynthExam, scene: Scene) -> None:
    """The words of the site, in French or English, in any case."""
    text = scene.rng.choice(exam.kind.written)
    exam.header.body_part = scene.rng.choice((text, text, text.upper(), text.lower(), text.title()))


@defect("body_part_truncated", 12, "body_part", 2, _has_body_part)
def _body_part_truncated(exam: SynthExam, scene: Scene) -> None:
    """The body part cut short."""
    exam.header.body_part = exam.kind.written[0][: scene.rng.randrange(3, 7)].rstrip()


@defect("body_part_contradicts", 12, "body_part", 2)
def _body_part_contradicts(exam: SynthExam, scene: Scene) -> None:
    """The body part of a protocol that somebody copied; the description is right."""
    exam.header.body_part = scene.rng.choice([kind.region for kind in KINDS if kind.region != exam.kind.region])


@defect("exam_without_act", 16, "act", 1, lambda e, s: bool(e.acts))
def _exam_without_act(exam: SynthExam, scene: Scene) -> None:
    """Nobody coded the act."""
    exam.acts = []


def _reloaded(exam: SynthExam, scene: Scene) -> bool:
    return exam.reload_id is not None


@defect("reload_patient_id_form", 9, "reload", 1, _reloaded, rare=True)
def _reload_patient_id_form(exam: SynthExam, scene: Scene) -> None:
    """The second PACS wrote PatientID in a form of its own."""
    ipp = scene.life.person.ipp
    exam.reload_id = scene.rng.choice((ipp.zfill(12), f"{exam.hospital.trigram}{ipp}", f"{ipp}^^^APHP"))
