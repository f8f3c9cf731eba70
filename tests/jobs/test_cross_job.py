"""The job `cross` on a lake: what it finds of a hospital whose truth is known, its accounts, runs that do little."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from crossing_hospital import BOTH, PET_CT, SORTS, Made, make_hospital
from frames import frame
from lakes import last_counts, open_context, write_exams

from eds_spark_imaging.errors import ConfigError, LakeError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = [pytest.mark.spark, pytest.mark.slow]  # a hospital is made, linked and crossed

KEYS = {
    "visits": ("imaging_study_visit", "visit_occurrence_id"),
    "acts": ("imaging_study_procedure", "procedure_occurrence_id"),
    "reports": ("imaging_study_report", "note_id"),
}


@pytest.fixture(scope="module")
def hospital(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[Context, Made, Path]:
    from eds_spark_imaging.pipeline.cross import cross
    from eds_spark_imaging.pipeline.link import link

    folder = tmp_path_factory.mktemp("cross")
    made = make_hospital(folder, 60, seed=5)
    context = open_context(spark, folder / "lake", warehouse=folder / "warehouse")
    write_exams(context, made.studies, made.series)
    link(context)
    cross(context)
    return context, made, folder / "warehouse"


def keys(context: Context, table: str, key: str, where: str = "true") -> list[Any]:
    return [row[0] for row in context.lake.read(table).where(where).select(key).collect()]


def accepted(context: Context, what: str) -> list[tuple[str, int]]:
    table, key = KEYS[what]
    rows = context.lake.read(table).where("accepted").select("study_instance_uid", key).collect()
    return [tuple(row) for row in rows]


def test_what_is_accepted_is_true(hospital: tuple[Context, Made, Path]) -> None:
    context, made, _ = hospital
    for what, recall in (("visits", 0.97), ("acts", 0.93), ("reports", 0.85)):
        found = accepted(context, what)
        assert len(set(found)) == len(found)
        assert len(set(found) - made.truth[what]) <= 0.01 * len(found), what
        assert len(set(found) & made.truth[what]) >= recall * len(made.truth[what]), what


def test_one_visit_and_one_report_an_exam_at_most(hospital: tuple[Context, Made, Path]) -> None:
    context, _, _ = hospital
    for what in ("visits", "reports"):
        exams = [uid for uid, _ in accepted(context, what)]
        assert len(set(exams)) == len(exams)


def test_every_linked_exam_has_an_act_or_a_reason(hospital: tuple[Context, Made, Path]) -> None:
    context, _, _ = hospital
    linked = keys(context, "imaging_study", "study_instance_uid", "person_id IS NOT NULL")
    alone = keys(context, "imaging_exam_without_procedure", "study_instance_uid")
    assert len(set(alone)) == len(alone)
    assert set(alone) == set(linked) - {uid for uid, _ in accepted(context, "acts")}


def test_every_imaging_act_has_an_exam_or_a_reason(hospital: tuple[Context, Made, Path]) -> None:
    context, made, _ = hospital
    acts = made.tables["procedure_occurrence"]
    codes = {act["procedure_occurrence_id"]: act["procedure_source_value"] for act in acts}
    own = {sort.act for sort in (*SORTS, PET_CT, BOTH)}
    imaging = {act for act, code in codes.items() if code[:7] in own and not code.endswith("04")}
    alone = keys(context, "imaging_procedure_without_exam", "procedure_occurrence_id")
    assert len(set(alone)) == len(alone)
    assert set(alone) == imaging - {act for _, act in accepted(context, "acts")}


def test_views_have_the_grain_that_they_say(hospital: tuple[Context, Made, Path]) -> None:
    context, _, _ = hospital
    context.lake.register()
    count = context.lake.read("imaging_study").count()
    for view in ("exam_with_visit", "exam_with_report"):
        assert context.spark.table(view).count() == count
    for view in ("exam_with_acts", "exam_with_diagnoses"):
        assert context.spark.table(view).select("study_instance_uid").distinct().count() == count


@pytest.mark.slow
def test_nothing_new_is_nothing_to_do_and_one_act_is_one_patient(hospital: tuple[Context, Made, Path]) -> None:
    from eds_spark_imaging.pipeline.cross import cross

    context, _, warehouse = hospital
    before = {what: set(accepted(context, what)) for what in KEYS}
    cross(context)
    assert last_counts(context, "cross") == {"patients": 0}
    file = warehouse / "procedure_occurrence" / "part-0.parquet"
    table = pq.read_table(file)
    uid, gone = sorted(before["acts"])[0]
    pq.write_table(table.filter(pc.not_equal(table["procedure_occurrence_id"], gone)), file)
    context.spark.catalog.clearCache()
    context.spark.catalog.refreshByPath(str(warehouse))
    cross(context)
    assert last_counts(context, "cross")["patients"] == 1
    assert (uid, gone) not in accepted(context, "acts")
    other = {pair for pair in before["acts"] if pair[0] == uid}
    assert before["acts"] - other <= set(accepted(context, "acts")) | {p for p in before["acts"] if p[1] == gone}


@pytest.mark.slow
def test_a_changed_exam_is_one_patient_and_gives_what_crossing_all_gives(
    spark: SparkSession, hospital: tuple[Context, Made, Path]
) -> None:
    from eds_spark_imaging.pipeline.cross import cross
    from eds_spark_imaging.pipeline.cross_scope import persons_with_changed_exams

    context, _, _ = hospital
    names = ("imaging_study", "imaging_series")
    seen = tuple(context.lake.version(name) for name in names)
    uid, _ = sorted(accepted(context, "visits"))[-1]
    studies = context.lake.read("imaging_study")
    (person,) = studies.where(f"study_instance_uid = '{uid}'").select("person_id").first() or ()
    lost = frame(spark, "study_instance_uid link_status person_id ipp", (uid, "conflict", None, None))
    context.lake.update("imaging_study", lost, lost.columns[1:], ("link_run", "later"))
    now = tuple(context.lake.version(name) for name in names)
    with context.lake.scratch("test") as scratch:
        persons = persons_with_changed_exams(context.lake, scratch, (seen[0], seen[1]), (now[0], now[1]))
        assert persons is not None
        assert [row["person_id"] for row in persons.collect()] == [person]
    cross(context)
    assert last_counts(context, "cross")["patients"] == 1
    assert all(uid not in keys(context, table, "study_instance_uid") for table, _ in KEYS.values())

    # Under another rule all are crossed, and nothing is found to differ.
    config = context.config
    context.config = replace(config, cross=replace(config.cross, report_days=config.cross.report_days + 1))
    before = {what: set(accepted(context, what)) for what in KEYS}
    cross(context)
    counts = last_counts(context, "cross")
    assert counts["patients"] > 1
    assert {what: set(accepted(context, what)) for what in KEYS} == before
    assert not any(counts[f"{what}_{how}"] for what in ("visits", "acts") for how in ("new", "changed", "removed"))


@pytest.mark.slow
def test_every_exam_is_exported_or_has_its_reason(hospital: tuple[Context, Made, Path], tmp_path: Path) -> None:
    from eds_spark_imaging.exports.words import Standard, TableFormat
    from eds_spark_imaging.pipeline.export import export

    context, _, _ = hospital
    exams = set(keys(context, "imaging_study", "study_instance_uid"))
    context.spark.catalog.dropTempView("imaging_acquisition")  # of another lake that was opened in this session
    with pytest.raises(LakeError, match="no table imaging_acquisition"):
        export(context.config, Standard.MI_CDM, str(tmp_path / "early"), TableFormat.PARQUET)
    context.lake.create("imaging_acquisition")
    for standard in Standard:
        place = tmp_path / standard
        done = export(context.config, standard, str(place), TableFormat.PARQUET)
        left_out = pq.read_table(place / "not_exported").to_pylist()
        assert done.exams + sum(done.not_exported.values()) == len(exams)
        assert done.exams == len(exams) - len(left_out) > 0
        if standard is Standard.MI_CDM:
            exported = pq.read_table(place / "image_occurrence").to_pylist()
            uids = [row["image_study_uid"] for row in exported]  # one series an exam here
            own = {(uid, act) for uid, act in accepted(context, "acts")}
            assert {(row["image_study_uid"], row["procedure_occurrence_id"]) for row in exported} <= own
        else:
            lines = [line for part in (place / "ImagingStudy.ndjson").glob("*.txt") for line in part.open()]
            uids = [json.loads(line)["id"] for line in lines]
        assert len(uids) == len(set(uids)) == done.exams
        assert set(uids) | {row["study_instance_uid"] for row in left_out} == exams
        assert place.stat().st_mode & 0o077 == 0
    with pytest.raises(ConfigError, match="not an empty folder"):
        export(context.config, Standard.FHIR, str(tmp_path / "fhir"), TableFormat.PARQUET)


def test_the_base_centrale_stands_beside_the_tables(spark: SparkSession, hospital: tuple[Context, Made, Path]) -> None:
    from eds_spark_imaging.pipeline.base_views import make_base_views

    context, _, warehouse = hospital
    assert context.config.warehouse is not None
    spark.catalog.dropTempView("base_note")  # of another test
    make_base_views(
        spark, context.config.warehouse, {"base_procedure_occurrence", "base_person", "base_patient_identity"}
    )
    acts = pq.read_table(warehouse / "procedure_occurrence").to_pylist()
    query = (
        "SELECT procedure_occurrence_id, person_id, procedure_code, procedure_activity FROM base_procedure_occurrence"
    )
    rows = {row[0]: row for row in spark.sql(query).collect()}
    assert len(rows) == len(acts)
    for act in acts:
        _, person, code, activity = rows[act["procedure_occurrence_id"]]
        assert code == act["procedure_source_value"][:7]
        assert activity == (act["procedure_source_value"][-1] if len(act["procedure_source_value"]) > 7 else None)
        assert person % 2 == 0  # those of merged rows have odd ids, and survive as another
    assert not spark.catalog.tableExists("base_note")
    identities = dict(spark.sql("SELECT ipp, person_id FROM base_patient_identity").collect())
    people = spark.sql("SELECT person_id, person_source_value FROM base_person").collect()
    assert len({person for person, _ in people}) == len(people) > 0
    assert {ipp: person for person, ipp in people}.items() <= identities.items()
    merged = {row["ipp"]: row["merged_into_ipp"] for row in pq.read_table(warehouse / "patient_identity").to_pylist()}
    assert any(merged.values())
    for old, ipp in merged.items():
        assert ipp is None or identities[old] == identities[ipp]
