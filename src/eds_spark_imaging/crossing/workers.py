"""Patients matched inside mapInArrow: rows of patients in, rows of pairs out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa

from eds_spark_imaging.crossing import titles
from eds_spark_imaging.crossing.matching import match
from eds_spark_imaging.crossing.numbers import bare, whole
from eds_spark_imaging.crossing.pairs import Pair
from eds_spark_imaging.crossing.patient import (
    Act,
    Exam,
    Patient,
    Report,
    Visit,
    is_known,
    visit_kind,
    without_bare_days,
)
from eds_spark_imaging.tables.crossings import EVIDENCE
from eds_spark_imaging.tables.spec import BIGINT, BOOLEAN, DOUBLE, STRING, sql_type
from eds_spark_imaging.terminology.act_table import ImagingAct
from eds_spark_imaging.terminology.acts import imaging_act

PAIRS = pa.schema(
    [
        ("what", STRING),
        ("person_id", BIGINT),
        ("study_instance_uid", STRING),
        ("event_id", BIGINT),
        ("method", STRING),
        ("gap_minutes", BIGINT),
        ("rivals", BIGINT),
        ("ambiguous", BOOLEAN),
        ("accepted", BOOLEAN),
        ("score", DOUBLE),
        ("evidence", EVIDENCE),
    ]
)
PAIRS_DDL = ", ".join(f"{field.name} {sql_type(field.type)}" for field in PAIRS)
TEXTS = ("modality", "study_description", "requested_procedure_description", "body_part_examined", "laterality")
# Acts that have images of their own; supplements, reconstructions and anaesthesia go with another act.
KINDS = ("exam", "intervention")
_ROWS = 20_000

Batches = Iterator[pa.RecordBatch]
Row = Mapping[str, Any]


def matcher(report_days: int) -> Callable[[Batches], Batches]:
    """The function for mapInArrow, from rows of ``frames.patients`` to rows of ``PAIRS``."""

    def run(batches: Batches) -> Batches:
        rows: list[dict[str, Any]] = []
        for batch in batches:
            for row in batch.to_pylist():
                rows += pair_rows(row, report_days)
                if len(rows) >= _ROWS:
                    yield pa.RecordBatch.from_pylist(rows, PAIRS)
                    rows = []
        if rows:
            yield pa.RecordBatch.from_pylist(rows, PAIRS)

    return run


def pair_rows(row: Row, report_days: int) -> Iterator[dict[str, Any]]:
    """The pairs of one patient's row."""
    found = match(patient(row), report_days)
    for what, pairs in (("visit", found.visits), ("act", found.acts), ("report", found.reports)):
        for pair in pairs:
            yield {"what": what, "person_id": row["person_id"], **_columns(pair)}


def _columns(pair: Pair) -> dict[str, Any]:
    return {
        "study_instance_uid": pair.uid,
        "event_id": pair.event_id,
        "method": str(pair.method),
        "gap_minutes": None if pair.gap is None else round(pair.gap.total_seconds() / 60),
        "rivals": pair.rivals,
        "ambiguous": pair.ambiguous,
        "accepted": pair.accepted,
        "score": round(pair.score, 3),
        "evidence": [(part.name, str(part.state)) for part in pair.traits],
    }


def patient(row: Row) -> Patient:
    """A patient's row; the order of its arrays, which Spark does not keep, does not matter."""
    ends = {visit["visit_id"]: visit["end"] for visit in row["visits"] or ()}
    acts = (_act(act, ends.get(act["visit_id"])) for act in row["acts"] or ())
    numbers = frozenset(bare(visit["number"]) for visit in row["visits"] or () if visit["number"])
    return Patient(
        exams=_sorted(_exam(exam, numbers) for exam in row["exams"]),
        visits=_sorted(_visit(visit) for visit in row["visits"] or () if is_known(visit["start"])),
        acts=_sorted(act for act in acts if act.meaning.kind in KINDS),
        reports=_sorted(_report(report) for report in row["reports"] or ()),
    )


def _sorted(parts: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(parts, key=lambda part: part[0]))


def _exam(row: Row, visit_numbers: frozenset[str]) -> Exam:
    of_visits = visit_numbers | frozenset(map(bare, row["admissions"]))
    terms = titles.exam_terms({name: row[name] for name in TEXTS})
    return Exam(
        uid=row["study_instance_uid"],
        moments=without_bare_days(row["moments"]),
        timed=row["timed"],
        hospital=row["hospital_code"],
        numbers=frozenset(row["numbers"]),
        accessions=frozenset(number for number in row["accessions"] if bare(whole(number)) not in of_visits),
        modalities=frozenset(row["modalities"]),
        main_modality=row["main_modality"],
        admissions=frozenset(row["admissions"]),
        orders=frozenset(number for number in row["orders"] if bare(whole(number)) not in visit_numbers),
        words=titles.words(row["study_description"]),
        regions=titles.regions_of(terms),
        parts=frozenset(terms.body_parts),
        contrast=titles.contrast_of(terms),
        side=terms.laterality or None,
    )


def _visit(row: Row) -> Visit:
    return Visit(
        visit_id=row["visit_id"],
        number=row["number"],
        start=row["start"],
        end=row["end"] if row["end"] and is_known(row["end"]) else None,
        kind=visit_kind(row["kind"]),
        hospitals=frozenset(row["hospitals"] or ()),
        deleted=row["deleted"],
    )


def _act(row: Row, visit_end: datetime | None) -> Act:
    return Act(
        act_id=row["act_id"],
        at=row["at"],
        visit_id=row["visit_id"],
        accession=row["accession"],
        meaning=_meaning(row["code"]),
        hospitals=frozenset(row["hospitals"] or ()),
        is_afterwards=visit_end is not None and row["at"].date() > visit_end.date(),
    )


@lru_cache(maxsize=10_000)
def _meaning(code: str) -> ImagingAct:
    return imaging_act(code) or ImagingAct(code[:7], kind="other")


def _report(row: Row) -> Report:
    terms = titles.terms(row["title"])
    return Report(
        note_id=row["note_id"],
        at=row["at"],
        visit_id=row["visit_id"],
        accession=row["accession"],
        note_class=row["note_class"],
        title=row["title"],
        told=titles.dates(row["title"]),
        regions=titles.regions_of(terms),
        parts=frozenset(terms.body_parts),
        contrast=titles.contrast_of(terms),
        side=terms.laterality or None,
        hospitals=frozenset(row["hospitals"] or ()),
    )
