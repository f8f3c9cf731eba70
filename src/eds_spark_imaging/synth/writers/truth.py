"""The truth about every exam, person and file, written beside the data for benchmarks and tests."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from eds_spark_imaging.synth.defects.defect import DEFECTS
from eds_spark_imaging.synth.hospital.model import Life, SynthExam
from eds_spark_imaging.synth.hospital.people import Population
from eds_spark_imaging.synth.writers.evidence import TraitIndex, evidence
from eds_spark_imaging.synth.writers.files import WrittenFile
from eds_spark_imaging.synth.writers.warehouse import RowWriter


class ExamTruth(NamedTuple):
    """One exam. ``person_id`` and ``ipp`` are those of the surviving identity, null for phantoms and tests.

    ``person_ids``: every person row of that human, the surviving first: a link to any of them names the right human.
    ``defect`` is the first of ``defects``, that of PatientID where there is one, or ``none``.
    ``correctly_attached``: PatientID of every copy is the surviving IPP.
    ``visit_occurrence_id`` is null where the exam had no visit or the visit is not in the table; see ``visit_status``.
    ``wall_clock`` is the true time, without zone; ``body_part`` the true region (PS3.16 Annex L).
    """

    study_instance_uid: str
    person_id: int | None
    person_ids: list[int]
    ipp: str | None
    is_patient: bool
    defect: str
    defects: list[str]
    correctly_attached: bool
    traits_present: bool
    person_knowable_with_identity: bool
    person_knowable_without_identity: bool
    evidence_with_identity: list[str]
    evidence_without_identity: list[str]
    wrong_person_id: int | None
    visit_occurrence_id: int | None
    visit_status: str
    procedure_occurrence_ids: list[int]
    note_id: int | None
    hospital: str
    department: str
    reload: bool
    wall_clock: datetime
    exam_kind: str
    modality: str
    ccam_code: str
    body_part: str
    laterality: str | None
    contrast: bool


class HeaderTruth(NamedTuple):
    """Identity and time as the headers of one copy of one exam have them, for benchmarks that need no files."""

    study_instance_uid: str
    source: str
    patient_id: str
    issuer_of_patient_id: str
    other_patient_ids: list[str]
    patient_name: str
    patient_birth_name: str
    patient_birth_date: str
    patient_sex: str
    accession_number: str
    admission_id: str
    service_episode_id: str
    study_date: str
    study_time: str
    study_description: str
    body_part_examined: str
    modality: str
    institution_name: str | None
    station_name: str
    performed_station_ae_title: str


class PersonTruth(NamedTuple):
    """One human: every IPP from the oldest to the surviving one, every person row, and whom they resemble."""

    person_id: int
    ipp: str
    ipps: list[str]
    person_ids: list[int]
    merges: int
    circular: bool
    unmerged: bool
    relation: str | None


class FileTruth(NamedTuple):
    """One file or archive member; ``copies`` files share one SOPInstanceUID, of which one is to be the primary."""

    path: str
    source: str
    study_instance_uid: str | None
    series_instance_uid: str | None
    sop_instance_uid: str | None
    modality: str | None
    size: int
    copies: int
    expected_status: str


class DefectTruth(NamedTuple):
    """One sort of defect: the kind of problem it belongs to (1-16) and how often it occurs."""

    defect: str
    kind: int
    description: str
    occurrences: int


_MET = {
    # What nobody plants on one exam: it comes with the history of hospitals and with how sources write.
    "traits_unknown": (3, "A placeholder's exam without traits, or with those of nobody."),
    "charset_mislabelled": (5, "A name with accents in UTF-8 under SpecificCharacterSet ISO_IR 100."),
    "before_archive": (8, "An exam done before its machine was connected, or in a year of partial archiving."),
    "feed_break": (9, "An exam done between the end of the first PACS and the start of the second."),
    "reload": (9, "An exam that both PACS hold, under two paths."),
    "department_renamed": (13, "An exam of a department under its later name."),
    "extra_series": (14, "A series of a modality other than the exam's own: SR, PR, KO, OT, or the CT of a PET."),
    "code_variant": (15, "An act stored as something else than its 7 characters."),
    "act_without_exam": (16, "An imaging act whose images no PACS holds."),
}


class TruthWriter:
    """Writes the truth tables, a row group at each flush."""

    def __init__(self, folder: Path, population: Population, index: TraitIndex) -> None:
        self._population = population
        self._index = index
        self._folder = folder
        rows = {"exam": ExamTruth, "header": HeaderTruth, "person": PersonTruth, "file": FileTruth}
        self._writers = {name: RowWriter(folder / f"{name}.parquet", row) for name, row in rows.items()}

    def add_life(self, life: Life) -> list[ExamTruth]:
        """The person, and every exam with its headers."""
        person = life.person
        self._writers["person"].add(
            PersonTruth(
                person_id=person.person_id,
                ipp=person.ipp,
                ipps=list(person.ipps),
                person_ids=person.person_ids,
                merges=len(person.ipps) - 1,
                circular=person.circular,
                unmerged=person.unmerged_from,
                relation=person.relation,
            )
        )
        truths = [self._exam(exam) for exam in life.exams]
        for truth, exam in zip(truths, life.exams, strict=True):
            self._writers["exam"].add(truth)
            for archive, patient_id in zip((exam.archive, 2), exam.patient_ids, strict=False):
                self._writers["header"].add(_header(exam, archive, patient_id))
        return truths

    def add_file(self, file: WrittenFile, copies: int, status: str = "parsed") -> None:
        """A file of an exam."""
        source = file.path.split("/")[1].lower()
        self._writers["file"].add(
            FileTruth(
                file.path,
                source,
                file.study_uid,
                file.series_uid,
                file.sop_uid,
                file.modality,
                file.size,
                copies,
                status,
            )
        )

    def add_odd_file(self, path: str, size: int, status: str) -> None:
        """A file that belongs to no exam."""
        self._writers["file"].add(FileTruth(path, path.split("/")[1].lower(), None, None, None, None, size, 1, status))

    def flush(self) -> None:
        """Write one row group to each table."""
        for writer in self._writers.values():
            writer.flush()

    def close(self, occurrences: dict[str, int]) -> None:
        """End all files; the table of defects last."""
        for writer in self._writers.values():
            writer.close()
        planted = {name: (d.kind, d.description) for name, d in DEFECTS.items()}
        defects = RowWriter(self._folder / "defect.parquet", DefectTruth)
        for name, (kind, description) in sorted((planted | _MET).items(), key=lambda item: (item[1][0], item[0])):
            defects.add(DefectTruth(name, kind, description, occurrences.get(name, 0)))
        defects.close()

    def _exam(self, exam: SynthExam) -> ExamTruth:
        person, stay = exam.person, exam.stay
        with_identity = evidence(exam, self._population, self._index, identity=True)
        without_identity = evidence(exam, self._population, self._index, identity=False)
        return ExamTruth(
            study_instance_uid=exam.uid,
            person_id=person.person_id if person else None,
            person_ids=person.person_ids if person else [],
            ipp=person.ipp if person else None,
            is_patient=person is not None,
            defect=exam.defects[0] if exam.defects else "none",
            defects=exam.defects,
            correctly_attached=person is not None and all(text == person.ipp for text in exam.patient_ids),
            traits_present=exam.traits_present,
            person_knowable_with_identity=bool(with_identity),
            person_knowable_without_identity=bool(without_identity),
            evidence_with_identity=with_identity,
            evidence_without_identity=without_identity,
            wrong_person_id=exam.holder.person_id if exam.holder else None,
            visit_occurrence_id=stay.visit_id if stay and stay.recorded else None,
            visit_status="none" if not stay else stay.status if stay.recorded else "absent",
            procedure_occurrence_ids=[act.procedure_id for act in exam.acts],
            note_id=exam.report.note_id if exam.report else None,
            hospital=exam.hospital.code,
            department=exam.department.code,
            reload=exam.reload_id is not None,
            wall_clock=exam.when,
            exam_kind=exam.kind.name,
            modality=exam.kind.modality,
            ccam_code=exam.kind.act,
            body_part=exam.kind.region,
            laterality=exam.side,
            contrast=exam.kind.contrast,
        )


def _header(exam: SynthExam, archive: int, patient_id: str) -> HeaderTruth:
    header, device = exam.header, exam.device
    trigram = exam.hospital.trigram.lower()
    return HeaderTruth(
        study_instance_uid=exam.uid,
        source=trigram if archive == 1 else f"{trigram}-{archive}",
        patient_id=patient_id,
        issuer_of_patient_id=header.issuer,
        other_patient_ids=header.other_ids,
        patient_name=header.patient_name,
        patient_birth_name=header.birth_name,
        patient_birth_date=header.birth_date,
        patient_sex=header.sex,
        accession_number=header.accession,
        admission_id=header.admission_id,
        service_episode_id=header.service_episode_id,
        study_date=header.study_date,
        study_time=header.study_time,
        study_description=header.description,
        body_part_examined=header.body_part,
        modality=exam.kind.modality,
        institution_name=device.institution,
        station_name=device.station,
        performed_station_ae_title=device.ae_title,
    )
