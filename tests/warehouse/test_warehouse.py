"""The base centrale as sites store it: names, types, time zones, deleted rows, what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from eds_spark_imaging.config import TableConfig, WarehouseConfig
from eds_spark_imaging.errors import ConfigError, InputError
from eds_spark_imaging.tables.spec import sql_type
from eds_spark_imaging.warehouse import Warehouse
from eds_spark_imaging.warehouse.checks import Fault, check
from eds_spark_imaging.warehouse.contract import INPUTS

pytestmark = pytest.mark.spark

# Around both changes of daylight saving in Paris in 2024 and in New York (10 March, 3 November), in UTC.
INSTANTS = [
    datetime(2024, 3, 31, 0, 59, 59, tzinfo=UTC),
    datetime(2024, 3, 31, 1, 0, tzinfo=UTC),
    datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
    datetime(2024, 10, 27, 1, 30, tzinfo=UTC),
    datetime(2024, 3, 10, 7, 30, tzinfo=UTC),
    datetime(2024, 11, 3, 5, 30, tzinfo=UTC),
    datetime(2024, 11, 3, 6, 30, tzinfo=UTC),
    datetime(1931, 7, 14, 12, 0, tzinfo=UTC),
]


@pytest.fixture(params=["Europe/Paris", "UTC", "America/New_York"])
def session_zone(request: pytest.FixtureRequest, spark: SparkSession) -> Iterator[str]:
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", request.param)
    yield request.param
    spark.conf.set("spark.sql.session.timeZone", str(before))


def write(place: Path, **columns: pa.Array | list[Any]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), place)


def minimal(root: Path) -> None:
    """The four tables that must be there, each with the columns that must be."""
    write(root / "person.parquet", person_id=[1], person_source_value=["8000000001"])
    day = [datetime(2024, 1, 1)]
    write(
        root / "visit_occurrence.parquet",
        visit_occurrence_id=[1],
        person_id=[1],
        visit_start_datetime=day,
    )
    write(
        root / "condition.parquet",
        condition_occurrence_id=[1],
        person_id=[1],
        condition_start_datetime=day,
        condition_source_value=["I219"],
    )
    write(
        root / "procedure.parquet",
        procedure_occurrence_id=[1],
        person_id=[1],
        procedure_datetime=day,
        procedure_source_value=["ZBQK002"],
    )


def test_instants_become_the_wall_clock_of_the_hospital(spark: SparkSession, tmp_path: Path, session_zone: str) -> None:
    paris = [instant.astimezone(ZoneInfo("Europe/Paris")).replace(tzinfo=None) for instant in INSTANTS]
    local = [datetime(2024, 3, 31, 2, 30)] * len(INSTANTS)  # an hour that Paris never had
    write(
        tmp_path / "note.parquet",
        note_id=list(range(len(INSTANTS))),
        person_id=[1] * len(INSTANTS),
        note_datetime=pa.array(INSTANTS, pa.timestamp("us", tz="UTC")),
    )
    write(
        tmp_path / "visit_occurrence.parquet",
        visit_occurrence_id=list(range(len(INSTANTS))),
        person_id=[1] * len(INSTANTS),
        visit_start_datetime=pa.array(local, pa.timestamp("us")),
        visit_end_datetime=[instant.isoformat().replace("+00:00", "Z") for instant in INSTANTS],
    )
    warehouse = Warehouse(spark, WarehouseConfig(path=str(tmp_path)))
    notes = warehouse.required("note")
    assert dict(notes.dtypes)["note_datetime"] == "timestamp_ntz"
    assert [row.note_datetime for row in notes.orderBy("note_id").collect()] == paris
    visits = warehouse.required("visit_occurrence").orderBy("visit_occurrence_id").collect()
    assert [(row.visit_start_datetime, row.visit_end_datetime) for row in visits] == list(
        zip(local, paris, strict=True)
    )


def test_types_names_and_deleted_rows(spark: SparkSession, tmp_path: Path) -> None:
    write(
        tmp_path / "condition" / "part-0.parquet",
        condition_occurrence_id=["1", "2", "x", "4", "5"],
        PERSON_ID=["11", "12", "13", "not a number", None],
        condition_start_datetime=["2024-03-31 02:30:00", "2024-03-31", "31/03/2024", "", None],
        condition_source_value=["I219"] * 5,
        row_status_source_value=["Actif", " SUPPRIMÉ", None, "courant", "supprimé"],
    )
    write(tmp_path / "people.parquet", num=[1.0, 2.0], code=[8000000001, 8000000002], sexe=["m", "f"])
    config = WarehouseConfig(
        path=str(tmp_path),
        tables={
            "person": TableConfig(
                "people", {"person_id": "num", "person_source_value": "code", "gender_source_value": "sexe"}
            )
        },
    )
    warehouse = Warehouse(spark, config)
    conditions = warehouse.required("condition_occurrence")
    spec = INPUTS["condition_occurrence"]
    assert conditions.dtypes == [(c.name, sql_type(c.type).lower()) for c in spec]
    rows = conditions.select("condition_occurrence_id", "person_id", "condition_start_datetime", "cdm_source").collect()
    assert sorted(map(tuple, rows), key=str) == sorted(
        [(1, 11, datetime(2024, 3, 31, 2, 30), None), (4, None, None, None)], key=str
    )
    assert [
        row[0] for row in warehouse.deleted("condition_occurrence").select("condition_occurrence_id").collect()
    ] == [2, 5]
    people = warehouse.required("person").select("person_id", "person_source_value", "gender_source_value").collect()
    assert sorted(map(tuple, people)) == [(1, "8000000001", "m"), (2, "8000000002", "f")]


def test_omop_dates_stand_where_a_row_has_no_hour(spark: SparkSession, tmp_path: Path) -> None:
    hour, day = datetime(2024, 1, 2, 3, 4), date(2024, 1, 5)
    tables = {
        "visit_occurrence": ("visit_start_datetime", "visit_start_date"),
        "condition_occurrence": ("condition_start_datetime", "condition_start_date"),
        "procedure_occurrence": ("procedure_datetime", "procedure_date"),
        "note": ("note_datetime", "note_date"),
    }
    for table, (timed, dated) in tables.items():
        code = {"condition_occurrence": "condition_source_value", "procedure_occurrence": "procedure_source_value"}
        write(
            tmp_path / f"{table}.parquet",
            **{f"{table}_id": [1, 2, 3], "person_id": [1] * 3, code.get(table, "of_the_site"): ["X"] * 3},
            **{timed: pa.array([hour, None, None], pa.timestamp("us")), dated: [hour.date(), day, None]},
        )
    warehouse = Warehouse(spark, WarehouseConfig(path=str(tmp_path), layout="omop"))
    for table, (timed, _) in tables.items():
        rows = warehouse.required(table).orderBy(f"{table}_id").select(timed).collect()
        assert [row[0] for row in rows] == [hour, datetime(2024, 1, 5), None], table


def test_omop_deaths_are_a_table_of_their_own(spark: SparkSession, tmp_path: Path) -> None:
    """OMOP 5.4: DEATH has the person, death_date and, where it is known, death_datetime."""
    hour = datetime(2024, 1, 2, 3, 4)
    write(tmp_path / "person.parquet", PERSON_ID=[1, 2, 3, 4], person_source_value=["a", "b", "c", "d"])
    config = WarehouseConfig(path=str(tmp_path), layout="omop")

    def deaths() -> list[datetime | None]:
        people = Warehouse(spark, config).required("person").orderBy("person_id").collect()
        assert [row.person_id for row in people] == [1, 2, 3, 4]
        return [row.death_datetime for row in people]

    assert deaths() == [None] * 4
    before = Warehouse(spark, config).fingerprint(("person",))
    write(
        tmp_path / "death.parquet",
        person_id=pa.array([1, 2, 3, 3, 9], pa.int32()),
        death_date=[hour.date(), date(2024, 1, 5), date(2023, 1, 1), date(2024, 2, 1), hour.date()],
        death_datetime=pa.array([hour, None, None, None, None], pa.timestamp("us")),
    )
    assert Warehouse(spark, config).fingerprint(("person",)) != before
    assert deaths() == [hour, datetime(2024, 1, 5), datetime(2024, 2, 1), None]
    write(
        tmp_path / "person.parquet",
        person_id=[1, 2, 3, 4],
        person_source_value=["a", "b", "c", "d"],
        death_datetime=pa.array([None, None, None, hour], pa.timestamp("us")),
    )
    assert deaths() == [None, None, None, hour]  # a site that has the column means it


def test_omop_kinds_of_visits_are_no_numbers(spark: SparkSession, tmp_path: Path) -> None:
    said = ["6612345678", "66 1234-5671", "CONSULTATION", "9201", "HC1", None]
    ids = list(range(len(said)))
    visit: dict[str, Any] = {
        "visit_occurrence_id": ids,
        "person_id": [1] * len(ids),
        "visit_start_date": [date(2024, 1, 2)] * len(ids),
        "visit_source_value": said,
    }
    write(tmp_path / "visit_occurrence.parquet", **visit)
    config = WarehouseConfig(path=str(tmp_path), layout="omop")

    def numbers() -> list[str | None]:
        rows = Warehouse(spark, config).required("visit_occurrence").orderBy("visit_occurrence_id").collect()
        return [row.visit_occurrence_source_value for row in rows]

    assert numbers() == ["6612345678", "66 1234-5671", None, None, None, None]
    write(tmp_path / "visit_occurrence.parquet", **visit, visit_occurrence_source_value=["V1", "V2", *[None] * 4])
    assert numbers() == ["V1", "V2", None, None, None, None]


def test_omop_names_of_the_eds_go_first(spark: SparkSession, tmp_path: Path) -> None:
    day = [datetime(2024, 1, 2)]
    note: dict[str, Any] = {"note_id": [1], "person_id": [1], "note_datetime": day, "note_source_value": ["doc 77"]}
    site: dict[str, Any] = {"care_site_id": [1], "care_site_source_value": ["066"]}
    site["place_of_service_source_value"] = ["Inpatient Hospital"]
    config = WarehouseConfig(path=str(tmp_path), layout="omop")
    for own, kind in ((False, ("doc 77", "Inpatient Hospital")), (True, ("CR-IMAG", "Hôpital"))):
        more = {"note_class_source_value": ["CR-IMAG"]} if own else {}
        write(tmp_path / "note.parquet", **note, **more)
        write(tmp_path / "care_site.parquet", **site, **({"care_site_type_source_value": ["Hôpital"]} if own else {}))
        warehouse = Warehouse(spark, config)
        assert warehouse.required("note").collect()[0].note_class_source_value == kind[0]
        assert warehouse.required("care_site").collect()[0].care_site_type_source_value == kind[1]


def test_a_database_is_read_like_a_directory(spark: SparkSession, tmp_path: Path) -> None:
    minimal(tmp_path)
    spark.sql("CREATE DATABASE base_of_tests")
    try:
        for name in ("person", "visit_occurrence", "condition", "procedure"):
            spark.read.parquet(str(tmp_path / f"{name}.parquet")).write.format("parquet").saveAsTable(
                f"base_of_tests.{name}"
            )
        warehouse = Warehouse(spark, WarehouseConfig(database="base_of_tests"))
        warehouse.check()
        assert warehouse.table("patient_identity") is None
        assert [r.procedure_source_value for r in warehouse.required("procedure_occurrence").collect()] == ["ZBQK002"]
    finally:
        spark.sql("DROP DATABASE base_of_tests CASCADE")


def test_what_is_missing_is_named_in_one_line(spark: SparkSession, tmp_path: Path) -> None:
    minimal(tmp_path)

    def check() -> None:
        Warehouse(spark, WarehouseConfig(path=str(tmp_path))).check()

    check()
    assert Warehouse(spark, WarehouseConfig(path=str(tmp_path))).table("note") is None

    write(tmp_path / "note.parquet", note_id=[1], person_id=[1])
    with pytest.raises(InputError, match=r"^base centrale: table note has no column note_datetime$"):
        check()
    write(tmp_path / "note.parquet", note_id=[1], person_id=[1], note_datetime=[20240101])
    with pytest.raises(InputError, match=r"^base centrale: note.note_datetime is bigint, not a date or time$"):
        check()
    (tmp_path / "note.parquet").write_text("not Parquet")
    with pytest.raises(InputError, match=r"^base centrale: \S+note.parquet cannot be read \(\w+\)$"):
        check()
    (tmp_path / "note.parquet").unlink()
    (tmp_path / "condition.parquet").unlink()
    with pytest.raises(InputError, match="no table condition_occurrence or condition in"):
        check()


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (WarehouseConfig(path="x", layout="i2b3"), "layout 'i2b3' is not one of base_centrale, omop, i2b2"),
        (WarehouseConfig(path="x", tables={"persons": TableConfig("p")}), "no table 'persons'"),
        (WarehouseConfig(path="x", tables={"person": TableConfig(columns={"ipp": "i"})}), "no column 'ipp'"),
    ],
)
def test_a_configuration_of_unknown_names_is_refused(config: WarehouseConfig, said: str, spark: SparkSession) -> None:
    with pytest.raises(ConfigError, match=said):
        Warehouse(spark, config)


def test_the_fingerprint_tells_any_change_of_the_files_and_of_how_they_are_read(
    spark: SparkSession, tmp_path: Path
) -> None:
    root = tmp_path / "base centrale 100% é"
    minimal(root)
    config = WarehouseConfig(path=str(root))
    first = Warehouse(spark, config).fingerprint()
    assert first is not None
    assert Warehouse(spark, config).fingerprint() == first
    other_zone = WarehouseConfig(path=str(root), time_zone="UTC")
    assert Warehouse(spark, other_zone).fingerprint() != first
    write(root / "person.parquet", person_id=[2], person_source_value=["8000000002"])  # the same name and length
    assert Warehouse(spark, config).fingerprint() != first


def test_a_view_has_no_fingerprint(spark: SparkSession, tmp_path: Path) -> None:
    minimal(tmp_path)
    spark.sql("CREATE DATABASE fingerprinted")
    try:
        for file in list(tmp_path.glob("*.parquet")):
            location = tmp_path / file.stem  # a table of the metastore is a folder
            location.mkdir()
            file.rename(location / "part.parquet")
            name = {"condition": "condition_occurrence", "procedure": "procedure_occurrence"}.get(file.stem, file.stem)
            spark.sql(f"CREATE TABLE fingerprinted.{name}_files USING parquet LOCATION '{location}'")
            spark.sql(f"CREATE VIEW fingerprinted.{name} AS SELECT * FROM fingerprinted.{name}_files")
        assert Warehouse(spark, WarehouseConfig(database="fingerprinted")).fingerprint() is None
    finally:
        spark.sql("DROP DATABASE fingerprinted CASCADE")


def test_i2b2_facts_of_all_kinds_in_one_table(spark: SparkSession, tmp_path: Path) -> None:
    day = datetime(2024, 1, 2, 3, 4)
    write(tmp_path / "i2b2_patient.parquet", patient_num=[1], sex_cd=["m"], birth_date=[datetime(1950, 1, 1)])
    write(tmp_path / "i2b2_visit.parquet", encounter_num=[7], patient_num=[1], start_date=[day], end_date=[day],
          location_cd=["066"])  # fmt: skip
    concepts = ["CIM10:I219", "CCAM:ZBQK002", "UFR:066", "CR:CR-IMAG", "LAB:K"]
    write(
        tmp_path / "observation_fact.parquet",
        instance_num=[1, 2, 3, 4, 5],
        patient_num=[1] * 5,
        encounter_num=[7] * 5,
        concept_cd=concepts,
        tval_char=["DP", None, None, None, None],
        start_date=[day] * 5,
        sourcesystem_cd=["ORBIS"] * 5,
    )
    write(tmp_path / "i2b2_concept.parquet", concept_cd=["UFR:066", "CIM10:I219"], name_char=["PSL", "Infarctus"])
    warehouse = Warehouse(spark, WarehouseConfig(path=str(tmp_path), layout="i2b2"))
    warehouse.check()

    def rows(table: str, *columns: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in warehouse.required(table).select(*columns).collect()]

    condition = ("visit_occurrence_id", "condition_source_value", "condition_status_source_value")
    assert rows("condition_occurrence", *condition) == [(7, "I219", "DP")]
    assert rows("procedure_occurrence", "procedure_source_value") == [("ZBQK002",)]
    assert rows("visit_detail", "care_site_id", "visit_occurrence_id") == [(66, 7)]
    assert rows("note", "note_class_source_value", "note_datetime") == [("CR-IMAG", day)]
    assert rows("care_site", "care_site_id", "care_site_source_value", "care_site_name") == [(66, "066", "PSL")]
    visit = ("visit_occurrence_id", "person_id", "visit_start_datetime", "care_site_id")
    assert rows("visit_occurrence", *visit) == [(7, 1, day, 66)]


def test_one_row_for_each_key_and_what_is_amiss(spark: SparkSession, tmp_path: Path) -> None:
    minimal(tmp_path)
    early, late = datetime(2024, 1, 1), datetime(2024, 1, 5)
    write(
        tmp_path / "visit_occurrence.parquet",
        visit_occurrence_id=[1, 1, 1, 2, None],
        person_id=[1, 1, 1, 99, 1],
        visit_start_datetime=[early, late, early, early, early],
    )
    write(tmp_path / "procedure.parquet", procedure_occurrence_id=[1], person_id=[1], procedure_datetime=[early],
          procedure_source_value=pa.array([None], pa.string()), visit_occurrence_id=[5])  # fmt: skip
    write(tmp_path / "patient_identity.parquet",
          ipp=["8000000001", "8000000001", "8000000001", "8000000002", "8000000003"], nip=["1", "1", "2", None, None],
          merged_into_ipp=[None, None, None, "8000000001", "8999999999"])  # fmt: skip
    write(tmp_path / "care_site.parquet", care_site_id=[1, 2], care_site_source_value=["066", "PSL"])
    write(tmp_path / "fact_relationship.parquet",
          fact_id_1=[2, 9, 9], fact_id_2=[1, 1, 1], domain_concept_id_1=[57, 57, 21])  # fmt: skip
    (tmp_path / "condition.parquet").unlink()
    warehouse = Warehouse(spark, WarehouseConfig(path=str(tmp_path)))
    visits = warehouse.required("visit_occurrence").orderBy("visit_occurrence_id").collect()
    assert [(row["visit_occurrence_id"], row["visit_start_datetime"]) for row in visits] == [(1, late), (2, early)]
    findings = check(warehouse)
    found = {(f.fault, f.table, f.column): f.rows for f in findings if f.fault not in (Fault.ABSENT, Fault.UNREADABLE)}
    assert found == {
        (Fault.DUPLICATE_KEY, "visit_occurrence", "visit_occurrence_id"): 2,
        (Fault.NO_KEY, "visit_occurrence", "visit_occurrence_id"): 1,
        (Fault.ORPHAN, "visit_occurrence", "person_id"): 1,
        (Fault.ORPHAN, "procedure_occurrence", "visit_occurrence_id"): 1,
        (Fault.EMPTY_COLUMN, "procedure_occurrence", "procedure_source_value"): 1,
        (Fault.NO_DEATHS, "person", "death_datetime"): 1,
        (Fault.REPEATED, "patient_identity", "ipp, nip, nip_domain"): 1,
        (Fault.ORPHAN, "patient_identity", "merged_into_ipp"): 1,
        (Fault.ORPHAN, "fact_relationship", "fact_id_1"): 1,
    }
    stops = [str(finding) for finding in findings if finding.stops]
    assert stops == [f"base centrale: no table condition_occurrence or condition in {tmp_path}"]
    assert {f.table for f in findings if f.fault is Fault.ABSENT} == {
        "visit_detail", "note",
    }  # fmt: skip
