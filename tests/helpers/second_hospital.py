"""A second hospital group as rows: emergencies that become stays, series, follow-up, intensive care, late coding.

It shares no code with the crossing, and its habits are not those of `crossing_hospital`. Everybody is plainly
synthetic.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from crossing_hospital import Made
from second_hospital_records import DAY, EMERGENCY, HOSPITALS, OUT, STAY, Records, Visit, midnight
from second_hospital_sorts import NAMED, PLAIN, TRAUMA, Sort
from warehouses import write_warehouse


class Patient:
    """One patient's years, told as episodes."""

    def __init__(self, records: Records, index: int) -> None:
        self.records, self.rng = records, records.rng
        self.ipp, self.person = f"8{200_000_000 + index * 53:09d}", 70_000 + 2 * index
        records.person(self.ipp, self.person, None)
        self.older: int | None = None
        if self.rng.random() < 0.04:
            self.older = self.person + 1
            records.person(f"8{700_000_000 + index * 53:09d}", self.older, self.ipp)
        self.home = self.rng.randrange(len(HOSPITALS))
        self.now = datetime(2014, 3, 1) + timedelta(self.rng.randrange(2500))

    def live(self) -> None:
        stories = (self.outpatient, self.emergency, self.stay, self.intensive, self.oncology, self.breast, self.clinic)
        for _ in range(1 + (self.rng.random() < 0.6) + (self.rng.random() < 0.3)):
            story = self.rng.choices(stories, (46, 20, 18, 2, 6, 4, 4))[0]
            story(self.home if self.rng.random() < 0.85 else self.rng.randrange(len(HOSPITALS)))
            self.now += timedelta(3 + int(self.rng.expovariate(1 / 90)))

    def hour(self, first: float = 8, last: float = 18) -> datetime:
        return midnight(self.now) + timedelta(seconds=self.rng.uniform(first * 3600, last * 3600) // 1)

    def visit(self, hospital: int, kind: str, start: datetime, hours: float) -> Visit:
        return self.records.visit(self.owner(), hospital, kind, start, start + timedelta(hours=hours))

    def owner(self) -> int:
        return self.older if self.older and self.rng.random() < 0.4 else self.person

    def ask(self, visit: Visit | None, at: datetime, *sorts: Sort, hospital: int | None = None, **how: Any) -> None:
        place = hospital if hospital is not None else visit.hospital if visit else self.home
        self.records.request(self.ipp, self.owner(), place, visit, at, sorts or (self.records.sort(),), **how)

    def outpatient(self, hospital: int) -> None:
        """Consultations; imaging has a visit of its own, or goes with the consultation."""
        for _ in range(1 + int(self.rng.expovariate(0.8))):
            start = self.hour(8, 16)
            roll = self.rng.random()
            if roll < 0.3:  # imaging alone
                visit = self.visit(hospital, OUT, start, 0.8)
                self.ask(visit, start + timedelta(minutes=self.rng.randrange(5, 40)))
            elif roll < 0.5:  # a consultation, and imaging with its own visit, which may overlap it
                self.visit(hospital, OUT, start, self.rng.uniform(0.5, 3))
                own = start + timedelta(minutes=self.rng.randrange(-60, 150))
                visit = self.visit(hospital, OUT, own, 0.7)
                visit.why.append("overlapping")
                self.ask(visit, own + timedelta(minutes=self.rng.randrange(3, 35)))
            elif roll < 0.56:
                self.ask(None, start, hospital=hospital)
            else:
                visit = self.visit(hospital, OUT, start, self.rng.uniform(0.5, 4))
                for _ in range(1 if self.rng.random() < 0.85 else 2):
                    self.ask(visit, self.within(visit))
            self.now += timedelta(5 + int(self.rng.expovariate(1 / 60)))

    def within(self, visit: Visit, share: float = 1.0) -> datetime:
        at = visit.start + (visit.end - visit.start) * self.rng.random() * share
        return at.replace(microsecond=0)

    def emergency(self, hospital: int) -> None:
        """An emergency; a third become stays, with a number of their own that may begin before the first one ends."""
        start = self.hour(0, 23.9)
        first = self.visit(hospital, EMERGENCY, start, self.rng.uniform(2, 14))
        if self.rng.random() < 0.45:
            limbs, begun = self.rng.sample(TRAUMA, self.rng.choice((1, 1, 2, 3))), self.within(first, 0.8)
            one_study, one_report = self.rng.random() < 0.3, self.rng.random() < 0.6
            self.ask(first, begun, *limbs, one_study=one_study, one_report=one_report)
        else:
            for _ in range(self.rng.choice((0, 1, 1, 2))):
                self.ask(first, self.within(first, 0.9))
        if self.rng.random() < 0.35:
            place = hospital if self.rng.random() < 0.85 else (hospital + 1) % len(HOSPITALS)
            begun = first.end - timedelta(minutes=self.rng.choice((0, 0, 0, 20, 90)))
            stay = self.visit(place, STAY, begun, 24 * self.rng.uniform(1, 9))
            stay.why.append("after_emergency")
            for _ in range(self.rng.choice((0, 1, 2))):
                self.ask(stay, self.within(stay))

    def stay(self, hospital: int) -> None:
        stay = self.visit(hospital, STAY, self.hour(), 24 * self.rng.uniform(1, 13))
        for at in sorted(self.within(stay) for _ in range(self.rng.choice((1, 1, 2, 3, 4)))):
            if self.rng.random() < 0.1:  # the machine is in another hospital
                self.ask(stay, at, hospital=(hospital + 2) % len(HOSPITALS), tag="exam_elsewhere")
            elif self.rng.random() < 0.08:
                self.ask(stay, at, NAMED["HEAD"], NAMED["BRAIN"], one_report=True, tag="ct_and_mr")
            else:
                self.ask(stay, at)
        self.now = stay.end

    def intensive(self, hospital: int) -> None:
        """Weeks in intensive care, a bedside radiograph each morning; at first from another hospital, for some."""
        start = self.hour(0, 23)
        if self.rng.random() < 0.3:
            before = self.visit((hospital + 1) % len(HOSPITALS), STAY, start - timedelta(hours=30), 30.5)
            self.ask(before, self.within(before))
        stay = self.visit(hospital, STAY, start, 24 * self.rng.uniform(8, 20))
        how = {"reported": self.rng.random() < 0.5, "tag": "bedside_series"}
        for day in range(1, self.rng.randrange(5, 9)):
            at = midnight(start) + timedelta(day) + timedelta(seconds=self.rng.randrange(5 * 3600, 9 * 3600))
            self.ask(stay, at, NAMED["BEDSIDE"], **how)
            if self.rng.random() < 0.15:  # a second one after a tube was placed
                self.ask(stay, at + timedelta(hours=self.rng.randrange(3, 9)), NAMED["BEDSIDE"], **how)
        self.ask(stay, self.within(stay), NAMED[self.rng.choice(("TAP", "HEAD", "ANGIO"))])
        self.now = stay.end

    def oncology(self, hospital: int) -> None:
        """Sessions in day hospital, as visits of a day or one that lasts; a PET at first, a CT every three months."""
        start, sort = self.hour(8, 10), NAMED[self.rng.choice(("TAP", "TAP", "LUNG", "LIVER"))]
        self.ask(self.visit(hospital, OUT, start, 3), start + timedelta(minutes=50), NAMED["PET"])
        lasting = self.rng.random() < 0.3
        whole = self.visit(hospital, DAY, start + timedelta(10), 24 * 200) if lasting else None
        for session in range(self.rng.randrange(6, 14)):
            self.now += timedelta(14)
            at = self.hour(8, 10)
            if session % 6 == 5 or (session == 0 and self.rng.random() < 0.5):
                if self.rng.random() < 0.5:
                    visit = self.visit(hospital, OUT, at - timedelta(2), 1.5)
                    self.ask(visit, self.within(visit), sort, tag="follow_up")
                    if whole is None:
                        self.visit(hospital, DAY, at, 7)
                    continue
                visit = whole or self.visit(hospital, DAY, at, 7)
                self.ask(visit, at + timedelta(minutes=90), sort, tag="follow_up")
            elif whole is None:
                self.visit(hospital, DAY, at, 7)

    def breast(self, hospital: int) -> None:
        for _ in range(self.rng.choice((1, 1, 2, 3))):
            visit = self.visit(hospital, OUT, self.hour(8, 11), 2)
            how = {"one_report": self.rng.random() < 0.6, "tag": "breast"}
            self.ask(visit, visit.start + timedelta(minutes=15), NAMED["MAMMO"], NAMED["BREAST"], **how)
            self.now += timedelta(350 + self.rng.randrange(40))

    def clinic(self, hospital: int) -> None:
        """Everything on one day: a day hospital with several exams, some with one report."""
        visit = self.visit(hospital, DAY, self.hour(7, 9), self.rng.uniform(6, 10))
        sorts = self.rng.sample(PLAIN, self.rng.choice((2, 3)))
        if self.rng.random() < 0.4:
            self.ask(visit, self.within(visit, 0.6), *sorts, one_report=True, tag="day_with_one_report")
        else:
            for sort in sorts:
                self.ask(visit, self.within(visit, 0.9), sort)


def make_second_hospital(place: Path, patients: int, seed: int) -> Made:
    """A hospital group with its truth; its tables are Parquet below ``place``/warehouse."""
    records = Records(seed)
    records.group()
    for index in range(patients):
        Patient(records, index).live()
    made = records.made
    diagnosis = {"condition_occurrence_id": 1, "person_id": 70_000, "condition_start_datetime": datetime(2020, 1, 1)}
    made.tables["condition_occurrence"].append({**diagnosis, "condition_source_value": "I10"})
    write_warehouse(place / "warehouse", **made.tables)
    return made
