"""Exams of the other hospital: what became of the identifier of each, and whether its person can be known."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date

from benchmarks.habits import words
from benchmarks.habits.exam import SITES, Exam, Headers
from benchmarks.habits.people import People, Person
from benchmarks.habits.writing import plain

ATTACHED = ("ordinary", "files_two_names", "files_two_ids")
# What spoils a name too much to tell the person by traits alone.
_SPOILT = {
    f"name_{what}"
    for what in (
        *("misspelt", "letters_transposed", "family_new", "given_half", "diminutive", "given_wholly_other"),
        *("order_viet", "last_alone", "initial", "family_alone", "mojibake", "truncated"),
    )
} | {"no_traits"}


class Exams:
    """Writes the exams of people; a method for each kind of thing that may have become of the identifier."""

    def __init__(self, rng: random.Random, people: People) -> None:
        self.rng, self.people, self.headers = rng, people, Headers(rng)
        self.writer = self.headers.writer
        self.made: list[Exam] = []
        self._by_ipp = {ipp: p for p in people.all for ipp in (p.ipp, *(ipp for ipp, *_ in p.old))}
        self._same = Counter((*names, p.known_born) for p in people.all for names in _names(p))
        self._kinds: dict[str, tuple[int, Callable[[Exam], None]]] = {
            "ordinary": (790, lambda exam: exam.know(True)),
            "id_merged": (28, self._merged),
            "id_dressed": (32, self._dressed),
            "id_mistyped": (24, self._mistyped),
            "all_of_previous": (7, lambda exam: self._all_of(exam, self._other(exam.person))),
            "all_of_relative": (3, lambda exam: self._all_of(exam, self._relative(exam.person))),
            "id_of_previous": (11, lambda exam: self._id_of(exam, self._other(exam.person))),
            "id_of_relative": (20, lambda exam: self._id_of(exam, self._relative(exam.person))),
            "id_of_mother": (6, self._id_of_mother),
            "id_nda": (12, self._id_nda),
            "id_accession": (4, self._id_accession),
            "id_nip": (14, self._id_nip),
            "id_nip_elsewhere": (5, self._id_nip_elsewhere),
            "cd_foreign": (16, self._foreign),
            "cd_chance": (6, self._foreign_by_chance_known),
            "taken_out": (9, self._taken_out),
            "emergency": (9, self._emergency),
            "id_empty": (12, self._empty),
            "phantom": (17, self._phantom),
            "files_two_names": (6, self._two_names),
            "files_two_ids": (4, self._two_ids),
            "files_two_patients": (3, self._two_patients),
            "id_in_others": (5, self._in_others),
        }

    def make(self, person: Person) -> Exam | None:
        """An exam of somebody; None where they were not alive."""
        when = self.headers.moment(person)
        if when is None:
            return None
        site = self.rng.choice("PPQQRRRS")
        exam = Exam(person, when, *SITES[site], site)
        exam.kind = self._kind(exam)
        self.headers.order(exam)
        self.headers.identity(exam, person)
        self._kinds[exam.kind][1](exam)
        self.headers.dates(exam)
        if exam.shows_the_person:
            self._judge(exam)
        if not person.in_base:
            exam.know(False)
        self.made.append(exam)
        return exam

    # What became of the identifier

    def _merged(self, exam: Exam) -> None:
        ipp, row, _ = self.rng.choice(exam.person.old)
        exam.header["patient_id"] = ipp
        stay = bool(row) and self.rng.random() < 0.5  # with the person of the old IPP
        for event in (*exam.events, exam.visit) if stay and exam.visit else ():
            event["person_id"] = row
        exam.know(True, bool(row) and (stay or not (exam.visit or exam.events)))

    def _dressed(self, exam: Exam) -> None:
        exam.header["patient_id"] = self.writer.dressed(exam.person.ipp, exam.code)
        exam.know(True)

    def _mistyped(self, exam: Exam) -> None:
        own = exam.person
        spoilt = bool(exam.slips)
        exam.header["patient_id"] = self.writer.mistyped(own.ipp, exam.slips)
        known = self._by_ipp.get(exam.header["patient_id"])
        if known is own:
            exam.kind = "ordinary"
        exam.wrong = known if known is not own else None
        dated = own.known_born == own.born and own.born.day > 1 and "twin" not in own.relatives
        exam.know(known is own or (dated and not spoilt and exam.slips[-1] != "id_digit_two" and exam.wrong is None))

    def _all_of(self, exam: Exam, other: Person) -> None:
        """The header is wholly another's: nobody can know."""
        exam.slips.clear()
        exam.header["accession_number"] = exam.header["admission_id"] = None
        self.headers.identity(exam, other)
        exam.wrong, exam.shows_the_person = other, False

    def _id_of(self, exam: Exam, other: Person) -> None:
        exam.header["patient_id"], exam.wrong = other.ipp, other

    def _id_of_mother(self, exam: Exam) -> None:
        mother = exam.person.relatives["mother"]
        self._id_of(exam, mother)
        self.headers.unnamed(exam, self.writer.newborn(exam.person, mother))
        if self.rng.random() < 0.3:
            exam.header["patient_birth_date"] = self.rng.choice([None, exam.when.date(), mother.born])

    def _id_nda(self, exam: Exam) -> None:
        nda = exam.nda
        exam.header["patient_id"] = self.rng.choice([nda, nda, f"NDA{nda}", f"{nda[:2]} {nda[2:]}", f"0{nda}"])
        exam.know(exam.visit is not None)

    def _id_accession(self, exam: Exam) -> None:
        exam.header["patient_id"] = exam.accession
        exam.know(bool(exam.events))

    def _id_nip(self, exam: Exam) -> None:
        nip = exam.person.nip or ""
        exam.header["patient_id"] = self.rng.choice([nip, nip.zfill(7), nip, f"NIP{nip}"])
        exam.know(exam.person.has_identity and exam.person.group == exam.group, False)

    def _id_nip_elsewhere(self, exam: Exam) -> None:
        self._id_nip(exam)
        elsewhere = [code for code, group in SITES.values() if group != exam.person.group]
        exam.header["hospital_code"] = self.rng.choice([None, *elsewhere])

    def _foreign(self, exam: Exam) -> None:
        """From the CD of another hospital, whose numbers are not ours."""
        rng = self.rng
        number = rng.randrange(10**6)
        exam.header["patient_id"] = rng.choice(words.FOREIGN_IDS).format(n=number)
        exam.header["issuer_of_patient_id"] = rng.choice([None, None, "CLINIQUE DU PARC", "HOPITAL NORD"])
        exam.header["admission_id"] = None
        exam.header["accession_number"] = rng.choice([None, str(number), f"CD{number}"])

    def _foreign_by_chance_known(self, exam: Exam) -> None:
        self._foreign(exam)
        other = self._other(exam.person)
        exam.header["patient_id"], exam.wrong = self.rng.choice([other.ipp, other.ipp, other.nip or other.ipp]), other

    def _taken_out(self, exam: Exam) -> None:
        rng, number, born = self.rng, self.rng.randrange(1, 99), exam.person.born
        self.headers.unnamed(exam, rng.choice(words.TAKEN_OUT).format(n=number))
        exam.header["patient_id"] = rng.choice(words.TAKEN_OUT_IDS).format(n=number)
        dates = [None, date(1900, 1, 1), born.replace(month=1, day=1), date(2000, 1, 1), born]
        exam.header["patient_birth_date"] = rng.choice(dates)
        if rng.random() < 0.6:
            exam.header["accession_number"] = exam.header["admission_id"] = None

    def _emergency(self, exam: Exam) -> None:
        rng = self.rng
        self.headers.unnamed(exam, rng.choice(words.NOBODY))
        exam.header["patient_id"] = rng.choice(words.EMERGENCY_IDS).format(n=rng.randrange(1, 60))
        dates = [None, date(1900, 1, 1), date(1980, 1, 1), exam.when.date()]
        exam.header["patient_birth_date"] = rng.choice(dates)

    def _empty(self, exam: Exam) -> None:
        exam.header["patient_id"] = self.rng.choice([None, None, "W/I", "INCONNU", "0", "-", "XXXX"])

    def _phantom(self, exam: Exam) -> None:
        rng = self.rng
        name = rng.choice(words.PHANTOMS)
        self.headers.unnamed(exam, name.strip("^") if rng.random() < 0.5 else name)
        exam.header["patient_id"] = rng.choice(words.PHANTOM_IDS).format(n=rng.randrange(1, 9_999))
        exam.header["accession_number"] = exam.header["admission_id"] = None
        exam.header["patient_sex"] = rng.choice([None, "O", "M", None])
        years = [None, None, *(date(year, 1, 1) for year in (1900, 2000, 1970))]
        exam.header["patient_birth_date"] = rng.choice(years)
        exam.is_of_somebody = exam.shows_the_person = False

    def _two_names(self, exam: Exam) -> None:
        exam.header["conflicts"] = ["patient_name", *self.rng.choice([[], [], ["patient_sex"]])]
        exam.know(True)

    def _two_ids(self, exam: Exam) -> None:
        exam.header["conflicts"] = ["patient_id", *self.rng.choice([[], ["patient_name"]])]
        exam.header["patient_id"] = self.rng.choice([exam.person.ipp, exam.person.ipp, exam.nda])
        exam.know(True)

    def _two_patients(self, exam: Exam) -> None:
        others = self.rng.choice([["patient_id"], ["patient_name"], ["patient_id", "patient_name"]])
        exam.header["conflicts"] = ["patient_birth_date", *others]
        exam.is_of_somebody = exam.shows_the_person = False

    def _in_others(self, exam: Exam) -> None:
        exam.header["other_patient_ids"] = [exam.person.ipp]
        exam.header["patient_id"] = self.rng.choice([None, f"L{self.rng.randrange(10**6)}", "LOCAL"])
        exam.know(True)

    # What all exams have

    def _kind(self, exam: Exam) -> str:
        rng, own = self.rng, exam.person
        mother = "mother" in own.relatives and (exam.when.date() - own.born).days < 40
        if not own.in_base:
            return rng.choice(["cd_foreign", "cd_foreign", "cd_chance"])
        if mother and rng.random() < 0.25:
            return "id_of_mother"
        if own.old and rng.random() < 0.25:
            return "id_merged"
        if own.nip and own.group == exam.group and exam.when.year < 2012 and rng.random() < 0.3:
            return "id_nip"
        kind = rng.choices(list(self._kinds), [weight for weight, _ in self._kinds.values()])[0]
        possible = {
            "id_merged": bool(own.old),
            "id_of_relative": bool(own.relatives),
            "all_of_relative": bool(own.relatives),
            "id_of_mother": mother,
            "id_nip": bool(own.nip) and own.group == exam.group,
            "id_nip_elsewhere": bool(own.nip) and own.group != exam.group,
        }.get(kind, True)
        return kind if possible and not (own.is_temporary and kind != "phantom") else "ordinary"

    def _other(self, person: Person) -> Person:
        return self.rng.choice([other for other in self.people.all if other is not person and not other.is_temporary])

    def _relative(self, person: Person) -> Person:
        return self.rng.choice(list(person.relatives.values()))

    def _judge(self, exam: Exam) -> None:
        """Whether the number of the visit or act, or all traits, tell the person beside the identifier."""
        header, born = exam.header, exam.header["patient_birth_date"]
        by_number = bool(exam.visit and header["admission_id"] == exam.nda)
        by_number = by_number or bool(exam.events and header["accession_number"] == exam.accession)
        if "date_of_no_use" in exam.slips:
            by_number = False
            exam.know(exam.by_identifier and exam.kind not in ("id_nda", "id_accession"), exam.without_identity)
            exam.without_identity = exam.without_identity and exam.by_identifier
        if exam.kind in ("taken_out", "emergency") and born:
            by_number = by_number and born.year in (1900, exam.person.born.year)
        alone = all(self._same[(*names, exam.person.known_born)] == 1 for names in _names(exam.person))
        whole = born == exam.person.known_born and (born.month, born.day) != (1, 1)
        named = exam.person.has_identity and exam.person.known_given == exam.person.given
        by_traits = alone and whole and named and not _SPOILT & set(exam.slips)
        without = exam.without_identity or (by_number and exam.kind != "id_merged")
        exam.know(exam.by_identifier or by_number or by_traits, without)


def _names(person: Person) -> set[tuple[str, str]]:
    return {(plain(name), plain(person.given)) for name in (person.birth_name, person.used_name or person.birth_name)}
