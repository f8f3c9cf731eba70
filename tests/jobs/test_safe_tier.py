"""The tier of a project: nobody is in it, its joins hold, and what it was made by is on record."""

from __future__ import annotations

import json
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import few_attributes
import planted
import pytest
from leaks import Search

from eds_spark_imaging.config import Config, LakeConfig, ProjectConfig
from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.declaration.attribute import Attribute
from eds_spark_imaging.errors import ConfigError, LakeError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = pytest.mark.spark

EVERYBODY = planted.people(8)
KEY = b"a key that stands in no file of the tier"


def some_attributes(site: Sequence[Attribute] = ()) -> tuple[Attribute, ...]:
    """A few of each level, and the one of the site."""
    columns = {*few_attributes.COLUMNS, "site_text", "frame_of_reference_uid", "device_serial_number"}
    return tuple(a for a in declaration(site) if a.column in columns)


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
        folder = tmp_path_factory.mktemp("safe")
        planted.write_files(folder / "dicom", EVERYBODY)
        planted.write_warehouse(folder / "warehouse", EVERYBODY)
        config = Config(attributes=(planted.SITE_ATTRIBUTE,), projects=(_project(),))
        config = config.with_places((str(folder / "dicom"),), str(folder / "lake"), str(folder / "warehouse"))
        yield Made(*_make(spark, config, folder / "tier"), folder)


def _project() -> ProjectConfig:
    return ProjectConfig("heart", k=5, allow=("series_description", "study_description"))


def _make(spark: SparkSession, config: Config, place: Path) -> tuple[Context, Context]:
    from eds_spark_imaging.pipeline.build import build
    from eds_spark_imaging.pipeline.cross import cross
    from eds_spark_imaging.pipeline.index.job import index
    from eds_spark_imaging.pipeline.link import link
    from eds_spark_imaging.pipeline.parse.job import parse
    from eds_spark_imaging.pipeline.pseudonymise.job import tier_of
    from eds_spark_imaging.runs.context import Context

    source = Context(spark, config)
    for job in (index, parse, build, link, cross):
        job(source)
    tier = tier_of(source, "heart", LakeConfig(path=str(place)))
    bring_up_to_date(source, tier)
    return source, tier


def bring_up_to_date(source: Context, tier: Context, key: bytes = KEY) -> dict[str, int]:
    """Run the job; the counts of the run."""
    from eds_spark_imaging.pipeline.pseudonymise.job import bring_up_to_date as job

    job(source, tier, key)
    last = tier.runs("pseudonymise").orderBy("run_id", ascending=False).first()
    assert last is not None
    return dict(last["counts"])


def rows_of(context: Context, table: str) -> list[dict[str, Any]]:
    return [row.asDict(recursive=True) for row in context.lake.read(table).collect()]


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
    for table in ("imaging_run", "imaging_access", "imaging_link_quality"):
        assert not search.people_below(made.place / "lake" / table)
    given = rows_of(made.source, "imaging_access")
    assert [(row["access"], row["project"]) for row in given[:2]] == [("tier_begun", "heart"), ("tier_made", "heart")]
    assert given[1]["rows"] == sum(len(rows_of(made.tier, name)) for name in made.tier.catalogue.tables) - 1
    assert given[0]["given_by"] and given[0]["release"]


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
    assert {row["procedure_code"] for row in rows_of(made.tier, "imaging_study_procedure")} == {"ZBQK002", None}
    columns = set(studies[0]) | set(series[0])
    assert not columns & {"patient_name", "patient_birth_date", "operators_name", "institution_name", "removed_at"}


def test_dates_move_together_and_ages_stay(made: Made) -> None:
    source = {row["ipp"]: row for row in rows_of(made.source, "imaging_study") if row["number_of_series"] == 2}
    tier = [row for row in rows_of(made.tier, "imaging_study") if row["number_of_series"] == 2]
    diagnoses = {row["study_instance_uid"]: row for row in rows_of(made.tier, "imaging_study_diagnosis")}
    by_time = {row["study_datetime"].time(): row for row in source.values()}
    assert len(tier) == len(by_time) == len(EVERYBODY)
    for row in tier:
        true = by_time[row["study_datetime"].time()]
        shift = row["study_datetime"] - true["study_datetime"]
        assert shift.days % 7 == 0 and 0 < abs(shift.days) <= 364
        assert row["study_date"] == row["study_datetime"].date()
        birth, exam = true["patient_birth_date"], true["study_datetime"].date()
        years = exam.year - birth.year - ((exam.month, exam.day) < (birth.month, birth.day))
        assert row["age_at_exam"] == min(years, 90)
        found = diagnoses[row["study_instance_uid"]]
        assert (row["study_datetime"] - found["condition_datetime"]).days == 1
    assert max(row["age_at_exam"] for row in tier) == 90, "somebody is older"


def test_a_second_run_writes_nothing(made: Made) -> None:
    before = {name: made.tier.lake.version(name) for name in made.tier.catalogue.treated}  # type: ignore[attr-defined]
    assert not bring_up_to_date(made.source, made.tier).get("rows")
    after = {name: made.tier.lake.version(name) for name in before}
    assert after == before


def test_another_key_or_other_rules_need_another_place(made: Made) -> None:
    from eds_spark_imaging.pipeline.pseudonymise.job import tier_of

    with pytest.raises(LakeError, match="another key"):
        bring_up_to_date(made.source, made.tier, b"k" * 32)
    config = replace(made.source.config, projects=(replace(_project(), k=6),))
    made.source.config = config
    try:
        other = tier_of(made.source, "heart", LakeConfig(path=str(made.place / "tier")))
        with pytest.raises(LakeError, match=r"other rules \(k\)"):
            bring_up_to_date(made.source, other)
    finally:
        made.source.config = replace(config, projects=(_project(),))


def test_a_column_that_does_not_say_its_treatment_stops_the_job(made: Made) -> None:
    from eds_spark_imaging.privacy.tier import TierCatalogue
    from eds_spark_imaging.tables import Catalogue

    said = {name: value for name, value in planted.SITE_ATTRIBUTE.items() if name != "treatment"}
    site = Config(attributes=(said,)).site_attributes
    with pytest.raises(ConfigError, match=r"imaging_series\.site_text does not say its treatment"):
        TierCatalogue(Catalogue(site), _project())
