"""Measures the crossing against the truth of hospitals: precision and recall of visits, acts and reports by defect.

    python3 -m benchmarks.crossing --patients 3000 --seeds 1 2

Three generators make the hospitals: ``synth``, whose headers go in without DICOM files between, and ``hospital`` and
``second`` of tests/helpers, which share no code with the crossing or with ``synth``. Exams are linked by the job `link`
first, so what the link loses or gets wrong counts. Tables come out as Markdown.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from benchmarks.linkage import exams_of_headers
from benchmarks.linkage_measures import interval, markdown
from eds_spark_imaging.config import Config, LakeConfig, load_config
from eds_spark_imaging.pipeline.cross import cross
from eds_spark_imaging.pipeline.link import link
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.spark.session import spark_session
from eds_spark_imaging.synth import generate
from eds_spark_imaging.terminology.acts import is_exam

sys.path.append(str(Path(__file__).parents[1] / "tests" / "helpers"))

from crossing_hospital import LACKS, Made, make_hospital
from lakes import Rows, write_exams
from second_hospital import make_second_hospital

_GENERATORS = ("synth", "hospital", "second")
_MOVED = ["study_date_future", "utc_shift", "exam_before_birth", "exam_after_death"]
_TABLES = {
    "visits": ("imaging_study_visit", "visit_occurrence_id"),
    "acts": ("imaging_study_procedure", "procedure_occurrence_id"),
    "reports": ("imaging_study_report", "note_id"),
}


@dataclass(frozen=True)
class Hospital:
    """A hospital: the configuration, exams and series as ``build`` makes them, true pairs, defects of each exam."""

    name: str
    config: Config
    studies: Rows
    series: Rows
    truth: dict[str, set[tuple[str, int]]]
    defects: dict[str, list[str]]


def of_synth(spark: SparkSession, place: Path) -> Hospital:
    """A hospital of ``synth``."""
    config = load_config(place / "eds-imaging.toml")
    exams = pd.read_parquet(place / "truth" / "exam.parquet")
    exams = exams[exams["is_patient"]]
    acts = pd.read_parquet(place / "warehouse" / "procedure_occurrence")
    own = set(acts.loc[acts["procedure_source_value"].map(is_exam), "procedure_occurrence_id"])
    there = exams[exams["visit_occurrence_id"].notna() & (exams["visit_status"] != "supprimé")]
    reported = exams[exams["note_id"].notna()]
    uid = "study_instance_uid"
    truth = {
        "visits": set(zip(there[uid], there["visit_occurrence_id"].astype(int), strict=True)),
        "acts": {
            (u, int(a))
            for u, ids in zip(exams[uid], exams["procedure_occurrence_ids"], strict=True)
            for a in ids
            if a in own
        },
        "reports": set(zip(reported[uid], reported["note_id"].astype(int), strict=True)),
    }
    studies = exams_of_headers(spark, place, config).withColumn("modalities", F.array("modality"))
    clock = exams.loc[~exams["defects"].map(lambda names: bool(set(names) & set(_MOVED))), [uid, "wall_clock"]]
    times = spark.createDataFrame(clock.astype({"wall_clock": str}), f"{uid} string, at string")
    parts = studies.select(uid, "body_part_examined")
    series = parts.join(times, uid, "left").withColumn("series_datetime", F.col("at").cast("timestamp_ntz"))
    defects = {u: list(names) or ["none"] for u, names in zip(exams[uid], exams["defects"], strict=True)}
    return Hospital(place.name, config, studies, series, truth, defects)


def of_rows(place: Path, made: Made) -> Hospital:
    """A hospital that was made as rows."""
    config = Config().with_places((), None, str(place / "warehouse"))
    return Hospital(place.name, config, made.studies, made.series, made.truth, made.defects)


def crossed(spark: SparkSession, hospital: Hospital, folder: Path) -> Context:
    """The lake of a hospital after the jobs `link` and `cross`."""
    config = replace(hospital.config, lake=LakeConfig(path=str(folder)))
    context = Context(spark, config)
    write_exams(context, hospital.studies, hospital.series)
    link(context)
    started = time.monotonic()
    cross(context)
    print(f"{hospital.name}: crossed in {time.monotonic() - started:.0f} s", flush=True)
    return context


def figures(context: Context, hospital: Hospital) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The figures of one hospital by what is crossed, and all wrong and lost pairs with the defects of their exam."""
    linked = {
        r[0]
        for r in context.lake.read("imaging_study")
        .where("person_id IS NOT NULL")
        .select("study_instance_uid")
        .collect()
    }
    rows, faults = {}, []
    for what, (table, key) in _TABLES.items():
        pairs = context.lake.read(table).select("study_instance_uid", key, "accepted", "ambiguous").toPandas()
        got = set(zip(*_columns(pairs[pairs["accepted"]], key), strict=True))
        true = hospital.truth[what]
        within = {pair for pair in true if pair[0] in linked}
        doubtful = pairs[pairs["ambiguous"]]
        open_exams = set(doubtful["study_instance_uid"]) - {uid for uid, _ in got}
        having = {uid for uid, _ in true} & open_exams
        among = {uid for uid, event in zip(*_columns(pairs, key), strict=True) if (uid, event) in true} & having
        rows[what] = {
            "precision": interval(len(got & true), len(got)),
            "recall, all exams": interval(len(got & true), len(true)),
            "recall, linked exams": interval(len(got & true), len(within)),
            "ambiguous, right one among candidates": interval(len(among), len(having)),
        }
        faults += [(what, "wrong", uid, event) for uid, event in sorted(got - true)]
        faults += [(what, "lost", uid, event) for uid, event in sorted(within - got)]
    return pd.DataFrame(rows).rename_axis(hospital.name), pd.DataFrame(
        faults, columns=["what", "fault", "uid", "event"]
    )


