"""What one patient has: exams, and the visits, acts and reports of the base centrale that they may belong to.

Times are hospital wall-clock. Texts of identifiers are in their plain form: letters and digits, upper case; the
line of an order stands behind a hyphen.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from eds_spark_imaging.tables.spec import KNOWN_YEARS
from eds_spark_imaging.terminology.act_table import ImagingAct


class VisitKind(StrEnum):
    """Sorts of visit, whatever words a source has for them."""

    INPATIENT = "inpatient"
    DAY = "day"
    EMERGENCY = "emergency"
    CONSULTATION = "consultation"
    OTHER = "other"


# Beginnings of words, and whole codes, that sources have for a visit, without accents, in lower case; the first fitting
# one counts. Among the codes are those of HL7 ActCode (IMP, AMB, EMER) and of OMOP's visit concepts.
_VISIT_WORDS = tuple(
    (re.compile(words), kind)
    for words, kind in (
        (
            "hospitalisation (?:incomplete|de jour|partielle)|hopital de jour|chirurgie ambulatoire|seance",
            VisitKind.DAY,
        ),
        (r"hdj\b|hj\b", VisitKind.DAY),
        ("hospitalis|inpatient|(?:hc|imp|acute|nonac|ssr|smr|psy|9201|262)$", VisitKind.INPATIENT),
        ("(?:passages? aux )?urgence|emergency|(?:emer|sau|9203)$", VisitKind.EMERGENCY),
        ("consultation|externe|outpatient|(?:amb|9202|581477)$", VisitKind.CONSULTATION),
    )
)


@lru_cache(maxsize=1_000)
def visit_kind(text: str | None) -> VisitKind:
    """The kind of a visit in the words of its source."""
    words = unicodedata.normalize("NFKD", text or "").encode("ascii", "ignore").decode().strip().lower()
    return next((kind for pattern, kind in _VISIT_WORDS if pattern.match(words)), VisitKind.OTHER)


def has_time(at: datetime) -> bool:
    """Whether more than the day is known: midnight stands for a missing time."""
    return (at.hour, at.minute, at.second) != (0, 0, 0)


def is_known(at: datetime) -> bool:
    """Whether a time is one: stores write 0001-01-01 or 9999-12-31 for none."""
    return at.year in KNOWN_YEARS


def without_bare_days(moments: Iterable[datetime]) -> tuple[datetime, ...]:
    """``moments`` without midnights of days of which a time is known too."""
    every = tuple(moments)
    timed = {moment.date() for moment in every if has_time(moment)}
    return tuple(moment for moment in every if has_time(moment) or moment.date() not in timed)


class Exam(NamedTuple):
    """An exam. ``moments`` are its times by the study, then by its series; empty where none can be believed.

    ``timed`` is false where only the day is known. ``numbers`` is what the header has wherever a visit number may
    stand, ``admissions`` what it has in the places of visit numbers alone; ``accessions`` and ``orders`` what it has in
    those of accession numbers, and of other numbers of orders. ``regions``, ``parts`` (DICOM terms) and ``words`` are
    empty where the header does not tell, ``contrast`` (with or without) and ``side`` (L, R or B) are None. ``hosts``
    are the other hospitals at which the patient may have been staying at the time.
    """

    uid: str
    moments: tuple[datetime, ...]
    timed: bool
    hospital: str | None
    numbers: frozenset[str]
    accessions: frozenset[str]
    modalities: frozenset[str]
    main_modality: str | None
    admissions: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    contrast: bool | None = None
    side: str | None = None
    hosts: frozenset[str] = frozenset()

    @property
    def days(self) -> tuple[date, ...]:
        """The days on which it may have been."""
        return tuple(dict.fromkeys(moment.date() for moment in self.moments))

    @property
    def hospitals(self) -> frozenset[str]:
        """The hospital as a set, empty where it is not known."""
        return frozenset() if self.hospital is None else frozenset({self.hospital})

    @property
    def places(self) -> frozenset[str]:
        """The hospitals that its acts and report may be put down to."""
        return self.hospitals | self.hosts if self.hospitals else self.hospitals


class Visit(NamedTuple):
    """A stay, once whatever sources have it. ``hospitals`` are the codes that its hospital goes by.

    ``deleted``: it is no exam's visit, but an exam that it suits better was not in another one.
    """

    visit_id: int
    number: str | None
    start: datetime
    end: datetime | None
    kind: VisitKind
    hospitals: frozenset[str]
    deleted: bool = False


class Act(NamedTuple):
    """An imaging act. ``timed`` is false where its time is midnight, which stands for a missing one.

    ``is_afterwards``: its day is after the end of its visit, that of an invoice.
    """

    act_id: int
    at: datetime
    visit_id: int | None
    accession: str | None
    meaning: ImagingAct
    hospitals: frozenset[str] = frozenset()
    is_afterwards: bool = False

    @property
    def event_id(self) -> int:
        """Its key."""
        return self.act_id

    @property
    def regions(self) -> frozenset[str]:
        """The regions that its code names."""
        return frozenset(self.meaning.regions)

    @property
    def parts(self) -> frozenset[str]:
        """The parts of the body that its code names."""
        return frozenset(self.meaning.body_parts)

    @property
    def times(self) -> tuple[datetime, ...]:
        """The times at which its exam may be looked for."""
        return (self.at,)

    @property
    def timed(self) -> bool:
        """Whether more than the day is known."""
        return has_time(self.at)


class Report(NamedTuple):
    """An imaging report. ``at`` may be the time of its last change; ``told`` are the days that its title names."""

    note_id: int
    at: datetime
    visit_id: int | None
    accession: str | None
    note_class: str
    title: str | None = None
    hospitals: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    told: frozenset[date] = frozenset()
    contrast: bool | None = None
    side: str | None = None

    @property
    def event_id(self) -> int:
        """Its key."""
        return self.note_id

    @property
    def times(self) -> tuple[datetime, ...]:
        """The times at which its exam may be looked for."""
        return (self.at, *(datetime(day.year, day.month, day.day, 12) for day in sorted(self.told)))


class Patient(NamedTuple):
    """One patient, merges followed."""

    exams: tuple[Exam, ...]
    visits: tuple[Visit, ...]
    acts: tuple[Act, ...]
    reports: tuple[Report, ...]
