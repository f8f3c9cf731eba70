"""Measures the patient link against the truth of synthetic hospitals: precision, recall, status by defect.

    python benchmarks/linkage.py --patients 20000 --seeds 1 2 --rates 0.2

The exams are the headers that the generator plants, without DICOM files between; ``--lake`` takes the exams of a
lake that was built from the files of ``--synth`` instead. Tables come out as Markdown.
"""

from __future__ import annotations

import argparse
import math
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

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
from eds_spark_imaging.transforms.times import study_datetime_quality, wall_clock
from eds_spark_imaging.warehouse import Warehouse

_DATES = 7  # kinds of defect up to this one touch identifiers, names, birth date, sex or the dates of the exam


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
    exams = exams.withColumn("study_datetime", wall_clock("study_date", "study_time"))
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


def judged(links: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Exams with their truth: ``is_linked``, and ``is_right`` where the link names the true person."""
    exams = truth.merge(links, on="study_instance_uid", how="left", suffixes=("_true", ""), validate="one_to_one")
    exams["is_linked"] = exams["person_id"].notna()
    true_ids = exams["person_ids"].map(lambda ids: set() if ids is None else set(ids))
    exams["is_right"] = [p in ids for p, ids in zip(exams["person_id"], true_ids, strict=True)]
    return exams


def interval(right: int, total: int) -> str:
    """A share with its 95 % interval (Wilson)."""
    if total == 0:
        return "none"
    z, p = 1.96, right / total
    middle, spread = p + z * z / (2 * total), z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    low, high = ((middle - spread) / (1 + z * z / total), (middle + spread) / (1 + z * z / total))
    return f"{p:.4%} ({low:.3%} to {high:.3%}) of {total:,}"


def measures(exams: pd.DataFrame, with_identity: bool) -> dict[str, str]:
    """The figures of one hospital, or of several together."""
    verified = exams[exams["is_linked"] & exams["link_verified"]]
    unverified = exams[exams["is_linked"] & ~exams["link_verified"]]
    knowable = exams["person_knowable_with_identity" if with_identity else "person_knowable_without_identity"]
    lost = exams[exams["is_patient"] & ~exams["correctly_attached"] & knowable]
    attached = exams[exams["is_patient"] & exams["correctly_attached"]]
    wrong_ipp = exams[exams["wrong_person_id"].notna() & exams["traits_present"]]
    caught = ~(wrong_ipp["is_linked"] & ~wrong_ipp["is_right"])
    # A default date is no date: without names, nothing but the sex is then left to compare.
    dated = caught[~wrong_ipp["defects"].map(lambda names: "birth_date_default" in names)]
    return {
        "verified links that are right": interval(int(verified["is_right"].sum()), len(verified)),
        "unverified links that are right": interval(int(unverified["is_right"].sum()), len(unverified)),
        "not correctly attached but knowable, recovered": interval(int(lost["is_right"].sum()), len(lost)),
        "correctly attached, linked": interval(int(attached["is_right"].sum()), len(attached)),
        "IPP of another person with traits, caught": interval(int(caught.sum()), len(wrong_ipp)),
        "the same, where the birth date is no default": interval(int(dated.sum()), len(dated)),
    }


def by_method(exams: pd.DataFrame) -> pd.DataFrame:
    """Right links among those of each method."""
    links = exams[exams["is_linked"]]
    groups = links.groupby("link_method")
    right = groups["is_right"].sum()
    rows = {name: (len(group), interval(int(right[name]), len(group))) for name, group in groups}
    return pd.DataFrame(rows, index=["links", "right"]).T.rename_axis("method")


def by_defect(exams: pd.DataFrame, defects: pd.DataFrame) -> pd.DataFrame:
    """What became of the exams with each defect of identity or dates, of ``truth/defect``; an exam may have several."""
    rows = exams.assign(defect=exams["defects"].map(lambda names: list(names) or ["none"])).explode("defect")
    rows = rows[rows["defect"].isin({"none", *defects.loc[defects["kind"] <= _DATES, "defect"]})]
    groups = rows.groupby("defect")
    table = pd.DataFrame({"exams": groups.size()})
    for name, column in _outcomes(rows).items():
        table[name] = column.groupby(rows["defect"]).sum()
    return table


def confusion(exams: pd.DataFrame, knowable: pd.Series) -> pd.DataFrame:
    """What became of the exams by what is true of them."""
    truth = pd.Series("no patient", index=exams.index)
    truth[exams["is_patient"] & exams["correctly_attached"]] = "correctly attached"
    lost = exams["is_patient"] & ~exams["correctly_attached"]
    truth[lost & knowable] = "wrongly or not attached, person can be known"
    truth[lost & ~knowable] = "wrongly or not attached, person cannot be known"
    table = pd.DataFrame({"exams": truth.value_counts()})
    for name, column in _outcomes(exams).items():
        table[name] = column.groupby(truth).sum()
    return table.rename_axis("truth").sort_index()


def _outcomes(exams: pd.DataFrame) -> dict[str, pd.Series]:
    status = exams["link_status"]
    linked, right, verified = exams["is_linked"], exams["is_right"], exams["link_verified"].fillna(False)
    return {
        "right": linked & right,
        "wrong, verified": linked & ~right & verified,
        "wrong, not verified": linked & ~right & ~verified,
        "conflict": status == "conflict",
        "ambiguous": status == "ambiguous",
        "unlinked": status.isin(["unlinked_unknown_id", "unlinked_no_id"]),
        "not_a_patient": status == "not_a_patient",
    }


def markdown(table: pd.DataFrame) -> str:
    """A table without the help of other packages."""
    rows = [[str(table.index.name), *map(str, table.columns)], ["---"] * (table.shape[1] + 1)]
    rows += [[str(name), *map(str, row)] for name, row in zip(table.index, table.to_numpy(), strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


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
            generate(places[-1], given.patients, seed, defect_rate=rate, with_dicom=False)
    try:
        for with_identity in (True, False):
            report(spark, places, given, with_identity)
    finally:
        shutil.rmtree(scratch)
        spark.stop()


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
        studies = (
            spark.read.format("delta").load(f"{given.lake}/imaging_study")
            if given.lake
            else exams_of_headers(spark, place, config)
        )
        studies = blurred(studies, given.blur) if given.blur else studies
        started = time.monotonic()
        links = linked(studies, warehouse, config, with_identity)
        exams = judged(links, pd.read_parquet(place / "truth" / "exam.parquet"))
        print(f"{place.name}: {len(exams):,} exams in {time.monotonic() - started:.0f} s", flush=True)
        together.append(exams.assign(rate=place.name.rpartition("-")[2]))
    exams = pd.concat(together)
    knowable = exams["person_knowable_with_identity" if with_identity else "person_knowable_without_identity"]
    figures = {rate: measures(some, with_identity) for rate, some in _by_rate(together).items()}
    print(f"\n{markdown(pd.DataFrame(figures).rename_axis('rate of defects'))}")
    defects = pd.read_parquet(places[0] / "truth" / "defect.parquet")
    for table in (by_method(exams), confusion(exams, knowable), by_defect(exams, defects)):
        print(f"\n{markdown(table)}")
    if given.wrong:
        doubtful = exams[(exams["is_linked"] & ~exams["is_right"]) | (knowable & ~exams["is_right"])]
        doubtful.to_parquet(given.wrong.with_name(f"{given.wrong.stem}-{with_identity}.parquet"))


if __name__ == "__main__":
    main()
