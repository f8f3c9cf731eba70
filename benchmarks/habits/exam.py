"""An exam of the other hospital: what every one of them has, whatever became of its identifier."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from benchmarks.habits.people import Person
from benchmarks.habits.writing import Writer

Row = dict[str, Any]
SITES = {"P": ("038", "GHA"), "Q": ("076", "GHA"), "R": ("096", "GHB"), "S": ("061", "GHB")}
_TODAY = datetime(2025, 12, 31)


@dataclass
class Exam:
    """An exam: ``header`` is what it says, the rest is true. ``by_identifier`` and ``without_identity``: whether its
    identifiers tell the person, where the base centrale has the table of identities or not."""

    person: Person
    when: datetime
    code: str
    group: str
    site: str
    kind: str = "ordinary"
    header: Row = field(default_factory=dict)
    slips: list[str] = field(default_factory=list)
    by_identifier: bool = False
    without_identity: bool = False
    wrong: Person | None = None
    is_of_somebody: bool = True
    shows_the_person: bool = True
    nda: str = ""
    accession: str = ""
    visit: Row | None = None
    events: list[Row] = field(default_factory=list)

    def know(self, by_identifier: bool, without_identity: bool | None = None) -> None:
        """Set what the identifiers tell."""
        self.by_identifier = by_identifier
        self.without_identity = by_identifier if without_identity is None else without_identity


class Headers:
    """Writes what all headers have."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.writer = rng, Writer(rng)

    def moment(self, person: Person) -> datetime | None:
        """When somebody may have had an exam; None where they were not alive."""
        first, last = max(date(2006, 1, 1), person.born), min(person.died or date.max, date(2025, 10, 1))
        if "mother" in person.relatives and self.rng.random() < 0.6:
            last = min(last, person.born + timedelta(days=20))
        if last < first:
            return None
        day = first + timedelta(days=self.rng.randrange((last - first).days + 1))
        return datetime.combine(day, time(self.rng.randrange(24), self.rng.randrange(60)))

    def order(self, exam: Exam) -> None:
        """Numbers of the visit and of the exam, which the base centrale may know."""
        rng = self.rng
        exam.nda = f"{exam.code[-2:]}{rng.randrange(10**7):07d}"
        long, short = f"{exam.code}{exam.when:%y}{rng.randrange(10**6):06d}", f"{rng.randrange(10**7, 10**8)}"
        exam.accession = rng.choice([long, short])
        exam.header = {
            "accession_number": exam.accession if rng.random() < 0.85 else None,
            "admission_id": exam.nda if rng.random() < 0.2 else None,
            "issuer_of_patient_id": rng.choice(["APHP", "IPP", exam.code]) if rng.random() < 0.3 else None,
            "hospital_code": exam.code,
            "other_patient_ids": [],
            "conflicts": [],
        }
        if exam.person.in_base and rng.random() < 0.8:
            exam.visit = {"person_id": exam.person.person_id}
        if exam.person.in_base and rng.random() < 0.55:
            exam.events = [{"person_id": exam.person.person_id} for _ in range(2 if exam.visit else 1)]

    def identity(self, exam: Exam, person: Person) -> None:
        """The identity of somebody as the header has it."""
        rng, header, writer = self.rng, exam.header, self.writer
        header["patient_id"] = person.ipp
        header["patient_name"], header["patient_birth_name"] = writer.name(person, exam.site, exam.slips)
        header["patient_birth_date"] = writer.birth_date(person.born, exam.slips)
        header["patient_sex"] = writer.sex(person.sex, exam.slips)
        mother = person.mother_of_newborn(exam.when.date())
        if mother and (person.known_given != person.given or rng.random() < 0.2):
            self.unnamed(exam, writer.newborn(person, mother))
        elif rng.random() < 0.02:
            self.unnamed(exam, rng.choice([None, None, "INCONNU^", "X"]))
            header["patient_birth_date"] = rng.choice([None, None, header["patient_birth_date"]])
            header["patient_sex"] = rng.choice([None, "O", header["patient_sex"]])

    def unnamed(self, exam: Exam, name: str | None) -> None:
        """A name that is nobody's."""
        exam.header["patient_name"], exam.header["patient_birth_name"] = name, None
        exam.slips.append("no_traits")

    def dates(self, exam: Exam) -> None:
        """The dates of the exam and of its series, some of them absurd."""
        rng, shown = self.rng, exam.when
        series, absurd = exam.when.date(), rng.random() < 0.02
        if absurd:
            exam.slips.append("date_absurd")
            years = (exam.when.year - 20, exam.when.year + 30, 1601, 1900, 1970, 1980, 2000, 2099)
            shown = shown.replace(year=rng.choice(years), month=1, day=1)
            series = shown.date() if rng.random() < 0.6 else series
        is_missing = rng.random() < 0.01
        quality = "complete" if datetime(1971, 1, 1) <= shown <= _TODAY else "implausible"
        exam.header["study_datetime"] = None if is_missing else shown
        exam.header["study_datetime_quality"] = "missing" if is_missing else quality
        exam.header["series_dates"] = [series]
        if absurd and series == shown.date():
            exam.slips.append("date_of_no_use")
