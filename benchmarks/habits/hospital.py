"""A hospital group of other habits than those of ``eds_spark_imaging.synth``, as the patient link sees it.

Of its exams there are the identity, the numbers and the dates, and no files; of the base centrale, the tables that tell
of persons. It shares nothing with the generator of the package.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.habits.exam import SITES, Exam, Row
from benchmarks.habits.exams import ATTACHED, Exams
from benchmarks.habits.people import People, Person
from eds_spark_imaging.warehouse.contract import INPUTS

_TEXTS = (
    *("study_instance_uid", "patient_id", "issuer_of_patient_id", "patient_name", "patient_birth_name", "patient_sex"),
    *("accession_number", "admission_id", "hospital_code", "study_datetime_quality"),
)
_EXAM = pa.schema(
    [
        *[(name, pa.string()) for name in _TEXTS],
        ("other_patient_ids", pa.list_(pa.string())),
        ("conflicts", pa.list_(pa.string())),
        ("series_dates", pa.list_(pa.date32())),
        ("patient_birth_date", pa.date32()),
        ("study_datetime", pa.timestamp("us")),
    ]
)
_CODES = [code for code, _ in SITES.values()]


def write_hospital(out: Path, patients: int, seed: int) -> None:
    """Write ``warehouse/`` and ``truth/`` into ``out``; ``truth/exams.parquet`` has rows of ``imaging_study``."""
    rng = random.Random(seed)
    people = People(rng, patients)
    exams = Exams(rng, people)
    for person in people.all:
        for _ in range(min(12, int(rng.expovariate(0.42)) + (rng.random() < 0.5))):
            exams.make(person)
    for stranger in people.strangers:
        exams.make(stranger)
    uids = [f"2.25.{rng.getrandbits(100)}" for _ in exams.made]
    headers = [exam.header | {"study_instance_uid": uid} for exam, uid in zip(exams.made, uids, strict=True)]
    truth = [_truth(exam) | {"study_instance_uid": uid} for exam, uid in zip(exams.made, uids, strict=True)]
    said = [{**header, "patient_birth_date": _digits(header["patient_birth_date"])} for header in headers]
    names = sorted({name for row in truth for name in row["defects"]})
    for folder in ("truth", "warehouse"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(headers, _EXAM), out / "truth" / "exams.parquet")
    of_header = ("study_instance_uid", "patient_name", "patient_birth_date", "patient_sex")
    identities = pa.schema([(name, pa.string()) for name in of_header])
    pq.write_table(pa.Table.from_pylist(said, identities), out / "truth" / "header.parquet")
    pq.write_table(pa.Table.from_pylist(truth), out / "truth" / "exam.parquet")
    pq.write_table(pa.table({"defect": names, "kind": [1] * len(names)}), out / "truth" / "defect.parquet")
    for name, rows in _tables(people, exams.made).items():
        schema = pa.schema([(column.name, column.type) for column in INPUTS[name]])
        filled = [{column: row.get(column) for column in schema.names} for row in rows]
        pq.write_table(pa.Table.from_pylist(filled, schema), out / "warehouse" / name)
    (out / "eds-imaging.toml").write_text(f"[warehouse]\npath = '{out / 'warehouse'}'\n", "utf-8")


def _digits(day: date | None) -> str | None:
    return f"{day:%Y%m%d}" if day else None


def _truth(exam: Exam) -> Row:
    own = exam.person
    ids = [own.person_id, *(row for _, row, _ in own.old if row)] if exam.is_of_somebody and own.in_base else []
    wholly_anothers = exam.kind.startswith("all_of")
    # Nobody sees that a header is wholly another's; one that is of two is nobody's.
    against = {True: False}.get(wholly_anothers, True if exam.kind == "files_two_patients" else None)
    return {
        "person_id": own.person_id if ids else None,
        "person_ids": ids,
        "ipp": own.ipp,
        "is_patient": exam.kind != "phantom",
        "defect": exam.kind,
        "defects": [exam.kind, *sorted(set(exam.slips))],
        "correctly_attached": exam.kind in ATTACHED,
        "traits_present": "no_traits" not in exam.slips and not wholly_anothers,
        "person_knowable_with_identity": exam.by_identifier,
        "person_knowable_without_identity": exam.without_identity,
        "wrong_person_id": exam.wrong.person_id if exam.wrong else None,
        "hospital": exam.header["hospital_code"] or "none",
        "wall_clock": exam.when,
        "against": against,
    }


def _tables(people: People, exams: list[Exam]) -> dict[str, list[Row]]:
    groups = {"GHA": 901, "GHB": 902}
    site_type = "care_site_type_source_value"
    sites: list[Row] = [
        {"care_site_id": number, "care_site_source_value": group, site_type: "Groupe hospitalier (GH)"}
        for group, number in groups.items()
    ]
    sites += [{"care_site_id": int(code), "care_site_source_value": code, site_type: "Hôpital"} for code in _CODES]
    part_of = {"domain_concept_id_1": 57, "relationship_concept_id": 46233688}
    tree = [{"fact_id_1": int(code), "fact_id_2": groups[group], **part_of} for code, group in SITES.values()]
    events = [row for number, exam in enumerate(exams) for row in _events(exam, number)]
    return {
        "person": [row for person in people.all for row in _persons(person)],
        "patient_identity": [row for person in people.all for row in _identities(person)],
        **{name: [row for table, row in events if table == name] for name in _EVENTS},
        "care_site": sites,
        "fact_relationship": tree,
    }


_EVENTS = ("visit_occurrence", "procedure_occurrence", "note")


def _persons(person: Person) -> Iterator[Row]:
    yield _person(person.person_id, person.ipp, person.known_born, person.sex, person.died)
    for ipp, row, (_, _, _, born) in person.old:
        if row:
            yield _person(row, ipp, born, person.sex, None)


def _person(number: int, ipp: str, born: date, sex: str, died: date | None) -> Row:
    return {
        "person_id": number,
        "person_source_value": ipp,
        "year_of_birth": born.year,
        "month_of_birth": born.month,
        "day_of_birth": born.day,
        "death_datetime": datetime.combine(died, time(23)) if died else None,
        "gender_source_value": sex.lower(),
        "cdm_source": "ORBIS",
    }


def _identities(person: Person) -> Iterator[Row]:
    ipps = [*(ipp for ipp, *_ in person.old), person.ipp]
    own = (person.birth_name, person.used_name, person.known_given.title(), person.known_born)
    for place, (family, used, given, born) in enumerate([*(traits for *_, traits in person.old), own]):
        is_own = ipps[place] == person.ipp
        if is_own and not person.has_identity and not person.old:
            continue
        yield {
            "ipp": ipps[place],
            "merged_into_ipp": None if is_own else ipps[place + 1],
            "nip": person.nip if is_own and person.has_identity else None,
            "nip_domain": person.group if is_own else None,
            "birth_name": family,
            "used_name": used,
            "first_given_name": given,
            "birth_date": born,
            "sex": person.sex,
        }


def _events(exam: Exam, number: int) -> Iterator[tuple[str, Row]]:
    """The visit, act and report of an exam, with their tables."""
    same: Row = {"row_status_source_value": "Actif", "cdm_source": "ORBIS", "care_site_id": int(exam.code)}
    visit = 61_000_000 + number if exam.visit else None
    if exam.visit:
        yield (
            "visit_occurrence",
            same
            | exam.visit
            | {
                "visit_occurrence_id": visit,
                "visit_occurrence_source_value": exam.nda,
                "visit_start_datetime": exam.when - timedelta(days=number % 3, hours=1),
                "visit_end_datetime": exam.when + timedelta(days=2) if number % 2 else None,
            },
        )
    of_exam: Row = {"visit_occurrence_id": visit, "accession_number": exam.accession}
    for table, event in zip(("note", "procedure_occurrence"), exam.events, strict=False):
        ids = {"note": "note_id", "procedure_occurrence": "procedure_occurrence_id"}
        when = {"note_datetime": exam.when, "procedure_datetime": exam.when}
        kinds = {"note_class_source_value": "CR-IMAG", "procedure_source_value": "ZBQK002"}
        yield table, same | event | of_exam | when | kinds | {ids[table]: 80_000_000 + number}
