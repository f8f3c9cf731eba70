"""A lake read by DuckDB, without Spark."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from eds_spark_imaging.cli.options import Format
from eds_spark_imaging.cli.sql import run_duckdb_query
from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import ConfigError, LakeError, QueryError
from eds_spark_imaging.lake.duckdb import open_duckdb


def config(lake: object) -> Config:
    return Config().with_places(lake=str(lake))


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Two commits; the release is of the first one, from before there were series."""
    root = tmp_path / "it's a lake"
    for path in ("/a", "/b"):
        row = pa.table({"path": [path], "source": ["s"], "status": ["parsed"], "size": [7]})
        write_deltalake(root / "dicom_file", row, mode="append")
    write_deltalake(root / "imaging_acquisition", pa.table({"study_instance_uid": ["1"], "main_modality": ["CT"]}))
    rows = {"run_id": ["1-r", "2-r"], "table_name": ["imaging_run", "dicom_file"], "version": [0, 0]}
    at = pa.array([dt.datetime(2026, 1, 31, tzinfo=dt.UTC)] * 2)
    write_deltalake(root / "imaging_release", pa.table({**rows, "released_at": at}))
    return root


def test_the_release_and_the_newest_commits(lake: Path) -> None:
    query = "SELECT path, reason, size FROM dicom_file ORDER BY path"
    assert open_duckdb(config(lake), query).execute(query).fetchall() == [("/a", None, 7)]
    live = open_duckdb(config(f"file://{lake}"), query, live=True).execute(query).fetchall()
    assert live == [("/a", None, 7), ("/b", None, 7)]
    query = "SELECT count(*) FROM Imaging_Acquisition_CT"
    assert open_duckdb(config(lake), query, live=True).execute(query).fetchall() == [(1,)]
    with pytest.raises(QueryError, match="imaging_acquisition_ct"):  # not in the release
        run_duckdb_query(config(lake), query.lower(), Format.JSON, 0, live=False)


def test_a_view_needs_every_table_that_it_joins(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "imaging_series", pa.table({"study_instance_uid": ["1"]}))
    query = "SELECT * FROM imaging_series, imaging_unmapped_description"
    connection = open_duckdb(config(tmp_path), query)
    assert connection.execute("SELECT study_instance_uid FROM imaging_series").fetchall() == [("1",)]


def test_rows_as_they_are_printed(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    query = """SELECT path, path, DATE '2026-01-31' AS day, TIMESTAMP '2026-03-29 02:30:00' AS time, NULL AS nothing,
        [1, 2] AS list, true AS yes, 1.50 AS number, released_at FROM dicom_file, imaging_release LIMIT 1"""
    run_duckdb_query(config(lake), query, Format.JSON, 0, live=False)
    assert json.loads(capsys.readouterr().out) == {
        "path": "/a",
        "path_2": "/a",
        "day": "2026-01-31",
        "time": "2026-03-29T02:30:00.000000",
        "nothing": None,
        "list": [1, 2],
        "yes": True,
        "number": 1.5,
        "released_at": "2026-01-31T01:00:00.000000+01:00",
    }
    run_duckdb_query(config(lake), "SELECT [1] AS list, NULL AS nothing, true AS yes", Format.CSV, 0, live=False)
    assert capsys.readouterr().out == "list,nothing,yes\r\n[1],,true\r\n"
    run_duckdb_query(config(lake), "SELECT path FROM dicom_file", Format.TABLE, 1, live=True)
    shown = capsys.readouterr()
    assert "| /a" in shown.out or "| /b" in shown.out
    assert "only the first 1 rows are shown" in shown.err


def test_what_cannot_be_read(lake: Path, tmp_path: Path) -> None:
    for place in ("s3://bucket/lake", "db:imaging"):
        with pytest.raises(ConfigError, match="local folder"):
            open_duckdb(config(place), "SELECT 1")
    with pytest.raises(LakeError, match="no tables"):
        open_duckdb(config(tmp_path), "SELECT 1")
    (lake / "_schema").write_text('{"version": 99, "package": "9.1"}')
    with pytest.raises(LakeError, match="upgrade"):
        open_duckdb(config(lake), "SELECT 1")


@pytest.mark.parametrize(
    "expression",
    [
        "CAST(name AS INTEGER)",
        "CAST(name AS DATE)",
        "error(name)",
        "regexp_matches('a', name)",
        "strptime(name, '%Y')",
        "json_extract(name, '$.a')",
    ],
)
def test_errors_show_no_values(tmp_path: Path, expression: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Not at once, nor in the middle of a long answer."""
    harmless = {"CAST(name AS INTEGER)": "1", "CAST(name AS DATE)": "2026-01-31", "strptime(name, '%Y')": "2026"}
    first = harmless.get(expression, "{}" if "json" in expression else "a")
    names = [first] * 250_000 + ["DUPONT(^JEAN"]
    write_deltalake(tmp_path / "dicom_instance", pa.table({"name": names}))
    given = expression if "error" not in expression else f"CASE WHEN name LIKE 'DUP%' THEN {expression} END"
    query = f"SELECT {given} AS value FROM dicom_instance"
    with pytest.raises(QueryError, match=r"^the query cannot be answered") as failed:
        run_duckdb_query(config(tmp_path), query, Format.JSON, 0, live=True)
    assert "DUPONT" not in str(failed.value) + capsys.readouterr().out
    assert failed.value.__suppress_context__


def test_a_name_of_the_query_is_shown(lake: Path) -> None:
    with pytest.raises(QueryError, match="nocolumn"):
        run_duckdb_query(config(lake), "SELECT nocolumn FROM dicom_file", Format.JSON, 0, live=True)


@pytest.mark.parametrize("query", ["", ";", "-- nothing"])
def test_an_empty_query(lake: Path, query: str) -> None:
    with pytest.raises(QueryError, match="empty"):
        run_duckdb_query(config(lake), query, Format.JSON, 0, live=True)


@pytest.mark.parametrize("table", ["dicom_file", "imaging_release"])
def test_a_damaged_log(lake: Path, table: str) -> None:
    for commit in (lake / table / "_delta_log").iterdir():
        commit.write_text("{")
    with pytest.raises(LakeError, match=f"the table {table} cannot be read"):
        open_duckdb(config(lake), "SELECT * FROM dicom_file")


def test_a_file_that_is_gone(lake: Path) -> None:
    for file in (lake / "dicom_file").glob("*.parquet"):
        file.unlink()
    with pytest.raises(LakeError, match="cannot be read"):
        run_duckdb_query(config(lake), "SELECT path FROM dicom_file", Format.JSON, 0, live=True)


def test_json_is_json(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers that JSON lacks stand in quotes, as Spark writes them; keys that are no text become one."""
    values = [
        "'NaN'::DOUBLE",
        "'Infinity'::DOUBLE",
        "'-Infinity'::FLOAT",
        "['NaN'::DOUBLE]",
        "MAP {2: DATE '2026-01-31'}",
    ]
    query = f"SELECT {', '.join(f'{value} AS v{number}' for number, value in enumerate(values))}"
    run_duckdb_query(config(lake), query, Format.JSON, 0, live=True)
    line = capsys.readouterr().out
    assert json.loads(line, parse_constant=pytest.fail) == {
        "v0": "NaN",
        "v1": "Infinity",
        "v2": "-Infinity",
        "v3": ["NaN"],
        "v4": {"2": "2026-01-31"},
    }
    run_duckdb_query(config(lake), query, Format.CSV, 0, live=True)
    assert capsys.readouterr().out.splitlines()[1].startswith('NaN,Infinity,-Infinity,"[""NaN""]"')
