"""People: traits, identifiers and their history, each a function of the seed and the person's number.

Nothing is kept between calls, so any person can be made again at any time (a wrong IPP needs another person, for one).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from eds_spark_imaging.synth.hospital.clock import LAST_DAY, random_day
from eds_spark_imaging.synth.hospital.names import family_name, given_name, parts

MOST_IPPS = 4  # an identity and up to three that were merged into it
_IPPS = 10**9  # ten digits beginning with 8
_STRIDE = 618_033_989  # odd and no multiple of 5, so that slot -> IPP is one to one


@dataclass(frozen=True, slots=True)
class Traits:
    """Strict identity traits; ``used_name`` is null where the person goes by the birth name."""

    birth_name: str
    used_name: str | None
    first_name: str
    birth_date: date
    sex: str
    birth_place: str

    @property
    def family_names(self) -> list[str]:
        """The family names that a clerk may write."""
        return [self.birth_name, self.used_name] if self.used_name else [self.birth_name]


@dataclass(frozen=True, slots=True)
class Person:
    """One human of the base centrale.

    ``ipps`` run from the oldest to the surviving one, ``merged_on[k]`` is the day ``ipps[k]`` was merged into the
    next, ``own_rows[k]`` the person_id that it kept, if any. ``relation`` says how this person resembles number
    ``index - 1``: ``twin``, ``homonym`` (same names), ``double`` (same traits altogether: an unmerged duplicate),
    ``child`` (the parent's family name, and of one in three sons and daughters of the same sex the given name too) or
    ``sibling`` (the same family name).
    """

    index: int
    person_id: int
    traits: Traits
    ipps: tuple[str, ...]
    merged_on: tuple[date, ...]
    own_rows: tuple[int | None, ...]
    circular: bool
    relation: str | None
    unmerged_from: bool
    home: int
    second: int

    @property
    def ipp(self) -> str:
        """The surviving IPP."""
        return self.ipps[-1]

    @property
    def person_ids(self) -> list[int]:
        """Every person row of this human, the surviving one first."""
        return [self.person_id, *(row for row in self.own_rows if row is not None)]

    def ipp_on(self, day: date) -> str:
        """The IPP in force on a day, before later merges."""
        for ipp, merged in zip(self.ipps, self.merged_on, strict=False):
            if day < merged:
                return ipp
        return self.ipp


class Population:
    """``size`` people; ``person(i)`` gives number i."""

    def __init__(self, size: int, seed: int, hospital_count: int) -> None:
        self.size = size
        self._seed = seed
        self._hospitals = hospital_count
        self._offset = Random(f"{seed}/ipp").randrange(_IPPS)

    def person(self, index: int) -> Person:
        """Person number ``index``, the same at every call."""
        rng = self._rng(index)
        traits = _traits(rng)
        relation = _relation(rng, index)
        if relation:
            traits = _resemble(rng, traits, _traits(self._rng(index - 1)), relation)
        merges = rng.choices((0, 1, 2, 3), (80, 14, 4.5, 1.5))[0]
        circular = merges > 0 and rng.random() < 0.15
        days = sorted(random_day(rng, date(2012, 1, 1), date(2025, 3, 31)) for _ in range(merges))
        rows = tuple(
            index * MOST_IPPS + k + _FIRST_PERSON if not circular and rng.random() < 0.5 else None
            for k in range(merges, 0, -1)
        )
        return Person(
            index=index,
            person_id=index * MOST_IPPS + _FIRST_PERSON,
            traits=traits,
            ipps=tuple(self._ipp(index * MOST_IPPS + k) for k in range(merges, -1, -1)),
            merged_on=tuple(days),
            own_rows=rows,
            circular=circular,
            relation=relation,
            unmerged_from=rng.random() < {"homonym": 0.5, "twin": 0.1}.get(relation or "", 0.0),
            home=min(int(rng.random() ** 1.4 * self._hospitals), self._hospitals - 1),
            second=rng.randrange(self._hospitals),
        )

    def holder(self, ipp: str) -> Person | None:
        """Whose IPP that is, merged ones included, or None where nobody bears it."""
        if len(ipp) != 10 or not ipp.isdigit() or ipp[0] != "8":
            return None
        slot = (int(ipp[1:]) - self._offset) * _INVERSE % _IPPS
        index = slot // MOST_IPPS
        if index >= self.size:
            return None
        person = self.person(index)
        return person if ipp in person.ipps else None

    def nip(self, index: int, group: str) -> str:
        """The NIP, 8 digits, unique in the hospital group alone: small numbers, so that groups share many."""
        span = 4 * self.size + 1
        shift = int(group[1:]) * 7919
        return f"{1_000_000 + (index * 2 + shift) % span:08d}"

    def _ipp(self, slot: int) -> str:
        return f"8{(slot * _STRIDE + self._offset) % _IPPS:09d}"

    def _rng(self, index: int) -> Random:
        return Random(f"{self._seed}/person/{index}")


_INVERSE = pow(_STRIDE, -1, _IPPS)
_FIRST_PERSON = 40_000_000


def _traits(rng: Random) -> Traits:
    sex = rng.choice("MF")
    birth = _birth_date(rng)
    married = sex == "F" and birth.year < 1995 and rng.random() < 0.55
    return Traits(
        birth_name=family_name(rng),
        used_name=family_name(rng) if married or rng.random() < 0.02 else None,
        first_name=given_name(rng, sex),
        birth_date=birth,
        sex=sex,
        birth_place=f"99{rng.randrange(101, 520)}"
        if rng.random() < 0.2
        else f"{rng.randrange(1, 96):02d}{rng.randrange(1, 600):03d}",
    )


def _birth_date(rng: Random) -> date:
    """Ages of a hospital's patients; a few default dates, as of people whose papers give no day."""
    age = rng.triangular(0, 98, 62) if rng.random() < 0.85 else rng.triangular(0, 18, 1)
    day = LAST_DAY - timedelta(days=int(age * 365.25))
    kind = rng.random()
    if kind < 0.012:
        return day.replace(month=1, day=1)
    return date(1900, 1, 1) if kind < 0.014 else day


def _relation(rng: Random, index: int) -> str | None:
    """Every third person may resemble the one before; the one before then resembles nobody."""
    draw = rng.random()
    if index % 3 != 1:
        return None
    steps = {"twin": 0.024, "homonym": 0.14, "double": 0.16, "child": 0.26, "sibling": 0.32}
    return next((relation for relation, below in steps.items() if draw < below), None)


def _resemble(rng: Random, own: Traits, other: Traits, relation: str) -> Traits:
    if relation == "double":
        return other
    if relation == "homonym":
        return Traits(other.birth_name, other.used_name, other.first_name, own.birth_date, other.sex, own.birth_place)
    if relation == "sibling":
        return replace(own, birth_name=other.birth_name)
    if relation == "child":
        return _child(rng, own, other)
    first = given_name(rng, own.sex)
    while first[:2] == other.first_name[:2]:
        first = given_name(rng, own.sex)
    return Traits(other.birth_name, own.used_name, first, other.birth_date, own.sex, other.birth_place)


def _child(rng: Random, own: Traits, parent: Traits) -> Traits:
    born = parent.birth_date + timedelta(days=rng.randrange(18 * 365, 43 * 365))
    alike = own.sex == parent.sex and rng.random() < 0.33
    return replace(
        own,
        birth_name=rng.choice(parent.family_names),
        birth_date=born if born < LAST_DAY else own.birth_date,
        first_name=parent.first_name if alike else own.first_name,
    )


def nip_era(day: date) -> bool:
    """True before the IPP had replaced the NIP on the machines, a while after it came."""
    return day < date(2012, 1, 1)


def written_family_names(traits: Traits) -> list[str]:
    """Each family name in whole, then the parts of compound ones that a clerk may write alone."""
    whole = traits.family_names
    return whole + [part for name in whole for part in parts(name) if part not in whole]
