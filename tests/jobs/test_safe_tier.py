"""The tier of a project: nobody is in it, its joins hold, and what it was made by is on record."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import planted
import pytest
from leaks import Search
from tiers import EVERYBODY, KEY, PROJECT, bring_up_to_date, open_source, rows_of, some_attributes, tier_at, write

from eds_spark_imaging.config import Config, LakeConfig
from eds_spark_imaging.errors import ConfigError, LakeError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = [pytest.mark.spark, pytest.mark.slow]  # some two minutes


class Made(NamedTuple):
    """A nominative lake and the tier that was made of it."""

    source: Context
    tier: Context
    place: Path


@pytest.fixture(scope="module")
def made(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    from eds_spark_imaging.tables import catalogue

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "declaration", some_attributes)
        place = tmp_path_factory.mktemp("safe")
        source = open_source(spark, place)
        write(source, EVERYBODY, "1")
        tier = tier_at(source, place / "tier")
        bring_up_to_date(source, tier)
        yield Made(source, tier, place)


def test_everybody_is_found_in_the_nominative_lake_and_nobody_in_the_tier(made: Made) -> None:
    search = Search(EVERYBODY)
    everybody = {person.number for person in EVERYBODY}
    nominative = search.people_below(made.place / "lake" / "imaging_study", made.place / "lake" / "imaging_series")
    assert set().union(*nominative.values()) == everybody, "the search finds what is there"
    assert search.people_below(made.place / "tier") == {}
    assert KEY not in b"".join(p.read_bytes() for p in made.place.rglob("*") if p.is_file())


def test_nothing_is_left_in_scratch_and_staging(made: Made) -> None:
    for lake in ("lake", "tier"):
        for folder in ("_scratch", "_staging"):
            left = [p for p in (made.place / lake / folder).rglob("*") if p.is_file()]
            assert not left


def test_records_of_runs_and_access_name_nobody(made: Made) -> None:
    search = Search(EVERYBODY)
    for lake, table in (("lake", "imaging_access"), ("tier", "imaging_run")):
        assert not search.people_below(made.place / lake / table)
    given = rows_of(made.source, "imaging_access")
    assert [(row["access"], row["project"]) for row in given[:2]] == [("tier_begun", "heart"), ("tier_made", "heart")]
    assert given[1]["rows"] == sum(len(rows_of(made.tier, name)) for name in made.tier.catalogue.tables) - 1
    assert given[0]["given_by"]
    assert given[0]["release"]


def test_keys_and_joins_hold(made: Made) -> None:
    tables = ("imaging_study", "imaging_series", "imaging_acquisition", "imaging_study_diagnosis")
    for name in tables:
        source, tier = rows_of(made.source, name), rows_of(made.tier, name)
        assert len(tier) == len(source) > 0
        # As many rows for each exam, and for each patient.
        for column in ("study_instance_uid", "person_id", "visit_occurrence_id", "device_serial_number"):
            if column in source[0]:
                assert _sizes(source, column) == _sizes(tier, column)
    studies = {row["study_instance_uid"]: row for row in rows_of(made.tier, "imaging_study")}
    for row in rows_of(made.tier, "imaging_study_diagnosis"):
        assert studies[row["study_instance_uid"]]["person_id"] == row["person_id"]
    for row in rows_of(made.tier, "imaging_series"):
        assert row["request_accession_number"] == [studies[row["study_instance_uid"]]["accession_number"]]


def _sizes(rows: list[dict[str, Any]], column: str) -> list[int]:
    return sorted(Counter(row[column] for row in rows if row[column] is not None).values())


def test_values_that_many_have_stay_and_rare_ones_go(made: Made) -> None:
    series = rows_of(made.tier, "imaging_series")
    assert {row["manufacturer"] for row in series} == {"ACME"}
    assert {row["series_description"] for row in series} == {"COMMON WORDS"}
    assert {row["site_text"] for row in series} == {None}
    studies = rows_of(made.tier, "imaging_study")
    assert {row["main_modality"] for row in studies} == {"CT"}
    assert {row["study_description"] for row in studies} == {None}, "allowed, but each names somebody"
    # Four women and four men are fewer than k.
    assert {row["patient_sex"] for row in studies} == {None}
    assert {row["condition_code"] for row in rows_of(made.tier, "imaging_study_diagnosis")} == {"I10", "E11+9", None}
    assert {row["procedure_code"] for row in rows_of(made.tier, "imaging_study_procedure")} == {"ZBQK002"}
    columns = set(studies[0]) | set(series[0])
    assert not columns & {"patient_name", "patient_birth_date", "operators_name", "institution_name", "removed_at"}


def test_dates_move_together_and_ages_stay(made: Made) -> None:
    source = {row["ipp"]: row for row in rows_of(made.source, "imaging_study")}
    tier = rows_of(made.tier, "imaging_study")
    series = {row["study_instance_uid"]: row for row in rows_of(made.tier, "imaging_series")}
    by_time = {row["study_datetime"].time(): row for row in source.values()}
    assert len(tier) == len(by_time) == len(EVERYBODY)
    for row in tier:
        true = by_time[row["study_datetime"].time()]
        shift = row["study_datetime"] - true["study_datetime"]
        assert shift.days in {*range(-364, 0, 7), *range(7, 365, 7)}
        assert row["study_date"] == row["study_datetime"].date()
        birth, exam = true["patient_birth_date"], true["study_datetime"].date()
        years = exam.year - birth.year - ((exam.month, exam.day) < (birth.month, birth.day))
        assert row["age_at_exam"] == min(years, 90)
        found = series[row["study_instance_uid"]]
        assert (found["series_datetime"], found["series_date"]) == (row["study_datetime"], row["study_date"])
        assert found["series_time"] == f"{row['study_datetime']:%H:%M:%S}"
    assert max(row["age_at_exam"] for row in tier) == 90, "somebody is older"


def test_what_others_may_know_finds_nobody_by_dates_and_k_is_told(made: Made) -> None:
    truth = {row["study_instance_uid"]: row for row in rows_of(made.source, "imaging_study")}
    names = {hmac.digest(KEY, f"uid\x1f{uid}".encode(), "sha256").hex()[:32]: uid for uid in truth}
    tier = {names[row["study_instance_uid"]]: row for row in rows_of(made.tier, "imaging_study")}
    assert tier.keys() == truth.keys(), "who has the key can tell who is who"
    # By the true date and time, or the true date and the sex.
    for known in (("study_datetime",), ("study_date", "patient_sex")):
        assert not [uid for uid in truth if all(truth[uid][name] == tier[uid][name] for name in known)]
    # The same count of patients in groups as the run has told.
    groups: dict[tuple[Any, ...], set[str]] = {}
    for row in tier.values():
        month = f"{row['study_datetime']:%Y-%m}"
        known = (row["hospital_code"], month, row["age_at_exam"], row["patient_sex"])
        known += (row["main_modality"], row["main_body_part"])
        groups.setdefault(known, set()).add(row["ipp"])
    last = made.tier.runs("pseudonymise").orderBy("run_id").first()
    assert last is not None
    assert last["counts"]["smallest_group"] == min(map(len, groups.values()))
    assert last["counts"]["exams_in_groups_below_k"] == sum(len(g) for g in groups.values() if len(g) < PROJECT.k)


@pytest.fixture
def opened(spark: SparkSession, made: Made) -> Iterator[Config]:
    """The configuration of who reads the tier, which the session has opened."""
    from eds_spark_imaging.lake.opening import known_tables, open_lake

    config = Config(attributes=(planted.SITE_ATTRIBUTE,)).with_places(lake=str(made.place / "tier"))
    open_lake(config, "test")
    yield config
    for name in known_tables(spark):
        spark.catalog.dropTempView(name)


def test_a_reader_opens_the_tier_with_its_views_and_reports_on_it(spark: SparkSession, opened: Config) -> None:
    from eds_spark_imaging.lake.opening import is_tier, known_tables
    from eds_spark_imaging.lake.views import VIEWS
    from eds_spark_imaging.report import QUESTIONS

    assert is_tier(spark)
    there = known_tables(spark)
    assert {view.name for view in VIEWS if view.table in there} <= there
    assert spark.table("exam_with_visit").count() == len(EVERYBODY)
    for question in QUESTIONS:
        if there.issuperset(question.needs):
            assert spark.sql(question.sql).columns


def test_no_export_and_no_base_centrale_go_with_a_tier(opened: Config, tmp_path: Path) -> None:
    from eds_spark_imaging.cli.cohort import print_cohort
    from eds_spark_imaging.cli.options import Format
    from eds_spark_imaging.cohorts import Cohort
    from eds_spark_imaging.exports.words import Standard, TableFormat
    from eds_spark_imaging.pipeline import export

    for standard in Standard:
        with pytest.raises(ConfigError, match="the tier of a project"):
            export.export(opened, standard, str(tmp_path / "to"), TableFormat.PARQUET)
    assert not (tmp_path / "to").exists()
    wide = tmp_path / "wide.toml"
    wide.write_text("[cohort]\nname = 'wide'\n[[include]]\ndiagnosis = { code = ['I10'], days = [-4000, 0] }\n")
    with pytest.raises(ConfigError, match="a tier without identities cannot"):
        print_cohort(Cohort.from_toml(wide), opened.with_places(warehouse=str(tmp_path / "base")), Format.TABLE)


def test_the_tier_is_registered_with_its_views(spark: SparkSession, made: Made) -> None:
    from eds_spark_imaging.lake.lake import Lake
    from eds_spark_imaging.lake.registration import register_in_database

    lake = Lake(spark, LakeConfig(path=str(made.place / "tier")), made.source.catalogue, writable=False)
    try:
        assert "exam_with_visit" in register_in_database(lake, "of_the_tier")
        assert spark.table("of_the_tier.exam_with_visit").count() == len(EVERYBODY)
    finally:
        spark.sql("DROP DATABASE IF EXISTS of_the_tier CASCADE")


def test_maintain_leaves_a_tier_what_it_is_and_no_other_job_runs_on_it(made: Made) -> None:
    from eds_spark_imaging.pipeline.jobs import Options, run_jobs

    config = made.source.config.with_places(lake=str(made.place / "tier"))
    names = [table.name for table in made.source.catalogue if table.pseudonymised]
    before = {name: made.tier.spark.table(made.tier.lake.identifier(name)).columns for name in names}
    run_jobs(["maintain"], config, Options())
    assert before == {name: made.tier.spark.table(made.tier.lake.identifier(name)).columns for name in names}
    with pytest.raises(LakeError, match="tier of a project"):
        run_jobs(["marts"], config, Options())
    assert not bring_up_to_date(made.source, made.tier).get("rows")


def test_a_second_run_writes_nothing(made: Made) -> None:
    before = {name: made.tier.lake.version(name) for name in made.tier.catalogue.treated}  # type: ignore[attr-defined]
    assert not bring_up_to_date(made.source, made.tier).get("rows")
    after = {name: made.tier.lake.version(name) for name in before}
    assert after == before


def test_what_changes_is_brought_up_to_date(made: Made) -> None:
    """As a tier made anew: somebody new makes common what was rare, an exam is gone, a link is another one."""
    from pyspark.sql import functions as F

    assert {row["patient_sex"] for row in rows_of(made.tier, "imaging_study")} == {None}
    write(made.source, planted.people(14)[8:], "2")
    lake = made.source.lake
    studies = lake.read("imaging_study").drop("row_hash", "changed_run")
    gone = studies.where(F.col("ipp") == EVERYBODY[0].ipp).withColumn("removed_at", F.current_timestamp())
    scope = gone.select("study_instance_uid")
    lake.sync("imaging_study", gone.withColumn("number_of_series", F.lit(0).cast("bigint")), "3", scope=scope)
    for table in made.tier.catalogue.treated.keys() - {"imaging_study"}:  # type: ignore[attr-defined]
        none = lake.read(table).drop("row_hash", "changed_run").where("false")
        lake.sync(table, none, "3", scope=scope)
    linked = studies.where(F.col("ipp") == EVERYBODY[1].ipp).select("study_instance_uid", F.lit("x").alias("ipp"))
    lake.update("imaging_study", linked, ["ipp"], ("link_run", "4"))

    assert bring_up_to_date(made.source, made.tier)["rows"] > 0
    anew = tier_at(made.source, made.place / "anew")
    bring_up_to_date(made.source, anew)
    for name in made.source.catalogue.tables:
        if name in anew.catalogue.tables and name != "imaging_run":
            found, expected = (sorted(map(content, rows_of(tier, name))) for tier in (made.tier, anew))
            assert found == expected
            assert found
    assert {row["patient_sex"] for row in rows_of(made.tier, "imaging_study")} == {"F", "M"}
    assert Search(planted.people(14)).people_below(made.place / "tier", made.place / "anew") == {}


def content(row: dict[str, Any]) -> str:
    return repr({name: value for name, value in row.items() if name != "changed_run"})


def test_another_key_or_other_rules_need_another_place(made: Made) -> None:
    with pytest.raises(LakeError, match="another key"):
        bring_up_to_date(made.source, made.tier, b"k" * 32)
    config = made.source.config
    made.source.config = replace(config, projects=(replace(PROJECT, k=6),))
    try:
        with pytest.raises(LakeError, match=r"other rules \(k\)"):
            bring_up_to_date(made.source, tier_at(made.source, made.place / "tier"))
    finally:
        made.source.config = config


def test_a_column_that_does_not_say_its_treatment_stops_the_job(made: Made) -> None:
    from eds_spark_imaging.privacy.tier import TierCatalogue
    from eds_spark_imaging.tables import Catalogue

    said = {name: value for name, value in planted.SITE_ATTRIBUTE.items() if name != "treatment"}
    site = Config(attributes=(said,)).site_attributes
    with pytest.raises(ConfigError, match="site_text does not say its treatment"):
        TierCatalogue(Catalogue(site), PROJECT)
