"""From a life to rows of the base centrale, in the ways in which its sources write them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from random import Random

from eds_spark_imaging.synth.hospital.care_sites import WARDS, department_id, hospital_id, ward_id
from eds_spark_imaging.synth.hospital.clock import days_between
from eds_spark_imaging.synth.hospital.codes import DIAGNOSES, dotted, fitting
from eds_spark_imaging.synth.hospital.hospitals import Hospital, department
from eds_spark_imaging.synth.hospital.model import DELETED, Life, RecordedAct, RecordedReport, Stay
from eds_spark_imaging.synth.hospital.names import without_accents
from eds_spark_imaging.synth.hospital.people import Person, Population, Traits, nip_era
from eds_spark_imaging.synth.hospital.register import Register
from eds_spark_imaging.synth.writers.warehouse import (
    ConditionRow,
    IdentityRow,
    NoteRow,
    PersonRow,
    ProcedureRow,
    VisitDetailRow,
    VisitRow,
)

_VISIT_WORDS = {  # by sort of stay: two words met, by hospital
    "consultation": ("consultation externe", "consultation"),
    "hospital": ("hospitalisés", "hospitalisés"),
    "day": ("hospitalisation incomplète", "hospitalisation incomplète"),
    "emergency": ("urgence", "urgences"),
}
_STATUSES = ("Actif", "courant", DELETED)

Row = tuple[object, ...]


def rows_of(life: Life, population: Population, register: Register, rng: Random) -> Iterator[Row]:
    """Every row about one person."""
    yield from _person_rows(life)
    yield from _identity_rows(life, population, rng)
    for stay in life.stays:
        if stay.recorded:
            yield from _stay_rows(stay, life, register, rng)
    for act in sorted((*life.acts, *(a for exam in life.exams for a in exam.acts)), key=lambda a: a.procedure_id):
        yield _procedure_row(act)
    reports = [*life.reports, *(exam.report for exam in life.exams if exam.report)]
    for report in sorted(reports, key=lambda r: r.note_id):
        yield _note_row(report, rng)


def _person_rows(life: Life) -> Iterator[PersonRow]:
    person = life.person
    for ipp, row in [*zip(person.ipps, person.own_rows, strict=False), (person.ipp, person.person_id)]:
        if row is not None:
            birth = person.traits.birth_date
            yield PersonRow(
                person_id=row,
                person_source_value=ipp,
                year_of_birth=birth.year,
                month_of_birth=birth.month,
                day_of_birth=birth.day,
                birth_datetime=datetime(birth.year, birth.month, birth.day),
                death_datetime=life.death if row == person.person_id else None,
                gender_source_value=person.traits.sex.lower(),
                cdm_source="ORBIS",
            )


def _identity_rows(life: Life, population: Population, rng: Random) -> Iterator[IdentityRow]:
    """One row an IPP, and one for each further NIP; NIPs stay with the oldest identity."""
    person = life.person
    groups = list(dict.fromkeys(place.group for place, day in _places(life) if nip_era(day)))
    for k, ipp in enumerate(person.ipps):
        traits = person.traits if ipp == person.ipp else _as_first_written(person.traits, rng)
        domains: list[str | None] = list(groups) if k == 0 else []
        for domain in domains or [None]:
            yield IdentityRow(
                ipp=ipp,
                merged_into_ipp=_merged_into(person, k),
                nip=population.nip(person.index, domain) if domain else None,
                nip_domain=domain,
                birth_name=traits.birth_name,
                used_name=traits.used_name,
                first_given_name=traits.first_name,
                birth_date=traits.birth_date,
                sex=traits.sex,
                birth_place_insee=traits.birth_place,
                identity_status=("provisoire", "validée", "qualifiée", "récupérée")[(person.index + k) % 4],
            )


def _as_first_written(traits: Traits, rng: Random) -> Traits:
    """The traits of an identity merged since: some were written otherwise, which is how a second one came to be."""
    kind = rng.random()
    if kind < 0.2:
        return replace(traits, birth_name=without_accents(traits.birth_name))
    if kind < 0.3:
        return replace(traits, birth_name=traits.used_name or traits.birth_name, used_name=None)
    if kind < 0.4:
        return replace(traits, birth_date=traits.birth_date.replace(month=1, day=1))
    return traits


def _places(life: Life) -> Iterator[tuple[Hospital, date]]:
    yield from ((stay.hospital, stay.start.date()) for stay in life.stays)
    yield from ((exam.hospital, exam.when.date()) for exam in life.exams)


def _merged_into(person: Person, k: int) -> str | None:
    """The next IPP of the chain; by error the first one for the last of a circle, else null for the last."""
    if k + 1 < len(person.ipps):
        return person.ipps[k + 1]
    return person.ipps[0] if person.circular else None


def _stay_rows(stay: Stay, life: Life, register: Register, rng: Random) -> Iterator[Row]:
    """The visit, its passages and diagnoses; hospital stays are often in AREM as well, under an id of their own."""
    site = hospital_id(stay.hospital)
    words = _VISIT_WORDS[stay.sort]
    inpatient = stay.sort == "hospital"
    visit = VisitRow(
        visit_occurrence_id=stay.visit_id,
        person_id=stay.person_id,
        visit_occurrence_source_value=stay.nda,
        care_site_id=site,
        visit_start_datetime=stay.start,
        visit_end_datetime=stay.end,
        visit_source_value=words[stay.hospital.order % 2],
        row_status_source_value=stay.status,
        stay_source_value=stay.nda if inpatient or stay.sort == "day" else None,
        cdm_source="ORBIS",
    )
    yield visit
    details = list(_details(stay, register, rng))
    yield from details
    drawn = rng.sample(DIAGNOSES, rng.randrange(1, 5) if inpatient else int(rng.random() < 0.25))
    traits = life.person.traits
    age = days_between(traits.birth_date, stay.start.date()) / 365.25
    codes = [fitting(code, traits.sex, age) for code in drawn]
    for rank, code in enumerate(codes):
        status = "DP" if rank == 0 else rng.choice(("DAS", "DA", "DAS", "DR", "DAD"))
        written = dotted(code) if rng.random() < 0.25 else code
        detail = details[0].visit_detail_id if details else None
        yield _condition(register, visit, written, detail=detail, status=status)
    if inpatient and rng.random() < 0.6:
        arem = visit._replace(visit_occurrence_id=next(register.visits), cdm_source="AREM")
        yield arem
        for rank, code in enumerate(codes):
            yield _condition(register, arem, code, detail=None, status="DP" if rank == 0 else "DAS")


def _condition(register: Register, visit: VisitRow, code: str, *, detail: int | None, status: str) -> ConditionRow:
    return ConditionRow(
        condition_occurrence_id=next(register.conditions),
        person_id=visit.person_id,
        visit_occurrence_id=visit.visit_occurrence_id,
        visit_detail_id=detail,
        condition_start_datetime=visit.visit_start_datetime,
        condition_source_value=code,
        condition_status_source_value=status,
        row_status_source_value=visit.row_status_source_value,
        cdm_source=visit.cdm_source,
    )


def _details(stay: Stay, register: Register, rng: Random) -> Iterator[VisitDetailRow]:
    ward = rng.randrange(len(WARDS))
    kinds = (
        ["PASS UF", "PASS UH", "RUM"] if stay.sort == "hospital" else ["PASS UF"] if rng.random() < 0.8 else ["PASS UC"]
    )
    for kind in kinds:
        yield VisitDetailRow(
            visit_detail_id=next(register.details),
            visit_occurrence_id=stay.visit_id,
            person_id=stay.person_id,
            care_site_id=ward_id(stay.hospital, ward, housing=kind == "PASS UH"),
            visit_detail_start_datetime=stay.start,
            visit_detail_end_datetime=stay.end,
            visit_detail_type_source_value=kind,
        )


def _status(rng: Random) -> str:
    return rng.choices(_STATUSES, (96, 2, 2))[0]


def _visit_id(stay: Stay | None) -> int | None:
    return stay.visit_id if stay and stay.recorded else None


def _procedure_row(act: RecordedAct) -> ProcedureRow:
    return ProcedureRow(
        procedure_occurrence_id=act.procedure_id,
        person_id=act.person_id,
        visit_occurrence_id=_visit_id(act.stay),
        visit_detail_id=None,
        procedure_datetime=act.when,
        procedure_source_value=act.written,
        row_status_source_value="Actif",
        cdm_source="ORBIS",
        accession_number=act.accession,
    )


def _note_row(report: RecordedReport, rng: Random) -> NoteRow:
    imaging = bool(report.title)
    hospital = report.hospital
    unit = department(hospital, "radio", report.when).code
    return NoteRow(
        note_id=report.note_id,
        person_id=report.person_id,
        visit_occurrence_id=_visit_id(report.stay),
        note_datetime=report.when,
        note_class_source_value=report.sort,
        note_type_source_value="Compte rendu" if report.sort.startswith("CR") else "Lettre",
        row_status_source_value="Actif" if imaging else _status(rng),
        cdm_source="ORBIS",
        accession_number=report.accession,
        note_title=report.title or None,
        care_site_id=department_id(unit) if imaging else hospital_id(hospital),
    )
