"""How far the reader of descriptions can be trusted, and how fast it is.

(a) the test sets written by hand, (c) the real series of Imaging Data Commons (``idc-index-data``, extra ``dev``). The
names of LOINC's French list are checked by ``tests/unit/terminology/test_loinc_names.py`` where the list is at hand.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from eds_spark_imaging.terminology.exam import Reader
from eds_spark_imaging.terminology.parts import agree as may_agree
from eds_spark_imaging.terminology.site import site_lexicon

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

# Objects made from images, and slides: not exams of a part of the body.
DERIVED = frozenset(
    {"SR", "SEG", "RTSTRUCT", "RTDOSE", "RTPLAN", "ANN", "M3D", "PR", "OT", "REG", "KO", "RWV", "FUSION", "SM"}
)
# What a site would add: trials whose exams are named by the trial alone.
TRIALS = (
    {"terms": ["ISPY2", "ACRIN-6698", "ACRIN 6698"], "body_parts": ["BREAST"]},
    {"terms": ["NLST", "NLST-LSS", "NLST-ACRIN"], "body_parts": ["CHEST"]},
)


class Series(NamedTuple):
    """What a real series says of itself."""

    modality: str | None
    body_part: str | None
    study: str | None
    description: str | None


def by_hand(reader: Reader) -> None:
    """Shares of the test sets that are right, field by field."""
    from description_sets import RECORDS, SETS, expected, expected_of_records, wrong

    print("| set | texts | parts exact | regions | side | false sides | contrast |\n|---|---|---|---|---|---|---|")
    for name in (*SETS, *RECORDS):
        records = expected_of_records(name) if name in RECORDS else ((None, row) for row in expected(name))
        rows = list(records)
        differing = [(row, wrong(reader, row, given)) for given, row in rows]
        failed = Counter(field for _, differs in differing for field in differs)
        false = sum("laterality" in differs and not row.laterality for row, differs in differing)
        right = [100 * (1 - failed[field] / len(rows)) for field in ("body_parts", "regions", "laterality", "contrast")]
        shares = [f"{share:.1f} %" for share in right]
        print(f"| {name} | {len(rows)} | {' | '.join(shares[:3])} | {false} | {shares[3]} |")


def real_series() -> tuple[list[tuple[str, Series]], float]:
    """The series of Imaging Data Commons with their exam, and the seconds that it took to get them."""
    import idc_index_data
    import pyarrow.parquet as pq

    started = time.perf_counter()
    columns = ["StudyInstanceUID", "Modality", "BodyPartExamined", "StudyDescription", "SeriesDescription"]
    table = pq.read_table(idc_index_data.IDC_INDEX_PARQUET_FILEPATH, columns=columns)
    uids, *rest = (table.column(name).to_pylist() for name in columns)
    return [(uid, Series(*row)) for uid, row in zip(uids, zip(*rest, strict=True), strict=True)], (
        time.perf_counter() - started
    )


def mapped(reader: Reader, rows: list[tuple[str, Series]]) -> tuple[float, float, float]:
    """Shares of imaging series with a part: of their own, with that of their exam; of all series, with their exam's."""
    read = {one: bool(_parts(reader, one)) for one in {series for _, series in rows}}
    exams = {uid for uid, series in rows if read[series] and series.modality not in DERIVED}
    images = [(uid, series) for uid, series in rows if series.modality not in DERIVED]
    own = sum(read[series] for _, series in images) / len(images)
    inherited = sum(read[series] or uid in exams for uid, series in images) / len(images)
    return own, inherited, sum(read[series] or uid in exams for uid, series in rows) / len(rows)


def _parts(reader: Reader, one: Series, *, texts: bool = True, stored: bool = True) -> tuple[str, ...]:
    row = {"modality": one.modality if texts else None, "body_part_examined": one.body_part if stored else None}
    if texts:
        row |= {"study_description": one.study, "series_description": one.description}
    return reader.read(row).body_parts


def agreement(reader: Reader, rows: list[tuple[str, Series]]) -> None:
    """Share of imaging series whose texts say the same as Body Part Examined; the largest disagreements."""
    same = both = 0
    against: Counter[tuple[str, str, str]] = Counter()
    for one, count in Counter(series for _, series in rows if series.modality not in DERIVED).items():
        if not one.body_part:
            continue
        stored, said = _parts(reader, one, texts=False), _parts(reader, one, stored=False)
        if stored and said:
            both += count
            agree = may_agree(reader.lexicon, stored, said)
            same += count * agree
            if not agree:
                against[(one.body_part, "+".join(said), one.study or "")] += count
    print(
        f"\nTexts and Body Part Examined both name a part in {both:,} series; they agree in {100 * same / both:.1f} %."
    )
    print("\n| Body Part Examined | texts say | exam | series |\n|---|---|---|---|")
    for (stored, said, study), count in against.most_common(25):
        print(f"| {stored} | {said} | {study[:60]} | {count} |")


def unmapped(reader: Reader, rows: list[tuple[str, Series]]) -> Iterator[tuple[str, int]]:
    """Descriptions of exams without a part, the most frequent first."""
    counts = Counter(f"{s.modality} {s.study}" for _, s in rows if s.modality not in DERIVED and not _parts(reader, s))
    yield from counts.most_common(10)


def speed(rows: list[tuple[str, Series]]) -> None:
    """Texts a second of processor time, each read for the first time: the machine may be shared."""
    from description_sets import SETS, expected

    by_hand = dict.fromkeys((one.modality, one.text) for name in SETS for one in expected(name))
    real = {text for _, s in rows for text in (s.study, s.description) if text}
    _cold("texts of the sets", [{"modality": modality, "study_description": text} for modality, text in by_hand])
    _cold("texts of real series", [{"study_description": text} for text in sorted(real)[:: len(real) // 50_000 or 1]])
    some = [series for _, series in rows[:200_000]]
    reader = Reader()
    started = time.process_time()
    answers = {one: _parts(reader, one) for one in set(some)}
    spent = time.process_time() - started
    print(f"{len(some):,} series of {len(answers):,} distinct descriptions: {spent:.1f} s of processor time.")


def _cold(what: str, descriptions: list[dict[str, str]]) -> None:
    reader = Reader()
    started = time.process_time()
    for description in descriptions:
        reader.read(description)
    spent = time.process_time() - started
    print(f"\n{len(descriptions):,} distinct {what}: {len(descriptions) / spent:,.0f} a second of processor time.")


def main() -> None:
    """Print all figures as Markdown."""
    reader = Reader()
    print(f"Lexicon {reader.lexicon.version}\n")
    by_hand(reader)
    rows, _ = real_series()
    print("\n| lexicon | imaging series with a part of their own | with their exam's | all series, with their exam's |")
    print("|---|---|---|---|")
    for name, one in (("package", reader), ("package and two terms of a site", Reader(site_lexicon(None, TRIALS)))):
        print(f"| {name} | {' | '.join(f'{100 * share:.1f} %' for share in mapped(one, rows))} |")
    print("\nExams without a part, by series: " + "; ".join(f"{text} ({n})" for text, n in unmapped(reader, rows)))
    agreement(reader, rows)
    speed(rows)


if __name__ == "__main__":
    main()
