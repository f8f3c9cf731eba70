"""People of a hospital group of other habits: families, and what the base centrale has recorded of them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from benchmarks.habits.words import ORIGINS

_DAYS_OF_A_NEWBORN = 700
_HURRIED = ("INCONNU", "X", "SANS IDENTITE", "INCONNUE", "XXX")
Traits = tuple[str, str | None, str, date]  # family name, used name, given name, birth date


@dataclass
class Person:
    """Somebody as they are, and as the base centrale has them (``known_...``)."""

    person_id: int
    ipp: str
    birth_name: str
    used_name: str | None
    given: str
    others: list[str]
    born: date
    sex: str
    origin: str
    died: date | None = None
    nip: str | None = None
    group: str | None = None
    old: list[tuple[str, int, Traits]] = field(default_factory=list)  # IPP, person, traits; each merged into the next
    known_born: date = date.min
    known_given: str = ""
    relatives: dict[str, Person] = field(default_factory=dict, repr=False)
    has_identity: bool = True
    is_temporary: bool = False
    in_base: bool = True

    def mother_of_newborn(self, day: date) -> Person | None:
        """The mother, while the person may still be called after her."""
        return self.relatives.get("mother") if (day - self.born).days < _DAYS_OF_A_NEWBORN else None


class People:
    """Makes ``all`` that are known and ``strangers``; IPPs come from a few dense runs, as desks give them."""

    def __init__(self, rng: random.Random, count: int) -> None:
        self.rng = rng
        self.all: list[Person] = []
        self._next, self._used = 50_000_000, set[str]()
        self._runs = [rng.randrange(800_000, 899_999) * 10_000 + rng.randrange(5_000) for _ in range(9)]
        while len(self.all) < count:
            self._household()
        self._temporaries()
        self.strangers = [self._one("french" if rng.random() < 0.5 else None) for _ in range(count // 40)]
        for stranger in self.strangers:
            self.all.remove(stranger)
            stranger.in_base = False
        self._nips = set[tuple[str, str]]()
        for person in self.all:
            self._record(person)

    def _ipp(self, after: str | None = None) -> str:
        """A new IPP, the one after another where people are registered together."""
        found = str(int(after) + 1) if after else ""
        while not found or found in self._used:
            run = self.rng.randrange(len(self._runs))
            self._runs[run] += 1 + int(self.rng.expovariate(0.25))
            found = str(self._runs[run])
        self._used.add(found)
        return found

    def _one(self, origin: str | None = None, ipp: str | None = None, **fixed: object) -> Person:
        rng = self.rng
        origin = origin or rng.choices(list(ORIGINS), [weight for weight, *_ in ORIGINS.values()])[0]
        _, families, men, women = ORIGINS[origin]
        sex = str(fixed.get("sex") or rng.choice("MF"))
        names = men if sex == "M" else women
        given = str(fixed.get("given") or rng.choice(names))
        born = fixed.get("born") or date(1925, 1, 2) + timedelta(days=int(rng.betavariate(1.6, 1.3) * 36_000))
        assert isinstance(born, date)
        if origin in ("african", "arabic", "vietnamese") and "born" not in fixed and rng.random() < 0.25:
            born = born.replace(month=1, day=1)
        family = str(fixed.get("family") or rng.choice(families))
        others = [name for name in rng.sample(names, 2) if name != given]
        person = Person(self._next, ipp or self._ipp(), family, None, given, others, born, sex, origin)
        self._next += rng.choice([1, 1, 1, 7])
        married = sex == "F" and born.year < 1998 and "family" not in fixed and rng.random() < 0.5
        if married or rng.random() < 0.015:
            person.used_name = rng.choice(ORIGINS["french"][1] if rng.random() < 0.8 else families)
        self.all.append(person)
        return person

    def _household(self) -> None:
        first, draw = self._one(), self.rng.random()
        makers = {0.05: self._twin, 0.11: self._child, 0.17: self._sibling, 0.24: self._baby, 0.28: self._wife}
        for share, make in makers.items():
            if draw < share:
                make(first)
                return

    def _relate(self, first: Person, role: str, other: Person, other_role: str) -> None:
        first.relatives[role], other.relatives[other_role] = other, first

    def _twin(self, first: Person) -> None:
        rng = self.rng
        _, _, men, women = ORIGINS[first.origin]
        pool = [name for name in (men if first.sex == "M" else women) if name != first.given]
        alike = [name for name in pool if name[:2] == first.given[:2]] or pool
        same = rng.random() < 0.65
        sex = first.sex if same else {"F": "M", "M": "F"}[first.sex]
        given = rng.choice(alike) if same else None
        ipp = self._ipp(first.ipp)
        other = self._one(first.origin, ipp, sex=sex, born=first.born, given=given, family=first.birth_name)
        self._relate(first, "twin", other, "twin")

    def _child(self, first: Person) -> None:
        """A child of the same name."""
        born = first.born + timedelta(days=self.rng.randrange(7_000, 13_000))
        if born < date(2024, 1, 1):
            ipp = self._ipp(first.ipp) if self.rng.random() < 0.3 else None
            same = {"sex": first.sex, "given": first.given, "family": first.birth_name}
            self._relate(first, "child", self._one(first.origin, ipp, born=born, **same), "parent")

    def _sibling(self, first: Person) -> None:
        born = first.born + timedelta(days=self.rng.randrange(330, 2_500))
        other = self._one(first.origin, self._ipp(first.ipp), born=born, family=first.birth_name)
        self._relate(first, "sibling", other, "sibling")

    def _baby(self, first: Person) -> None:
        rng = self.rng
        year = max(2006, first.born.year + rng.randrange(19, 40))
        if first.sex == "M" or not first.born.year + 46 > year < 2025:
            return
        born = date(year, rng.randrange(1, 13), rng.randrange(1, 29))
        family = rng.choice([first.birth_name, first.used_name or first.birth_name, rng.choice(ORIGINS["french"][1])])
        ipp = self._ipp(first.ipp) if rng.random() < 0.5 else None
        baby = self._one("french", ipp, born=born, family=family)
        if rng.random() < 0.2:
            baby.known_given = rng.choice(["BEBE", "FILLE" if baby.sex == "F" else "GARCON", "NN", "BB"])
        self._relate(first, "baby", baby, "mother")

    def _wife(self, first: Person) -> None:
        if first.sex == "M":
            wife = self._one(sex="F", born=first.born + timedelta(days=self.rng.randrange(-2_000, 2_000)))
            wife.used_name = first.birth_name
            self._relate(first, "spouse", wife, "spouse")

    def _temporaries(self) -> None:
        """People of the emergency room whom nobody has named since."""
        for number in range(8):
            given = self.rng.choice(["HOMME", "FEMME", f"{2019 + number % 5}-{number}", "X"])
            born = date(1900 + self.rng.choice([0, 70, 80]), 1, 1)
            self._one("french", family=self.rng.choice(_HURRIED), given=given, born=born).is_temporary = True

    def _record(self, person: Person) -> None:
        """What the base centrale has of a person: default dates, NIP, old IPPs, death."""
        rng = self.rng
        person.known_born = person.born.replace(month=1, day=1) if rng.random() < 0.012 else person.born
        person.known_given = person.known_given or person.given
        person.has_identity = rng.random() > 0.02
        if rng.random() < 0.3 and person.born.year < 2011:
            person.nip, person.group = str(rng.randrange(1, 4_000)), rng.choice(["GHA", "GHB"])
            if (person.nip, person.group) in self._nips:
                person.nip = person.group = None
            else:
                self._nips.add((person.nip, person.group))
        if rng.random() < 0.08:
            person.old = [self._old_registration(person) for _ in range(rng.choice([1, 1, 2, 3]))]
        if rng.random() < 0.12 and person.born.year < 1960:
            person.died = date(2012, 1, 1) + timedelta(days=rng.randrange(4_500))

    def _old_registration(self, person: Person) -> tuple[str, int, Traits]:
        """An IPP merged since; half keep a row of ``person``."""
        rng, draw = self.rng, self.rng.random()
        traits: Traits = (person.birth_name, person.used_name, person.given, person.born)
        if draw < 0.2:
            traits = (rng.choice(_HURRIED), None, rng.choice(["HOMME", "X"]), date(1900, 1, 1))
        elif draw < 0.4:
            traits = (person.birth_name, None, person.given, person.born)
        self._next += 1
        return self._ipp(), self._next - 1 if rng.random() < 0.5 else 0, traits
