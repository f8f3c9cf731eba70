"""Defects of who the patient is: names, birth date and sex."""

from __future__ import annotations

from eds_spark_imaging.synth.defects.defect import Scene, defect
from eds_spark_imaging.synth.hospital.model import SynthExam
from eds_spark_imaging.synth.hospital.names import family_name, given_name, parts, without_accents


@defect("name_used", 5, "name", 6, lambda e, s: bool(e.header.family and s.life.person.traits.used_name))
def _name_used(exam: SynthExam, scene: Scene) -> None:
    """The used name where the birth name belongs."""
    exam.header.family = scene.life.person.traits.used_name or exam.header.family


@defect("name_accents_lost", 5, "name", 6, lambda e, s: not (e.header.family + e.header.given).isascii())
def _name_accents_lost(exam: SynthExam, scene: Scene) -> None:
    """No accents."""
    exam.header.family = without_accents(exam.header.family)
    exam.header.given = without_accents(exam.header.given)


_CARETS = (
    "{family} {given}",
    "{given}^{family}",
    "^{family} {given}",
    "{family}^{given}^^^",
    "{family}^{given}^{family}",
)


@defect("name_caret_misused", 5, "name", 4, lambda e, s: bool(e.header.family and e.header.given))
def _name_caret_misused(exam: SynthExam, scene: Scene) -> None:
    """The parts of the name in one component, in the wrong order, or with one component too many."""
    exam.header.name_pattern = scene.rng.choice(_CARETS)


@defect("name_compound", 5, "name", 3, lambda e, s: len(parts(e.header.family)) > 1)
def _name_compound(exam: SynthExam, scene: Scene) -> None:
    """One part of a compound name alone, or blank for hyphen and the other way round."""
    family = exam.header.family
    other = family.replace("-", " ") if "-" in family else family.replace(" ", "-")
    exam.header.family = scene.rng.choice((*parts(family), other))


@defect("name_truncated", 5, "name", 2, lambda e, s: len(e.header.family) > 8)
def _name_truncated(exam: SynthExam, scene: Scene) -> None:
    """The family name cut at the length of some field."""
    exam.header.family = exam.header.family[: scene.rng.randrange(7, len(exam.header.family))].rstrip()


def _has_names(exam: SynthExam, scene: Scene) -> bool:
    return bool(exam.header.family and exam.header.given)


@defect("name_initial", 5, "name", 1, _has_names)
def _name_initial(exam: SynthExam, scene: Scene) -> None:
    """The initial for the given name."""
    exam.header.given = exam.header.given[:1]


@defect("name_misspelt", 5, "name", 2, lambda e, s: len(e.header.family) > 4)
def _name_misspelt(exam: SynthExam, scene: Scene) -> None:
    """One letter of the family name is another."""
    family = exam.header.family
    place = scene.rng.randrange(1, len(family))
    exam.header.family = family[:place] + scene.rng.choice("AEIKNRSTZ") + family[place + 1 :]


@defect("name_not_recorded", 5, "name", 1, _has_names)
def _name_not_recorded(exam: SynthExam, scene: Scene) -> None:
    """A family name of a marriage that the base centrale knows nothing of."""
    exam.header.family = family_name(scene.rng)


@defect("given_name_not_recorded", 5, "name", 1, _has_names)
def _given_name_not_recorded(exam: SynthExam, scene: Scene) -> None:
    """A second given name or a pet name that the base centrale knows nothing of."""
    exam.header.given = given_name(scene.rng, scene.life.person.traits.sex)


def _is_newborn(exam: SynthExam, scene: Scene) -> bool:
    return 0 <= (exam.when.date() - scene.life.person.traits.birth_date).days < 60 and _has_names(exam, scene)


@defect("name_newborn", 5, "name", 2, _is_newborn, rare=True)
def _name_newborn(exam: SynthExam, scene: Scene) -> None:
    """A newborn before it has a given name."""
    exam.header.given = scene.rng.choice(("BEBE", "BB", "NN", "Bébé"))


def _is_dated(exam: SynthExam, scene: Scene) -> bool:
    return bool(exam.header.birth_date)


@defect("birth_date_absent", 6, "birth_and_sex", 1, _is_dated)
def _birth_date_absent(exam: SynthExam, scene: Scene) -> None:
    """No birth date."""
    exam.header.birth_date = ""


def _can_swap(exam: SynthExam, scene: Scene) -> bool:
    date = exam.header.birth_date
    return bool(date) and int(date[6:]) <= 12 and date[4:6] != date[6:]


@defect("birth_date_swapped", 6, "birth_and_sex", 1, _can_swap)
def _birth_date_swapped(exam: SynthExam, scene: Scene) -> None:
    """Day and month in the wrong order."""
    date = exam.header.birth_date
    exam.header.birth_date = date[:4] + date[6:] + date[4:6]


@defect("birth_date_year_off", 6, "birth_and_sex", 1, _is_dated)
def _birth_date_year_off(exam: SynthExam, scene: Scene) -> None:
    """The year before, or after; half of these as 1 January."""
    date = exam.header.birth_date
    day = "0101" if scene.rng.random() < 0.5 or date[4:] == "0229" else date[4:]
    exam.header.birth_date = f"{int(date[:4]) + scene.rng.choice((-1, 1))}{day}"


@defect("sex_absent", 6, "birth_and_sex", 1, lambda e, s: bool(e.header.sex))
def _sex_absent(exam: SynthExam, scene: Scene) -> None:
    """No sex."""
    exam.header.sex = ""


@defect("birth_date_default", 6, "birth_and_sex", 3, lambda e, s: bool(e.header.birth_date))
def _birth_date_default(exam: SynthExam, scene: Scene) -> None:
    """1 January of the year, or of 1900."""
    year = scene.rng.choice((exam.header.birth_date[:4], exam.header.birth_date[:4], "1900"))
    exam.header.birth_date = f"{year}0101"


@defect("sex_swapped", 6, "birth_and_sex", 1, lambda e, s: e.header.sex in ("M", "F"))
def _sex_swapped(exam: SynthExam, scene: Scene) -> None:
    """The other sex."""
    exam.header.sex = "F" if exam.header.sex == "M" else "M"


@defect("sex_other", 6, "birth_and_sex", 2, lambda e, s: e.header.sex in ("M", "F"))
def _sex_other(exam: SynthExam, scene: Scene) -> None:
    """Sex O, as some machines have it by default."""
    exam.header.sex = "O"
