"""Defects as they happen to headers and records in hospitals: the registry, and how exams come to have them.

Each defect is a function on one exam, registered with the kind of problem that it belongs to (1 to 16, in the order of
the project's list of data-quality problems), the group it is dealt from, and its weight there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from eds_spark_imaging.synth.hospital.deck import Deck, Turns
from eds_spark_imaging.synth.hospital.model import Life, SynthExam
from eds_spark_imaging.synth.hospital.people import Population
from eds_spark_imaging.synth.hospital.register import Register


@dataclass(frozen=True, slots=True)
class Scene:
    """What a defect may look at besides its exam: the person's life, the people, the counters, and chance."""

    life: Life
    population: Population
    register: Register
    rng: Random


Fits = Callable[[SynthExam, Scene], bool]
Plant = Callable[[SynthExam, Scene], None]


@dataclass(frozen=True, slots=True)
class Defect:
    """A defect that can be planted; ``fits`` says whether an exam can have it.

    ``rare`` ones fit so few exams that the first that fits has it, whosever turn it is.
    """

    name: str
    kind: int
    group: str
    weight: int
    rare: bool
    description: str
    fits: Fits
    plant: Plant


DEFECTS: dict[str, Defect] = {}

# Share of exams that get one defect of the group when a fifth has a wrong PatientID; other rates scale with that one.
# "old_id" is the share among exams that can have one. PatientID comes last: placeholders and phantoms overrule what was
# planted in the traits before.
GROUPS = {
    "name": 0.12,
    "birth_and_sex": 0.05,
    "date": 0.06,
    "visit": 0.08,
    "accession": 0.1,
    "body_part": 0.45,
    "act": 0.1,
    "reload": 0.15,
    "old_id": 0.3,
    "patient_id": 0.2,
}
_OF_PATIENT_ID = ("reload", "old_id", "patient_id")


def defect(
    name: str, kind: int, group: str, weight: int, fits: Fits = lambda exam, scene: True, *, rare: bool = False
) -> Callable[[Plant], Plant]:
    """Register a function as a defect; its docstring is the description."""

    def register(plant: Plant) -> Plant:
        DEFECTS[name] = Defect(name, kind, group, weight, rare, (plant.__doc__ or "").strip(), fits, plant)
        return plant

    return register


class Planter:
    """Deals defects to exams so that about ``rate`` of them end with a PatientID that is not the surviving IPP."""

    def __init__(self, rate: float, population: Population, register: Register, rng: Random) -> None:
        self._population = population
        self._register = register
        self._rates = {group: min(0.9, share * rate / 0.2) for group, share in GROUPS.items()}
        self._rates["patient_id"] = rate
        self._turns = {group: Turns(rng, share) for group, share in self._rates.items()}
        self._decks = {
            group: Deck(rng, [(d, d.weight) for d in DEFECTS.values() if d.group == group]) for group in GROUPS
        }
        self._awaited = {d.name for d in DEFECTS.values() if d.rare} if rate else set()

    def plant(self, life: Life, rng: Random) -> None:
        """Give each exam of a person its defects, that of PatientID first in its list."""
        scene = Scene(life, self._population, self._register, rng)
        for exam in life.exams:
            for group, turns in self._turns.items():
                if group not in ("old_id", "patient_id") and (turns.next() or self._first(exam, group, scene)):
                    self._plant_one(exam, group, scene)
            self._plant_patient_id(exam, scene)
            _settle(exam, scene)

    def _plant_patient_id(self, exam: SynthExam, scene: Scene) -> None:
        """An exam that may have an identifier of the past is likelier to: it takes the turn of another."""
        turns = self._turns["patient_id"]
        turn = turns.next()
        old = scene.rng.random() < self._rates["old_id"] or self._first(exam, "old_id", scene) is not None
        if old and self._plant_one(exam, "old_id", scene):
            if not turn:
                turns.take()
        elif turn:
            self._plant_one(exam, "patient_id", scene)

    def _plant_one(self, exam: SynthExam, group: str, scene: Scene) -> bool:
        """Plant the next defect of a group that fits the exam, first in its list where it is of PatientID."""
        found = self._first(exam, group, scene) or self._decks[group].draw(lambda d: d.fits(exam, scene))
        if found is None:
            return False
        self._awaited.discard(found.name)
        found.plant(exam, scene)
        exam.defects.insert(0 if group in _OF_PATIENT_ID else len(exam.defects), found.name)
        return True

    def _first(self, exam: SynthExam, group: str, scene: Scene) -> Defect | None:
        """A rare defect that fits and has not occurred yet."""
        awaited = (DEFECTS[name] for name in sorted(self._awaited))
        return next((d for d in awaited if d.group == group and d.fits(exam, scene)), None)


def _settle(exam: SynthExam, scene: Scene) -> None:
    """What follows: whom else a PatientID names by chance, a name in a wrong charset, what the second PACS got."""
    if exam.form in ("digit", "nda"):
        holder = scene.population.holder(exam.header.patient_id)
        exam.holder = holder if holder and holder.index != scene.life.person.index else None
    if exam.device.mislabelled and not exam.header.patient_name.isascii():
        exam.defects.append("charset_mislabelled")
    if exam.reload_id is not None and "reload_patient_id_form" not in exam.defects and scene.rng.random() < 0.75:
        exam.reload_id = exam.header.patient_id
