"""A base centrale in a PostgreSQL that the tests start, read over JDBC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import postgres_server
import pytest
from crossing_hospital import make_hospital
from postgres_server import PASSWORD, USER, Server
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.cli.doctor import examine
from eds_spark_imaging.config import Config, JdbcConfig, LakeConfig, TableConfig, WarehouseConfig
from eds_spark_imaging.errors import ConfigError, InputError
from eds_spark_imaging.warehouse.contract import INPUTS
from eds_spark_imaging.warehouse.reader import Warehouse

pytestmark = [pytest.mark.spark, pytest.mark.slow]  # half a minute


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("base")
    make_hospital(place, 30, 5)
    return place / "warehouse"


@pytest.fixture(scope="module")
def server(spark: SparkSession, parquet: Path) -> Iterator[Server]:
    """The server, with the tables of the hospital under the names that an export has."""
    try:
        with postgres_server.server() as running:
            spark.sql(f"ADD JAR '{running.driver}'")
            for folder in parquet.iterdir():
                name = {"procedure_occurrence": "procedure", "condition_occurrence": "condition"}.get(
                    folder.name, folder.name
                )
                writer = spark.read.parquet(str(folder)).write.format("jdbc").option("url", running.url)
                writer = writer.option("driver", "org.postgresql.Driver").option("user", USER)
                writer.option("password", PASSWORD).option("dbtable", name).save()
            yield running
    except postgres_server.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def config(server: Server, tmp_path: Path) -> WarehouseConfig:
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n")
    return WarehouseConfig(jdbc=JdbcConfig(server.url, user=USER, password_file=str(secret), partitions=4))


def test_all_tables_are_those_of_a_folder(spark: SparkSession, config: WarehouseConfig, parquet: Path) -> None:
    read, expected = Warehouse(spark, config), Warehouse(spark, WarehouseConfig(path=str(parquet)))
    compared = 0
    for name in INPUTS:
        ours, theirs = read.table(name), expected.table(name)
        assert (ours is None) == (theirs is None)
        if ours is not None and theirs is not None:
            assert ours.dtypes == theirs.dtypes
            assert sorted(map(repr, ours.collect())) == sorted(map(repr, theirs.collect()))
            compared += ours.count()
    assert compared > 300


def test_tables_are_read_in_parts_by_their_key(spark: SparkSession, config: WarehouseConfig) -> None:
    acts = Warehouse(spark, config).rows("procedure_occurrence")
    assert acts is not None
    by_part = acts.groupBy(F.spark_partition_id()).count().collect()
    assert len(by_part) == 4
    assert sum(row["count"] for row in by_part) == acts.count()


def test_column_and_bounds_may_be_given(spark: SparkSession, config: WarehouseConfig) -> None:
    by_person = TableConfig(partition_column="PERSON_ID", bounds=(5000, 5060))
    acts = Warehouse(spark, replace(config, tables={"procedure_occurrence": by_person})).rows("procedure_occurrence")
    whole = Warehouse(spark, config).rows("procedure_occurrence")
    assert acts is not None
    assert whole is not None
    # A person's acts lie in one part; what is outside the bounds is read too.
    placed = acts.select("person_id", F.spark_partition_id().alias("part")).distinct().collect()
    assert len(placed) == len({row["person_id"] for row in placed})
    assert len({row["part"] for row in placed}) == 4
    assert acts.count() == whole.count()
    text = TableConfig(partition_column="procedure_source_value")
    with pytest.raises(ConfigError, match="no column of numbers"):
        Warehouse(spark, replace(config, tables={"procedure_occurrence": text})).rows("procedure_occurrence")


def test_times_with_zone_are_instants_and_times_without_are_not(
    spark: SparkSession, config: WarehouseConfig, server: Server
) -> None:
    rows = [(1, 1, datetime(2024, 3, 31, 1, 0, tzinfo=UTC), datetime(2024, 3, 31, 2, 30))]
    columns = "visit_occurrence_id bigint, person_id bigint, visit_start_datetime timestamp, visit_end_datetime"
    frame = spark.createDataFrame(rows, f"{columns} timestamp_ntz")
    writer = frame.write.format("jdbc").option("url", server.url).option("driver", "org.postgresql.Driver")
    writer = writer.option("user", USER).option("password", PASSWORD)
    writer.option("dbtable", "zoned").save()
    zoned = replace(config, tables={"visit_occurrence": TableConfig("zoned")})
    (row,) = Warehouse(spark, zoned).required("visit_occurrence").collect()
    assert row.visit_start_datetime == datetime(2024, 3, 31, 3, 0)
    assert row.visit_end_datetime == datetime(2024, 3, 31, 2, 30)


def test_doctor_looks_into_the_database(
    spark: SparkSession, config: WarehouseConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    examine(Config(lake=LakeConfig(path=str(tmp_path / "lake")), warehouse=config))
    said = capsys.readouterr().out
    assert "ok    base centrale:" in said
    assert "visit_detail: an optional table is not there" in said
    assert PASSWORD not in said


def test_the_password_is_shown_nowhere(spark: SparkSession, config: WarehouseConfig) -> None:
    rows = Warehouse(spark, config).rows("person")
    assert rows is not None
    assert PASSWORD not in repr(config) + str(asdict(config))
    plan = rows._jdf.queryExecution()
    assert PASSWORD not in plan.toString() + plan.logical().toString() + plan.optimizedPlan().toJSON()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"user": "nobody"}, "user or password refused"),
        ({"url": "jdbc:postgresql://127.0.0.1:1/postgres"}, "no connection"),
        ({"driver": "org.nowhere.Driver"}, "is not on Spark's class path"),
        ({"schema": "elsewhere"}, "no table person"),
    ],
)
def test_what_is_wrong_is_one_line(
    spark: SparkSession, config: WarehouseConfig, change: dict[str, str], reason: str
) -> None:
    assert config.jdbc is not None
    broken = replace(config, jdbc=replace(config.jdbc, **change))
    with pytest.raises(InputError, match=reason) as caught:
        Warehouse(spark, broken).required("person")
    assert PASSWORD not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_such_database(spark: SparkSession, config: WarehouseConfig, server: Server) -> None:
    assert config.jdbc is not None
    url = server.url.rsplit("/", 1)[0] + "/nothing"
    with pytest.raises(InputError, match="no such database"):
        Warehouse(spark, replace(config, jdbc=replace(config.jdbc, url=url))).required("person")
