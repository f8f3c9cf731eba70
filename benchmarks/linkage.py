"""Measures the patient link against the truth of synthetic hospitals: precision, recall, status by defect.

    python3 -m benchmarks.linkage --patients 20000 --seeds 1 2 --rates 0.2

The exams are the headers that the generator plants, without DICOM files between; ``--lake`` takes the exams of a
lake that was built from the files of ``--synth`` instead. ``--other-habits`` measures on hospitals of another generator
(``benchmarks.habits``). Tables come out as Markdown.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks.habits.hospital import write_hospital
from benchmarks.linkage_measures import by_defect, by_method, confusion, judged, markdown, measures, strata, with_people
from eds_spark_imaging.config import Config, WarehouseConfig, load_config
from eds_spark_imaging.linkage import (
    BaseCentrale,
    decide,
    meet,
    survivors,
    traits_of_persons,
    with_probable,
)
from eds_spark_imaging.linkage import judged as judge
from eds_spark_imaging.spark.session import spark_session
from eds_spark_imaging.synth import generate
from eds_spark_imaging.transforms.times import date_and_time, study_datetime_quality
from eds_spark_imaging.warehouse import Warehouse


def exams_of_headers(spark: SparkSession, synth: Path, config: Config) -> DataFrame:
    """The exams as ``build`` would make them: one row a StudyInstanceUID, ties to the smallest value."""
    headers = spark.read.parquet(str(synth / "truth" / "header.parquet"))
    hospitals = F.coalesce(*[F.when(F.col("source") == s.name, F.lit(s.hospital)) for s in config.sources])
    scalars = [c for c in headers.columns if c not in ("study_instance_uid", "source", "other_patient_ids")]
    given = [F.nullif(F.col(c), F.lit("")).alias(c) for c in scalars]
    headers = headers.select("study_instance_uid", "other_patient_ids", hospitals.alias("hospital_code"), *given)
    differ = [F.when(F.count_distinct(c) > 1, F.lit(c)) for c in ("patient_id", "patient_birth_date")]
    exams = headers.groupBy("study_instance_uid").agg(
        *[F.min(c).alias(c) for c in (*scalars, "hospital_code")],
        F.array_distinct(F.flatten(F.collect_list("other_patient_ids"))).alias("other_patient_ids"),
        F.array_compact(F.array(*differ)).alias("conflicts"),
    )
    colons = F.regexp_replace("study_time", r"^(\d\d)(\d\d)(\d\d).*", "$1:$2:$3")
    exams = exams.withColumns(
        {
            "patient_birth_date": F.try_to_date("patient_birth_date", "yyyyMMdd"),
            "study_date": F.try_to_date("study_date", "yyyyMMdd"),
            "study_time": colons,
        }
    )
    exams = exams.withColumn("study_datetime", date_and_time("study_date", "study_time"))
    source = F.when(F.col("study_datetime").isNotNull(), "study")
    quality = study_datetime_quality(source, F.col("study_time").isNotNull(), F.col("study_datetime"), F.current_date())
    return exams.withColumn("study_datetime_quality", quality)


def blurred(exams: DataFrame, share: float) -> DataFrame:
    """Exams of which a share has lost every identifier, and has a birth date that is a year late: for the model."""
    chosen = F.pmod(F.xxhash64("study_instance_uid"), F.lit(1000)) < share * 1000
    ids = ("patient_id", "other_patient_ids", "accession_number", "admission_id", "service_episode_id")
    later = F.when(chosen, F.add_months("patient_birth_date", 12)).otherwise(F.col("patient_birth_date"))
    return exams.withColumns({**{c: F.when(~chosen, F.col(c)) for c in ids}, "patient_birth_date": later})


def linked(studies: DataFrame, warehouse: Warehouse, config: Config, with_identity: bool) -> pd.DataFrame:
    """The link of every exam."""
    person = warehouse.required("person")
    identity = warehouse.table("patient_identity") if with_identity else None
    base = BaseCentrale(
        person=person,
        survivors=survivors(identity, person).persist(),
        identity=identity,
        visits=warehouse.table("visit_occurrence"),
        procedures=warehouse.table("procedure_occurrence"),
        notes=warehouse.table("note"),
        care_site=warehouse.table("care_site"),
        fact_relationship=warehouse.table("fact_relationship"),
    )
    persons = traits_of_persons(identity, person, base.survivors).persist()
    meeting = meet(studies, base, persons, config.link)
    found = judge(meeting).persist()
    if config.link.probabilistic:
        found = with_probable(found, meeting, meeting.exams, config.link, lambda _, frame: frame.localCheckpoint())
    links = decide(meeting.exams, found).toPandas()
    studies.sparkSession.catalog.clearCache()
    return links


def _by_rate(hospitals: list[pd.DataFrame]) -> dict[str, pd.DataFrame]:
    rates: dict[str, list[pd.DataFrame]] = {}
    for exams in hospitals:
        rates.setdefault(str(exams["rate"].iloc[0]), []).append(exams)
    every = {rate: pd.concat(parts) for rate, parts in rates.items()}
    return every | ({"all": pd.concat(hospitals)} if len(every) > 1 else {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--rates", type=float, nargs="+", default=[0.2])
    parser.add_argument("--probabilistic", action="store_true", help="with the probabilistic step (splink)")
    parser.add_argument("--threshold", type=float, default=0.999, help="of the probabilistic step")
    parser.add_argument("--blur", type=float, default=0.0, help="share of exams without id and with a wrong birth year")
    parser.add_argument("--other-habits", action="store_true", help="hospitals of the other generator; no --rates")
    parser.add_argument("--synth", type=Path, help="a hospital that was made before")
    parser.add_argument("--lake", help="a lake built from the files of --synth")
    parser.add_argument("--wrong", type=Path, help="write the exams linked to the wrong person, or lost, here")
    given = parser.parse_args()
    spark = spark_session("linkage")
    spark.sparkContext.setLogLevel("ERROR")
    scratch = Path(tempfile.mkdtemp(prefix="linkage-"))
    places = [given.synth] if given.synth else []
    for rate in given.rates if not places else []:
        for seed in given.seeds:
            places.append(scratch / f"seed-{seed}-rate-{rate}")
            if given.other_habits:
                write_hospital(places[-1], given.patients, seed)
            else:
                generate(places[-1], given.patients, seed, defect_rate=rate, with_dicom=False)
    try:
        for with_identity in (True, False):
            report(spark, places, given, with_identity)
    finally:
        shutil.rmtree(scratch)
        spark.stop()


def exams_of(spark: SparkSession, place: Path, config: Config, given: argparse.Namespace) -> DataFrame:
    """The exams of a hospital, as rows of ``imaging_study``."""
    if given.lake:
        return spark.read.format("delta").load(f"{given.lake}/imaging_study")
    if given.other_habits:
        return spark.read.parquet(str(place / "truth" / "exams.parquet"))
    return exams_of_headers(spark, place, config)


def report(spark: SparkSession, places: list[Path], given: argparse.Namespace, with_identity: bool) -> None:
    """Print the figures of every hospital, then of all together."""
    together = []
    print(f"\n## {'With' if with_identity else 'Without'} patient_identity\n")
    for place in places:
        config = load_config(place / "eds-imaging.toml")
        config = replace(
            config,
            link=replace(config.link, probabilistic=given.probabilistic, probabilistic_threshold=given.threshold),
        )
        warehouse = Warehouse(spark, config.warehouse or WarehouseConfig(path=str(place / "warehouse")))
        studies = exams_of(spark, place, config, given)
        studies = blurred(studies, given.blur) if given.blur else studies
        started = time.monotonic()
        links = linked(studies, warehouse, config, with_identity)
        exams = with_people(judged(links, pd.read_parquet(place / "truth" / "exam.parquet")), place, with_identity)
        print(f"{place.name}: {len(exams):,} exams in {time.monotonic() - started:.0f} s", flush=True)
        together.append(exams.assign(rate=place.name.rpartition("-")[2]))
    exams = pd.concat(together)
    knowable = exams["person_knowable_with_identity" if with_identity else "person_knowable_without_identity"]
    figures = {rate: measures(some, with_identity) for rate, some in _by_rate(together).items()}
    print(f"\n{markdown(pd.DataFrame(figures).rename_axis('rate of defects'))}")
    defects = pd.read_parquet(places[0] / "truth" / "defect.parquet")
    for table in (strata(exams, knowable), by_method(exams), confusion(exams, knowable), by_defect(exams, defects)):
        print(f"\n{markdown(table)}")
    if given.wrong:
        doubtful = exams[(exams["is_linked"] & ~exams["is_right"]) | (knowable & ~exams["is_right"])]
        doubtful.to_parquet(given.wrong.with_name(f"{given.wrong.stem}-{with_identity}.parquet"))


if __name__ == "__main__":
    main()