def _columns(pairs: pd.DataFrame, key: str) -> tuple[list[str], list[int]]:
    return pairs["study_instance_uid"].tolist(), pairs[key].tolist()


def by_defect(hospital: Hospital, faults: pd.DataFrame) -> pd.DataFrame:
    """Pairs wrong and lost by defect, beside the true pairs of exams that have it; an exam may have several."""
    kinds = sorted({name for names in hospital.defects.values() for name in names})
    table = pd.DataFrame(index=pd.Index(kinds, name="defect"))
    for what, true in hospital.truth.items():
        counted = pd.Series([name for uid, _ in true for name in hospital.defects.get(uid, ["none"])]).value_counts()
        table[what] = counted
        for fault in ("wrong", "lost"):
            some = faults[(faults["what"] == what) & (faults["fault"] == fault)]["uid"]
            table[f"{what} {fault}"] = pd.Series(
                [name for uid in some for name in hospital.defects.get(uid, ["none"])], dtype=object
            ).value_counts()
    return table.fillna(0).astype(int)


def hospitals(spark: SparkSession, given: argparse.Namespace, scratch: Path) -> Iterator[Hospital]:
    """The hospitals to measure."""
    for seed in given.seeds:
        if "synth" in given.generators:
            place = scratch / f"synth-{seed}"
            generate(place, given.patients, seed, defect_rate=given.rate, with_dicom=False)
            yield of_synth(spark, place)
        if "hospital" in given.generators:
            place = scratch / "-".join((f"hospital-{seed}", *given.lacks))
            yield of_rows(place, make_hospital(place, given.patients, seed, given.lacks))
        if "second" in given.generators:
            place = scratch / f"second-{seed}"
            yield of_rows(place, make_second_hospital(place, given.patients, seed))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--rate", type=float, default=0.2, help="rate of defects of synth")
    parser.add_argument("--generators", choices=_GENERATORS, nargs="+", default=_GENERATORS)
    parser.add_argument("--lacks", nargs="+", choices=LACKS, default=(), help="what the hospital of rows has not")
    parser.add_argument("--faults", type=Path, help="write wrong and lost pairs here, as Parquet")
    given = parser.parse_args()
    spark = spark_session("crossing")
    spark.sparkContext.setLogLevel("ERROR")
    scratch = Path(tempfile.mkdtemp(prefix="crossing-"))
    try:
        for hospital in hospitals(spark, given, scratch):
            context = crossed(spark, hospital, scratch / f"lake-{hospital.name}")
            table, faults = figures(context, hospital)
            print(f"\n{markdown(table)}\n\n{markdown(by_defect(hospital, faults))}\n", flush=True)
            if given.faults:
                faults.to_parquet(given.faults.with_name(f"{given.faults.stem}-{hospital.name}.parquet"))
    finally:
        shutil.rmtree(scratch)
        spark.stop()


if __name__ == "__main__":
    main()
