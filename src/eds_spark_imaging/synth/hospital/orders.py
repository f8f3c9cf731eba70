"""An exam as it was ordered and done: who, where, when, what; and the header, acts and report that come of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from eds_spark_imaging.synth.hospital.clock import dicom_date, dicom_time, existing
from eds_spark_imaging.synth.hospital.codes import written_act
from eds_spark_imaging.synth.hospital.exams import ExamKind
from eds_spark_imaging.synth.hospital.hospitals import Hospital
from eds_spark_imaging.synth.hospital.model import RecordedAct, RecordedReport, Stay, WrittenHeader
from eds_spark_imaging.synth.hospital.people import Person
from eds_spark_imaging.synth.hospital.register import Register


@dataclass(frozen=True, slots=True)
class Order:
    """One exam of one person, with its accession number and side (L or R)."""

    person: Person
    stay: Stay | None
    hospital: Hospital
    when: datetime
    kind: ExamKind
    accession: str
    side: str | None


def header_of(order: Order, rng: Random) -> WrittenHeader:
    """The header of an exam with nothing wrong; identity traits are whole in about 85 % of them."""
    hospital, kind, traits, stay = order.hospital, order.kind, order.person.traits, order.stay
    renamed = order.when.year >= hospital.renamed_year
    wording = kind.descriptions[(hospital.order + renamed) % len(kind.descriptions)]
    header = WrittenHeader(
        clock=order.when,
        patient_id=order.person.ipp,
        issuer=("APHP", "", hospital.trigram)[hospital.order % 3],
        family=traits.birth_name,
        given=traits.first_name if hospital.order % 2 else traits.first_name.upper(),
        birth_date=dicom_date(traits.birth_date),
        sex=traits.sex,
        accession=order.accession,
        study_date=dicom_date(order.when),
        study_time=dicom_time(order.when),
        body_part=kind.region if kind.modality in _WITH_BODY_PART else "",
        description=wording.format(side={"L": "G", "R": "D"}.get(order.side or "", "")),
        birth_name=traits.birth_name if hospital.order % 4 == 2 else "",
    )
    _blank_traits(header, rng)
    if stay and rng.random() < 0.3:
        header.admission_id = stay.nda
    elif stay and rng.random() < 0.05:
        header.service_episode_id = stay.nda
    return header


_WITH_BODY_PART = frozenset({"CT", "MR", "DX", "CR", "MG", "PT"})


def _blank_traits(header: WrittenHeader, rng: Random) -> None:
    draw = rng.random()
    if draw < 0.08:
        header.family = header.given = header.birth_date = header.sex = header.birth_name = ""
    elif draw < 0.11:
        header.birth_date = ""
    elif draw < 0.14:
        header.sex = ""


@dataclass(slots=True)
class Scribe:
    """Codes acts and writes reports, each with the next id of its table."""

    register: Register

    def imaging_acts(self, order: Order, rng: Random) -> list[RecordedAct]:
        """The act, supplements, and anaesthesia for some; a third of them dated at midnight."""
        coded = existing(order.when + timedelta(minutes=rng.randrange(-30, 240)))
        if rng.random() < 0.3:
            coded = order.when.replace(hour=0, minute=0, second=0)
        acts = [self.act(order.person, order.stay, order.kind.act, coded, rng)]
        acts[0].accession = order.accession if rng.random() < 0.4 else None
        for code in order.kind.supplements:
            if rng.random() < 0.6:
                acts.append(self.act(order.person, order.stay, code, coded, rng))
        if order.kind.anaesthesia and rng.random() < 0.5:
            acts.append(self.act(order.person, order.stay, order.kind.act, coded, rng, activity=4))
        return acts

    def act(
        self, person: Person, stay: Stay | None, code: str, when: datetime, rng: Random, *, activity: int = 1
    ) -> RecordedAct:
        """One act of a person."""
        written = written_act(rng, code, activity)
        self.register.met["code_variant"] += written != code
        return RecordedAct(
            procedure_id=next(self.register.procedures),
            code=code,
            written=written,
            when=when,
            person_id=stay.person_id if stay else person.person_id,
            stay=stay,
        )

    def imaging_report(self, order: Order, rng: Random) -> RecordedReport | None:
        """The report, minutes to two days after the exam, or None for some."""
        if rng.random() >= 0.88:
            return None
        later = existing(order.when + timedelta(minutes=rng.randrange(20, 2880)))
        report = self.report(order.person, order.stay, order.hospital, order.kind.report, later)
        report.title = f"{order.kind.label} DU {order.when:%d/%m/%Y}"
        report.accession = order.accession if rng.random() < 0.45 else None
        return report

    def report(
        self, person: Person, stay: Stay | None, hospital: Hospital, sort: str, when: datetime
    ) -> RecordedReport:
        """One note of a person, without title."""
        return RecordedReport(
            note_id=next(self.register.notes),
            sort=sort,
            title="",
            when=when,
            person_id=stay.person_id if stay else person.person_id,
            stay=stay,
            hospital=hospital,
        )
