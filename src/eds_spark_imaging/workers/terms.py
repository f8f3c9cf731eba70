"""Distinct descriptions to terms inside mapInArrow: the reader of texts, one Python call a distinct description."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa

from eds_spark_imaging.terminology.exam import Reader
from eds_spark_imaging.terminology.lexicon import SiteRow, lexicon
from eds_spark_imaging.terminology.parts import union
from eds_spark_imaging.terminology.sources import KEYS

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
    ]
)
UNION = pa.schema([("named", _TEXTS), ("body_parts", _TEXTS), ("body_part_codes", _TEXTS)])


def read_batches(site: tuple[SiteRow, ...]) -> Callable[[Batches], Batches]:
    """For mapInArrow over rows of ``description_key`` and ``sources.KEYS``: ``ANSWER`` of each; empty texts null."""

    def read(batches: Batches) -> Batches:
        reader = Reader(lexicon(site))
        for batch in batches:
            rows = []
            for row in batch.select(["description_key", *KEYS]).to_pylist():
                terms = reader.read(row).as_dict()
                rows.append(
                    {name: _null(terms.get(name)) for name in ANSWER.names} | {ANSWER.names[0]: row[ANSWER.names[0]]}
                )
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


def _null(value: object) -> object:
    return None if value == "" else value
