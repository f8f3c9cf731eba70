"""Distinct descriptions to terms inside mapInArrow: the reader of texts, one Python call a distinct description."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from eds_spark_imaging.terminology.exam import Reader
from eds_spark_imaging.terminology.exam_acts import act_conflict, act_terms
from eds_spark_imaging.terminology.exam_names import ExamKey, ExamNames, kind_of_exam
from eds_spark_imaging.terminology.lexicon import Lexicon, SiteRow, lexicon
from eds_spark_imaging.terminology.parts import members, union
from eds_spark_imaging.terminology.sources import KEYS, sources

Batches = Iterator[pa.RecordBatch]

_TEXTS, _NUMBER = pa.list_(pa.string()), pa.float64()
ANSWER = pa.schema(
    [
        ("description_key", pa.string()),
        *((f"category{suffix}", kind) for suffix, kind in (("", pa.string()), ("_source", pa.string()))),
        ("category_rule", pa.string()),
        ("category_confidence", _NUMBER),
        ("body_parts", _TEXTS),
        ("body_part_codes", _TEXTS),
        ("region_codes", _TEXTS),
        *((f"body_part_{what}", pa.string()) for what in ("source", "rule")),
        ("body_part_confidence", _NUMBER),
        *((f"laterality{suffix}", pa.string()) for suffix in ("", "_source", "_rule")),
        ("laterality_confidence", _NUMBER),
        *((f"contrast{suffix}", pa.string()) for suffix in ("", "_source", "_rule")),
        ("contrast_confidence", _NUMBER),
        ("conflicts", _TEXTS),
        ("exam_kind", pa.string()),
    ]
)
# What is known of an exam, after the key that is made of it; and what its acts and the list of names add to it.
EXAM = pa.schema(
    [
        ("exam_key", pa.string()),
        *((name, pa.string()) for name in ("exam_category", "exam_kind")),
        *((name, _TEXTS) for name in ("own_parts", "own_regions")),
        *((name, pa.string()) for name in ("exam_laterality", "exam_contrast", "body_part_source")),
        *((name, _TEXTS) for name in ("body_parts", "procedure_codes")),
    ]
)
SETTLED = pa.schema(
    [
        ("exam_key", pa.string()),
        *((name, _TEXTS) for name in ("act_parts", "act_part_codes", "act_region_codes")),
        *((name, pa.string()) for name in ("act_conflict", "exam_loinc_code")),
    ]
)
UNION = pa.schema([("named", _TEXTS), ("body_parts", _TEXTS), ("body_part_codes", _TEXTS)])


def read_batches(site: tuple[SiteRow, ...], names: ExamNames | None) -> Callable[[Batches], Batches]:
    """For mapInArrow over rows of ``description_key`` and ``sources.KEYS``: ``ANSWER`` of each; empty texts null."""

    def read(batches: Batches) -> Batches:
        reader = Reader(lexicon(site))
        for batch in batches:
            rows = []
            for row in batch.select(["description_key", *KEYS]).to_pylist():
                given = sources(row)
                terms = reader.terms(given)
                kind = kind_of_exam(reader.lexicon, names, given, terms) if names else ""
                said = terms.as_dict() | {"exam_kind": kind, "description_key": row["description_key"]}
                rows.append({name: _null(said[name]) for name in ANSWER.names})
            yield pa.RecordBatch.from_pylist(rows, schema=ANSWER)

    return read


def unite_batches(site: tuple[SiteRow, ...]) -> Callable[[Batches], Batches]:
    """For mapInArrow over rows of ``named``, the parts of an exam and its series: ``UNION`` with composites."""

    def unite(batches: Batches) -> Batches:
        known = lexicon(site)
        for batch in batches:
            rows = []
            for named in batch.column("named").to_pylist():
                parts = union(known, [named])
                rows.append(
                    {"named": named, "body_parts": parts, "body_part_codes": [known.parts[p].code for p in parts]}
                )
            yield pa.RecordBatch.from_pylist(rows, schema=UNION)

    return unite


def settle_batches(site: tuple[SiteRow, ...], names: ExamNames | None) -> Callable[[Batches], Batches]:
    """For mapInArrow over rows of ``EXAM``: ``SETTLED`` of each, what acts and the list of names say."""

    def settled(batches: Batches) -> Batches:
        known = lexicon(site)
        for batch in batches:
            rows = [_settled(known, names, row) for row in batch.select(EXAM.names).to_pylist()]
            yield pa.RecordBatch.from_pylist(rows, schema=SETTLED)

    return settled


def _settled(known: Lexicon, names: ExamNames | None, row: dict[str, Any]) -> dict[str, object]:
    acts = act_terms(known, row["procedure_codes"] or ())
    return {
        "exam_key": row["exam_key"],
        "act_parts": acts.parts,
        "act_part_codes": [known.parts[part].code for part in acts.parts],
        "act_region_codes": [known.regions[region] for region in acts.regions],
        "act_conflict": _null(act_conflict(known, row["body_part_source"] or "", row["body_parts"] or (), acts)),
        "exam_loinc_code": _null(names.code(_name_key(known, row)) if names and row["exam_kind"] else ""),
    }


def _name_key(known: Lexicon, row: dict[str, Any]) -> ExamKey:
    return ExamKey(
        category=row["exam_category"] or "",
        kind=row["exam_kind"] or "",
        parts=frozenset(members(known, row["own_parts"] or ())),
        regions=frozenset(row["own_regions"] or ()),
        laterality=row["exam_laterality"] or "",
        contrast=row["exam_contrast"] or "",
    )


def _null(value: object) -> object:
    return None if value == "" else value
