"""Whether the data hold enough to know whose an exam is: part of the truth, worked out from what was really written.

An exam's person *can be known* where at least one of these is in a header and leads to one human alone:

====================  ====================================================================================  ========
evidence              rule                                                                                  identity
====================  ====================================================================================  ========
``ipp``               PatientID of a copy is the surviving IPP, or an IPP with a person row of its own       no
``merge``             PatientID is an IPP that patient_identity leads to the surviving one; in a circle that   yes
                      is the one with a person row
``ipp_variant``       PatientID gives the surviving IPP once blanks, zeros, prefix or suffix are gone        no
``other_ids``         the surviving IPP is among the other patient ids                                       no
``nip``               PatientID is the NIP of the hospital's group                                           yes
``ipp_digit``         of all people whose IPP is one digit or one swap away, one alone has the header's      no
                      birth date, and the header has one that is not a default
``nda``               a header field holds the file of a visit that is in the table and not deleted          no
``accession``         an act or report of this exam bears the header's accession number, and its visit (or    no
                      the report's care site) says of which site it is: sites reuse each other's numbers
``traits``            family name (birth or used; whole, one part of a compound, or cut), first name and     yes
                      birth date (no default) are borne, as far as their first letters and the date go,
                      by one person alone; accents, case, order and carets do not count
====================  ====================================================================================  ========

The last column says whether ``patient_identity`` is needed. Where PatientID is the IPP of *another* person, the others
count only if the header's birth date is not that of the IPP's holder, or (with patient_identity) its names are not:
otherwise nothing says which of the two is right. Phantoms and tests have no person. This is a statement about the data,
not about any method of linking.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import date

from eds_spark_imaging.synth.hospital.clock import dicom_date
from eds_spark_imaging.synth.hospital.model import RecordedAct, RecordedReport, SynthExam
from eds_spark_imaging.synth.hospital.names import letters
from eds_spark_imaging.synth.hospital.people import Person, Population, written_family_names

NEEDS_IDENTITY = frozenset({"merge", "nip", "traits"})


class TraitIndex:
    """How many people bear the same birth date and first letters of names: one 8-byte number a person and name."""

    def __init__(self, population: Population) -> None:
        self._bearers: Counter[int] = Counter()
        for index in range(population.size):
            traits = population.person(index).traits
            names = {letters(name)[:6] for name in written_family_names(traits)}
            self._bearers.update(_key(traits.birth_date, name, traits.first_name) for name in names)

    def unique(self, birth_date: date, family: str, given: str) -> bool:
        """True where one person alone may be meant."""
        return self._bearers[_key(birth_date, letters(family)[:6], given)] == 1


def _key(birth_date: date, family: str, given: str) -> int:
    text = f"{birth_date:%Y%m%d}/{family}/{letters(given)[:4]}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def is_default(birth_date: str) -> bool:
    """True for 1 January and for 1900: dates that stand for an unknown day or year."""
    return birth_date.endswith("0101") or birth_date.startswith("1900")


def evidence(exam: SynthExam, population: Population, index: TraitIndex, *, identity: bool) -> list[str]:
    """What identifies the exam's person, with or without patient_identity; empty where nothing does."""
    person = exam.person
    if person is None:
        return []
    found = [*_of_patient_id(exam, person, population), *_of_records(exam)]
    if _traits_identify(exam, person, index):
        found.append("traits")
    if not identity:
        found = [name for name in found if name not in NEEDS_IDENTITY]
    return [] if exam.holder and not _contradicted(exam, exam.holder, identity) else found


def _of_patient_id(exam: SynthExam, person: Person, population: Population) -> Iterator[str]:
    rows = dict(zip(person.ipps, person.own_rows, strict=False))
    if any(text == person.ipp or rows.get(text) for text in exam.patient_ids):
        yield "ipp"
    if exam.form == "merged":
        yield "merge"
    if exam.form == "variant" or "reload_patient_id_form" in exam.defects:
        yield "ipp_variant"
    if exam.form == "nip":
        yield "nip"
    if exam.form == "digit" and _digit_identifies(exam, person, population):
        yield "ipp_digit"
    if person.ipp in exam.header.other_ids:
        yield "other_ids"


def _of_records(exam: SynthExam) -> Iterator[str]:
    header = exam.header
    if (
        exam.stay
        and exam.stay.usable
        and exam.stay.nda in (header.patient_id, header.admission_id, header.service_episode_id)
    ):
        yield "nda"
    if header.accession and any(_points_here(exam, record) for record in exam.records):
        yield "accession"


def _points_here(exam: SynthExam, record: RecordedAct | RecordedReport) -> bool:
    if record.accession != exam.header.accession:
        return False
    return isinstance(record, RecordedReport) or bool(record.stay and record.stay.usable)


def _digit_identifies(exam: SynthExam, person: Person, population: Population) -> bool:
    birth = exam.header.birth_date
    if birth != dicom_date(person.traits.birth_date) or is_default(birth):
        return False
    near = {ipp for ipp in _neighbours(exam.header.patient_id) if ipp != person.ipp}
    holders = (population.holder(ipp) for ipp in near)
    return not any(holder and dicom_date(holder.traits.birth_date) == birth for holder in holders)


def _neighbours(ipp: str) -> Iterator[str]:
    """Every text one digit or one swap of neighbours away."""
    for k, digit in enumerate(ipp):
        yield from (ipp[:k] + other + ipp[k + 1 :] for other in "0123456789" if other != digit)
        if k + 1 < len(ipp):
            yield ipp[:k] + ipp[k + 1] + digit + ipp[k + 2 :]


def _traits_identify(exam: SynthExam, person: Person, index: TraitIndex) -> bool:
    header, traits = exam.header, person.traits
    if header.birth_date != dicom_date(traits.birth_date) or is_default(header.birth_date):
        return False
    if letters(header.given) != letters(traits.first_name) or not header.family:
        return False
    return index.unique(traits.birth_date, header.family, traits.first_name)


def _contradicted(exam: SynthExam, holder: Person, identity: bool) -> bool:
    header, traits = exam.header, holder.traits
    if header.birth_date and not is_default(header.birth_date) and header.birth_date != dicom_date(traits.birth_date):
        return True
    if not identity or not header.family:
        return False
    names = {letters(name)[:6] for name in written_family_names(traits)}
    return letters(header.family)[:6] not in names or letters(header.given)[:4] != letters(traits.first_name)[:4]
