"""One person's life in hospital: stays, exams, acts and reports, all as they truly were."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from itertools import accumulate
from random import Random

from eds_spark_imaging.synth.hospital.clock import (
    FEED_BREAK,
    FIRST_DAY,
    LAST_DAY,
    days_between,
    existing,
    random_day,
    random_time,
)
from eds_spark_imaging.synth.hospital.codes import OTHER_ACTS
from eds_spark_imaging.synth.hospital.deck import Deck
from eds_spark_imaging.synth.hospital.exams import KINDS, ExamKind, fits
from eds_spark_imaging.synth.hospital.hospitals import Hospital, department, devices
from eds_spark_imaging.synth.hospital.model import Life, RecordedAct, RecordedReport, Stay, SynthExam
from eds_spark_imaging.synth.hospital.orders import Order, Scribe, header_of
from eds_spark_imaging.synth.hospital.people import Person
from eds_spark_imaging.synth.hospital.register import Register

RELOADED_FROM = datetime(2022, 6, 1)  # what each second PACS was given again at the migration

_LAST = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, 20)


@dataclass(frozen=True, slots=True)
class _Sort:
    """A sort of stay: its share, longest duration in days, and mean number of imaging exams."""

    name: str
    weight: int
    days: int
    exams: float


_SORTS = (
    _Sort("consultation", 48, 0, 0.8),
    _Sort("hospital", 26, 25, 1.9),
    _Sort("day", 13, 0, 0.8),
    _Sort("emergency", 13, 1, 1.2),
)


@dataclass(slots=True)
class Historian:
    """Writes lives, one person after the other, with the counters and the deck of exam kinds of one hospital group."""

    hospitals: list[Hospital]
    register: Register
    kinds: Deck[ExamKind]
    scribe: Scribe = field(init=False)

    def __post_init__(self) -> None:
        self.scribe = Scribe(self.register)

    def life(self, person: Person, rng: Random) -> Life:
        """Stays in order of time, what was done in each, a few exams without a stay, and death for some."""
        life = Life(person)
        for day in sorted(_visit_day(rng, person.traits.birth_date) for _ in range(_stay_count(rng))):
            if rng.random() < 0.08:
                self._exam(life, rng, None, self._hospital(person, rng), random_time(rng, day))
            else:
                self._stay(life, rng, day)
        if rng.random() < 0.1:
            life.death = _death(life, rng)
        return life

    def _hospital(self, person: Person, rng: Random) -> Hospital:
        return self.hospitals[person.home if rng.random() < 0.8 else person.second]

    def _stay(self, life: Life, rng: Random, day: date) -> None:
        hospital = self._hospital(life.person, rng)
        sort = rng.choices(_SORTS, [s.weight for s in _SORTS])[0]
        start = random_time(rng, day)
        hours = rng.uniform(0.3, 9) if sort.days == 0 else rng.uniform(4, 24 * sort.days)
        end = min(start + timedelta(minutes=int(hours * 60)), max(_LAST, start + timedelta(hours=1)))
        stay = Stay(
            visit_id=next(self.register.visits),
            nda=self.register.nda(hospital),
            hospital=hospital,
            sort=sort.name,
            start=start,
            end=existing(end),
            person_id=_row_in_force(life.person, day, rng),
        )
        life.stays.append(stay)
        for _ in range(_small_count(rng, sort.exams)):
            self._exam(life, rng, stay, hospital, _moment(rng, start, end))
        if rng.random() < 0.35:
            code = rng.choice(OTHER_ACTS)
            life.acts.append(self.scribe.act(life.person, stay, code, _moment(rng, start, end), rng))
        for note in _notes(rng, sort.name):
            life.reports.append(self.scribe.report(life.person, stay, hospital, note, _moment(rng, start, end)))

    def _exam(self, life: Life, rng: Random, stay: Stay | None, hospital: Hospital, when: datetime) -> None:
        """An exam with its acts and report; the acts and report alone where no PACS keeps the images."""
        traits = life.person.traits
        age = days_between(traits.birth_date, when.date()) / 365.25
        kind = self.kinds.draw(lambda k: fits(k, traits.sex, age))
        if kind is None:
            return
        side = rng.choice("LR") if kind.sided else None
        order = Order(life.person, stay, hospital, when, kind, self.register.accession(hospital, when), side)
        acts, report = self.scribe.imaging_acts(order, rng), self.scribe.imaging_report(order, rng)
        archive = hospital.archive(kind.modality, when)
        if archive is not None and rng.random() < hospital.archived_share(when):
            life.exams.append(self._archived(order, rng, archive, acts, report))
            return
        self.register.met["feed_break" if archive is None and when >= FEED_BREAK else "before_archive"] += 1
        self.register.met["act_without_exam"] += 1
        life.acts += acts
        if report:
            life.reports.append(report)

    def _archived(
        self, order: Order, rng: Random, archive: int, acts: list[RecordedAct], report: RecordedReport | None
    ) -> SynthExam:
        number = next(self.register.exams)
        kind, hospital, when = order.kind, order.hospital, order.when
        reloaded = archive == 1 and when >= RELOADED_FROM
        return SynthExam(
            number=number,
            uid=self.register.uid("study", number),
            kind=kind,
            hospital=hospital,
            archive=archive,
            device=rng.choice(devices(hospital, kind.modality)),
            department=department(hospital, kind.department, when),
            when=when,
            person=order.person,
            stay=order.stay,
            side=order.side,
            header=header_of(order, rng),
            acts=acts,
            report=report,
            reload_id=order.person.ipp if reloaded else None,
        )


@cache
def _years() -> tuple[list[int], list[float]]:
    """Years of activity and their cumulated weights: hospitals record three times as much now as in 2005."""
    years = list(range(FIRST_DAY.year, LAST_DAY.year + 1))
    weights = [1 + 2 * (year - years[0]) / len(years) for year in years]
    weights[-1] *= LAST_DAY.timetuple().tm_yday / 365
    return years, list(accumulate(weights))


def _visit_day(rng: Random, birth: date) -> date:
    """A day of activity, after birth."""
    years, weights = _years()
    year = years[bisect(weights, rng.random() * weights[-1])]
    day = random_day(rng, date(year, 1, 1), min(date(year, 12, 31), LAST_DAY))
    return day if day > birth else random_day(rng, birth + timedelta(days=1), max(LAST_DAY, birth + timedelta(days=1)))


def _stay_count(rng: Random) -> int:
    return min(1 + int(rng.expovariate(0.45)), 15)


def _small_count(rng: Random, mean: float) -> int:
    """A small count: a sum of three draws with that mean."""
    return sum(rng.random() < mean / 3 for _ in range(3))


def _moment(rng: Random, start: datetime, end: datetime) -> datetime:
    """A time inside an interval."""
    return existing(start + timedelta(seconds=int(rng.random() * max(60.0, (end - start).total_seconds()))))


def _row_in_force(person: Person, day: date, rng: Random) -> int:
    """The person row that an event sits on: some events stay with the row of an IPP merged since."""
    for merged, row in zip(person.merged_on, person.own_rows, strict=True):
        if day < merged and row is not None and rng.random() < 0.7:
            return row
    return person.person_id


def _notes(rng: Random, sort: str) -> list[str]:
    """Classes of the notes of a stay that are no imaging reports."""
    if sort == "hospital":
        return ["CRH-HOSPI"] + ["CR-ACTE"] * (rng.random() < 0.3)
    return ["LT-CONS"] if rng.random() < 0.6 else []


def _death(life: Life, rng: Random) -> datetime | None:
    """Some time after the last event, or None where that lies ahead."""
    events = [s.end or s.start for s in life.stays] + [e.when for e in life.exams] + [a.when for a in life.acts]
    if not events:
        return None
    death = existing(max(events) + timedelta(hours=int(rng.expovariate(1 / 2500)) + 1))
    return death if death <= _LAST else None


def deck_of_kinds(rng: Random) -> Deck[ExamKind]:
    """The deck from which exam kinds are dealt."""
    return Deck(rng, [(kind, kind.weight) for kind in KINDS])
