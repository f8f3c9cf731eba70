"""What happens to a person: stays, acts, reports, exams, and what an exam's headers say about identity and time.

A :class:`SynthExam` knows the truth; its :class:`WrittenHeader` is what reaches the files. Defects change the header,
or what of the exam reaches the base centrale, never the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from eds_spark_imaging.synth.hospital.exams import ExamKind
from eds_spark_imaging.synth.hospital.hospitals import Department, Device, Hospital
from eds_spark_imaging.synth.hospital.people import Person

DELETED = "supprimé"

# What PatientID really holds: the surviving IPP; one merged since; one readable after cleaning; one with a wrong digit;
# a NIP; a visit file; an id of the machine's own; another person's IPP; nothing that names a person.
PatientIdForm = Literal["ipp", "merged", "variant", "digit", "nip", "nda", "local", "wrong", "nobody"]


@dataclass(slots=True, eq=False)
class Stay:
    """A visit of the base centrale. ``recorded`` false: the visit exists in truth alone."""

    visit_id: int
    nda: str
    hospital: Hospital
    sort: str
    start: datetime
    end: datetime | None
    person_id: int
    status: str = "Actif"
    recorded: bool = True

    @property
    def usable(self) -> bool:
        """True where the table holds the visit and no one deleted it."""
        return self.recorded and self.status != DELETED


@dataclass(slots=True, eq=False)
class RecordedAct:
    """A coded act: one row of procedure_occurrence. ``written`` is the code as stored."""

    procedure_id: int
    code: str
    written: str
    when: datetime
    person_id: int
    stay: Stay | None
    accession: str | None = None


@dataclass(slots=True, eq=False)
class RecordedReport:
    """A report: one row of note."""

    note_id: int
    sort: str
    title: str
    when: datetime
    person_id: int
    stay: Stay | None
    hospital: Hospital
    accession: str | None = None


@dataclass(slots=True, eq=False)
class WrittenHeader:
    """Identity and time as the files of one exam have them; empty text is an empty or absent element.

    ``clock`` is the machine's wall clock at the start of the exam. ``name_pattern`` joins ``family`` and ``given``.
    """

    clock: datetime
    patient_id: str
    issuer: str
    family: str
    given: str
    birth_date: str
    sex: str
    accession: str
    study_date: str
    study_time: str
    body_part: str
    description: str
    name_pattern: str = "{family}^{given}"
    birth_name: str = ""
    other_ids: list[str] = field(default_factory=list)
    admission_id: str = ""
    service_episode_id: str = ""
    without_times: bool = False

    @property
    def patient_name(self) -> str:
        """PatientName (PN) as written; empty where both parts are."""
        if not self.family and not self.given:
            return ""
        return self.name_pattern.format(family=self.family, given=self.given).rstrip()


@dataclass(slots=True, eq=False)
class SynthExam:
    """One exam of the PACS, its truth and its header. ``person`` is None for phantoms and tests.

    ``reload_id`` is PatientID in the second PACS where the exam was loaded again, else None.
    """

    number: int
    uid: str
    kind: ExamKind
    hospital: Hospital
    archive: int
    device: Device
    department: Department
    when: datetime
    person: Person | None
    stay: Stay | None
    side: str | None
    header: WrittenHeader
    acts: list[RecordedAct]
    report: RecordedReport | None
    form: PatientIdForm = "ipp"
    holder: Person | None = None
    reload_id: str | None = None
    defects: list[str] = field(default_factory=list)

    @property
    def records(self) -> list[RecordedAct | RecordedReport]:
        """What the base centrale has of the exam: its acts and its report."""
        return [*self.acts, *([self.report] if self.report else [])]

    @property
    def patient_ids(self) -> list[str]:
        """PatientID of each copy."""
        return [self.header.patient_id] if self.reload_id is None else [self.header.patient_id, self.reload_id]

    @property
    def traits_present(self) -> bool:
        """True where name, birth date and sex of a person are all in the header."""
        return self.person is not None and all(
            (self.header.family, self.header.given, self.header.birth_date, self.header.sex)
        )


@dataclass(slots=True)
class Life:
    """All that happened to one person: what the tables and the files are written from."""

    person: Person
    stays: list[Stay] = field(default_factory=list)
    acts: list[RecordedAct] = field(default_factory=list)
    reports: list[RecordedReport] = field(default_factory=list)
    exams: list[SynthExam] = field(default_factory=list)
    death: datetime | None = None
