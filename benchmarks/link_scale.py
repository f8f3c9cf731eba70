"""Times the job `link` on lakes of growing size: all exams, nothing new, and 1 % of the exams and identities changed.

    python3 -m benchmarks.link_scale --patients 40000 160000
    python3 -m benchmarks.link_scale --patients 100000 400000 --persons 250000 1000000 --memory 8g

A synthetic hospital has about 2.5 exams a patient; ``--persons`` adds people to the base centrale that never had one.
The exams are written into the lake from the headers that the generator plants, without DICOM files between. Tables
come out as Markdown.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from benchmarks.linkage import exams_of_headers
from benchmarks.linkage_measures import markdown
from eds_spark_imaging.config import LakeConfig, WarehouseConfig, load_config
from eds_spark_imaging.pipeline.link import link
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.spark.session import spark_session
from eds_spark_imaging.synth import generate
from eds_spark_imaging.tables.links import LINK_COLUMNS
from eds_spark_imaging.tables.spec import sql_type

_LINK = [column.name for column in LINK_COLUMNS]
_COMPUTED = {
    "link_status": "not_attempted",
    "hospital_rule": "source",
    "number_of_series": 1,
    "number_of_instances": 1,
}


def open_lake(spark: SparkSession, place: Path) -> Context:
    """A lake with the exams of a synthetic hospital, and its base centrale."""
    config = load_config(place / "eds-imaging.toml")
    warehouse = config.warehouse or WarehouseConfig(path=str(place / "warehouse"))
    context = Context(spark, replace(config, lake=LakeConfig(path=str(place / "lake")), warehouse=warehouse))
    exams = exams_of_headers(spark, place, config)
    table = context.catalogue["imaging_study"]
    given = {name: F.lit(value) for name, value in _COMPUTED.items()}
    given |= {name: F.col(name) for name in exams.columns if name in table.names}
    columns = [given.get(c.name, F.lit(None)).try_cast(sql_type(c.type)).alias(c.name) for c in table]
    rows = exams.select(*columns).drop("row_hash", "changed_run")
    context.lake.sync("imaging_study", rows, "run-0", foreign=_LINK)
    return context


def add_persons(place: Path, wanted: int, seed: int) -> int:
    """Fill the base centrale up to ``wanted`` persons with people who never had an exam; their number in all."""
    files = [next((place / "warehouse" / name).glob("*.parquet")) for name in ("person", "patient_identity")]
    person, identity = map(pq.read_table, files)
    missing = wanted - person.num_rows
    if missing <= 0:
        return int(person.num_rows)
    rng = np.random.default_rng(seed)
    known = identity.to_pandas(types_mapper=pd.ArrowDtype).dropna(subset=["birth_date", "sex"])

    def drawn(column: str) -> pd.Series:
        return known[column].sample(missing, replace=True, random_state=rng).reset_index(drop=True)

    numbers = np.setdiff1d(8_000_000_000 + rng.choice(10**9, 2 * missing, replace=False), identity["ipp"].cast("int64"))
    ipp = pd.Series(rng.permutation(numbers)[:missing]).astype(str)
    days = pd.to_timedelta(rng.integers(-7000, 7000, missing), unit="D")
    born = pd.to_datetime(drawn("birth_date").astype("datetime64[ns]")) + days
    sex = drawn("sex")
    columns = {
        "person": {
            "person_id": pc.max(person["person_id"]).as_py() + 1 + np.arange(missing),
            "person_source_value": ipp,
            "year_of_birth": born.dt.year,
            "month_of_birth": born.dt.month,
            "day_of_birth": born.dt.day,
            "gender_source_value": sex.str.lower(),
        },
        "patient_identity": {
            "ipp": ipp,
            "birth_name": drawn("birth_name"),
            "first_given_name": drawn("first_given_name"),
            "birth_date": born.dt.date,
            "sex": sex,
        },
    }
    for file, table, given in zip(files, (person, identity), columns.values(), strict=True):
        arrays = [
            pa.array(given[field.name], field.type) if field.name in given else pa.nulls(missing, field.type)
            for field in table.schema
        ]
        pq.write_table(pa.table(arrays, schema=table.schema), file.with_name("part-more.parquet"))
    return wanted


def change(context: Context, place: Path) -> None:
    """One in a hundred exams gets another sex, one in a hundred identities another birth date."""
    studies = context.lake.read("imaging_study")
    some = studies.where("abs(xxhash64(study_instance_uid)) % 100 = 0").withColumn("patient_sex", F.lit("O"))
    uids = some.select("study_instance_uid")
    context.lake.sync("imaging_study", some.drop("row_hash", "changed_run"), "run-1", scope=uids, foreign=_LINK)
    folder = str(place / "warehouse" / "patient_identity")
    identity = context.spark.read.parquet(folder)
    chosen = F.expr("abs(xxhash64(ipp)) % 100 = 0")
    born = F.when(chosen, F.date_add("birth_date", 1)).otherwise(F.col("birth_date"))
    identity.withColumn("birth_date", born.cast(identity.schema["birth_date"].dataType)).write.parquet(f"{folder}_new")
    shutil.rmtree(folder)
    shutil.move(f"{folder}_new", folder)


def timed(what: str, context: Context) -> tuple[float, dict[str, int]]:
    """Seconds of one run of the job, and its counts."""
    started = time.monotonic()
    link(context)
    seconds = time.monotonic() - started
    print(f"{what}: {seconds:.0f} s", file=sys.stderr, flush=True)
    last = context.runs("link").orderBy("run_id", ascending=False).first()
    return seconds, dict(last["counts"]) if last else {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, nargs="+", default=[4000])
    parser.add_argument("--persons", type=int, nargs="+", default=[], help="of the base centrale, with those unseen")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--memory", default="4g", help="heap of the driver")
    given = parser.parse_args()
    spark = spark_session("link_scale", {"spark.master": "local[2]", "spark.driver.memory": given.memory})
    spark.sparkContext.setLogLevel("ERROR")
    rows = []
    for number, patients in enumerate(given.patients):
        place = Path(tempfile.mkdtemp(prefix="link-scale-"))
        try:
            generate(place, patients, given.seed, with_dicom=False)
            wanted = given.persons[number] if number < len(given.persons) else 0
            persons = add_persons(place, wanted, given.seed)
            context = open_lake(spark, place)
            first, counts = timed("all", context)
            none, _ = timed("nothing new", context)
            change(context, place)
            some, changed = timed("1 % changed", context)
        finally:
            shutil.rmtree(place)
        rows.append(
            (counts["exams"], persons, f"{first:.0f}", f"{none:.0f}", f"{some:.0f}", changed["exams_linked_again"])
        )
        print(rows[-1], flush=True)
    names = ["exams", "persons", "all, s", "nothing new, s", "1 % changed, s", "exams linked again"]
    print(markdown(pd.DataFrame(rows, columns=names).set_index("exams")))
    spark.stop()


if __name__ == "__main__":
    main()
