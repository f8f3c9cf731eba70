"""The job `link` on a lake: decisions by hand, the work list, the mart, and runs that link only what has changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from frames import Row, rows
from lakes import last_counts, open_context, write
from warehouses import write_table, write_warehouse

from eds_spark_imaging.synth import generate

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = pytest.mark.spark

LINK = ("link_status", "link_method", "ipp", "person_id", "link_verified", "link_score")


def write_exams(context: Context, exams: list[Row], run: str) -> None:
    write(context, "imaging_study", exams, run, beside_others=True)


def write_people(place: Path, *people: tuple[int, str, str, str, date, str]) -> None:
    """A base centrale of persons alone: id, IPP, family and given name, birth date, sex."""
    write_warehouse(
        place,
        person=rows(
            "person_id person_source_value year_of_birth month_of_birth day_of_birth",
            *[(number, ipp, born.year, born.month, born.day) for number, ipp, _, _, born, _ in people],
        ),
        patient_identity=rows("ipp birth_name first_given_name birth_date sex", *[person[1:] for person in people]),
    )


def link(context: Context) -> dict[str, int]:
    """Run the job; the counts of the run."""
    from eds_spark_imaging.pipeline.link import link as job

    job(context)
    return last_counts(context, "link")


def links(context: Context) -> dict[str, tuple[Any, ...]]:
    rows = context.lake.read("imaging_study").where("removed_at IS NULL").collect()
    return {row["study_instance_uid"]: tuple(row[c] for c in LINK) for row in rows}


def decide(context: Context, *rows: str) -> None:
    """As people do: by SQL."""
    columns = "study_instance_uid, ipp, decision, decided_by, decided_at"
    values = ", ".join(f"({row})" for row in rows)
    context.spark.sql(f"INSERT INTO {context.lake.identifier('link_decision')} ({columns}) VALUES {values}")


@pytest.mark.slow
def test_decisions_are_obeyed_and_told(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.pipeline.marts import marts

    warehouse = tmp_path / "warehouse"
    context = open_context(spark, tmp_path / "lake", warehouse=warehouse)
    born, both_born = date(1950, 3, 14), date(1962, 7, 21)
    write_people(
        warehouse,
        (1, "8000000001", "MARTIN", "JEAN", born, "M"),
        (2, "8000000002", "DOUBLE", "LUC", both_born, "M"),
        (3, "8000000003", "DOUBLE", "LUC", both_born, "M"),
    )
    when = datetime(2020, 1, 10, 9, 0)
    double = {"patient_name": "DOUBLE^LUC", "patient_birth_date": both_born}
    exams = {
        "right": {"patient_id": "8000000001", "patient_name": "MARTIN^JEAN", "patient_birth_date": born},
        "wrong": {"patient_id": "8000000001", "patient_name": "DURAND^ANNE", "patient_birth_date": date(1980, 5, 6)},
        "double": {**double, "study_datetime_quality": "missing", "study_datetime": None},
        "other": {"patient_id": "8000000001", "main_modality": "MR"},
    }
    common = {"study_datetime": when, "main_modality": "CT"}
    exams = {uid: {**common, **row, "study_instance_uid": uid} for uid, row in exams.items()}
    write_exams(context, list(exams.values()), "run-1")
    assert link(context)["exams_linked_again"] == 4
    assert link(context) == {"exams": 0, "exams_linked_again": 0}  # nothing is looked at where nothing has changed
    for name in ("imaging_study_link_input", "link_decision", "person_link_key"):
        context.lake.optimize(name)
    columns = "condition_occurrence_id person_id condition_start_datetime condition_source_value"
    write_table(warehouse, "condition_occurrence", rows(columns, (1, 1, when, "J18")))
    assert link(context) == {"exams": 0, "exams_linked_again": 0}  # nor where the same rows lie in other files
    write_exams(context, [exams["other"] | {"study_description": "IRM"}], "run-2")
    assert link(context) == {"exams": 1, "exams_linked_again": 0}
    assert {uid: row[:4] for uid, row in links(context).items()} == {
        "right": ("linked", "ipp", "8000000001", 1),
        "wrong": ("conflict", None, None, None),
        "double": ("ambiguous", None, None, None),
        "other": ("linked", "ipp", "8000000001", 1),
    }

    # The work list: conflicts first, each candidate beside what the header says.
    assert "imaging_link_worklist" in context.lake.register()
    listed = spark.table("imaging_link_worklist").collect()
    assert [(r.study_instance_uid, r.candidate_rank) for r in listed] == [("wrong", 1), ("double", 1), ("double", 2)]
    assert listed[0].contradictions == ["birth_date", "names", "two_traits"]
    assert (listed[0].patient_name, listed[0].candidate_ipp, listed[0].birth_date_state) == (
        "DURAND^ANNE",
        "8000000001",
        "differ",
    )
    assert {r.candidate_ipp for r in listed[1:]} == {"8000000002", "8000000003"}

    # The mart: every exam once, months only of dates that hold.
    marts(context)
    quality = context.lake.read("imaging_link_quality").collect()
    shown = {(r.main_modality, r.month, r.link_method, r.link_status): (r.exams, r.exams_verified) for r in quality}
    month = date(2020, 1, 1)
    assert shown == {
        ("CT", month, "ipp", "linked"): (1, 1),
        ("CT", month, None, "conflict"): (1, 0),
        ("CT", None, None, "ambiguous"): (1, 0),
        ("MR", month, "ipp", "linked"): (1, 0),
    }
    assert {r.link_status: r.share for r in quality if r.month and r.main_modality == "CT"} == {
        "linked": 0.5,
        "conflict": 0.5,
    }
    run = quality[0].changed_run
    marts(context)
    assert {r.changed_run for r in context.lake.read("imaging_link_quality").collect()} == {run}

    decide(
        context,
        "'right', '8000000001', 'reject', 'ana', TIMESTAMP'2024-01-01 10:00:00'",
        "'wrong', '8000000001', 'accept', 'ana', TIMESTAMP'2024-01-01 10:00:00'",
        "'double', '8000000003', 'reject', 'ana', TIMESTAMP'2024-01-01 10:00:00'",
    )
    assert link(context)["exams_linked_again"] == 3
    assert {uid: row[:4] for uid, row in links(context).items()} == {
        "right": ("unlinked_unknown_id", None, None, None),
        "wrong": ("linked", "manual", "8000000001", 1),
        "double": ("linked_recovered", "traits", "8000000002", 2),
        "other": ("linked", "ipp", "8000000001", 1),
    }
    history = context.lake.read("imaging_study_link_history").where("previous_status IS NOT NULL").collect()
    told = {r.study_instance_uid: (r.cause, r.change, r.previous_person_id, r.person_id) for r in history}
    assert told == {
        "right": ("decision", "status", 1, None),
        "wrong": ("decision", "status", None, 1),
        "double": ("decision", "status", None, 2),
    }
    with pytest.raises(Exception, match="known_decision"):
        decide(context, "'right', '8000000001', 'maybe', 'ana', TIMESTAMP'2024-01-02 10:00:00'")


class Killed(BaseException):
    """In place of a kill."""


def headers(hospital: Path) -> list[Row]:
    """Exams of the planted headers, one copy of each."""
    frame = pd.read_parquet(hospital / "truth" / "header.parquet").drop_duplicates("study_instance_uid")
    frame["hospital_code"] = frame["source"].str[:3].str.upper()
    frame["study_datetime"] = pd.to_datetime(
        frame["study_date"] + frame["study_time"].str[:6], format="%Y%m%d%H%M%S", errors="coerce"
    )
    born = pd.to_datetime(frame["patient_birth_date"], format="%Y%m%d", errors="coerce")
    frame["patient_birth_date"] = [None if day is pd.NaT else day.date() for day in born]
    frame["study_datetime"] = pd.Series(
        [None if at is pd.NaT else at.to_pydatetime() for at in frame["study_datetime"]],
        dtype=object,
        index=frame.index,
    )
    kept = [
        "study_instance_uid", "hospital_code", "study_datetime", "patient_id", "issuer_of_patient_id", "patient_name",
        "patient_birth_name", "patient_birth_date", "patient_sex", "accession_number", "admission_id",
    ]  # fmt: skip
    texts = frame[kept].replace({"": None})
    return [{k: None if v is pd.NaT else v for k, v in row.items()} for row in texts.to_dict("records")]


def edit(hospital: Path, table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    file = hospital / "warehouse" / table / "part-00000.parquet"
    change(pd.read_parquet(file, dtype_backend="numpy_nullable")).to_parquet(file, index=False)


@pytest.mark.slow  # budget: 2 minutes
def test_a_run_links_only_what_changed_and_as_a_full_run_would(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eds_spark_imaging.pipeline import link as module

    generate(tmp_path, 50, 11, with_dicom=False)
    exams = headers(tmp_path)
    truth = pd.read_parquet(tmp_path / "truth" / "exam.parquet").set_index("study_instance_uid")
    plain = truth[truth["defect"] == "none"]
    owners = list(dict.fromkeys(plain["person_id"]))
    late, merged, corrected, kept = owners[:4]
    ipp = {person: plain[plain["person_id"] == person]["ipp"].iloc[0] for person in owners[:4]}
    # A merge of two people: that the survivor has another birth date would contradict the exams of the other.
    undated = set(plain.index[plain["person_id"] == merged])
    exams = [e | {"patient_birth_date": None} if e["study_instance_uid"] in undated else e for e in exams]
    tables = {
        t: pd.read_parquet(tmp_path / "warehouse" / t / "part-00000.parquet") for t in ("person", "patient_identity")
    }
    edit(tmp_path, "person", lambda t: t[t["person_id"] != late])
    edit(tmp_path, "patient_identity", lambda t: t[t["ipp"] != ipp[late]])
    context = open_context(spark, tmp_path / "lake", warehouse=tmp_path / "warehouse")
    new, changed, removed = (plain.index[plain["person_id"] == person][0] for person in owners[4:7])
    write_exams(context, [e for e in exams if e["study_instance_uid"] != new], "run-1")
    assert link(context)["exams_linked_again"] == len(exams) - 1
    assert link(context)["exams_linked_again"] == 0
    before = links(context)

    # A person and their identity come, one is merged, one's birth date is corrected, a stay gets another number.
    edit(tmp_path, "person", lambda _: tables["person"])
    edit(tmp_path, "patient_identity", lambda _: tables["patient_identity"])

    def reidentify(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[table["ipp"] == ipp[merged], "merged_into_ipp"] = ipp[kept]
        table.loc[table["ipp"] == ipp[corrected], "birth_date"] = date(1931, 2, 3)
        return table

    edit(tmp_path, "patient_identity", reidentify)
    by_visit = [u for u, row in before.items() if row[1] == "visit_number"]
    person = before[by_visit[0]][3]
    edit(tmp_path, "visit_occurrence", lambda t: t[t["person_id"] != person])
    by_uid = {exam["study_instance_uid"]: exam for exam in exams}
    by_uid[changed]["patient_id"] = None
    by_uid[removed] |= {"removed_at": datetime(2024, 1, 1), "number_of_series": 0, "number_of_instances": 0}
    write_exams(context, [by_uid[new], by_uid[changed], by_uid[removed]], "run-2")

    def stop(name: str) -> None:
        if name == "history":
            raise Killed

    monkeypatch.setattr(module, "crash_point", stop)
    with pytest.raises(Killed):
        link(context)
    monkeypatch.undo()
    counts = link(context)
    after = links(context)
    of_person = {p: set(truth.index[truth["person_id"] == p]) - {removed} for p in (late, merged, corrected, person)}
    assert {u for u in after if after[u] != before.get(u)} >= {new, changed, by_visit[0]} | set(
        plain.index[plain["person_id"].isin([late, merged])]
    )
    assert after[new][0] == "linked"
    assert {after[u][3] for u in plain.index[plain["person_id"] == merged]} == {kept}
    assert 3 < counts["exams_linked_again"] <= counts["exams"] < len(after) / 2
    assert counts["exams_linked_again"] <= len(set().union({new, changed}, *of_person.values())) + 10

    history = context.lake.read("imaging_study_link_history").where("previous_status IS NOT NULL").toPandas()
    assert not history["study_instance_uid"].duplicated().any()
    causes = dict(zip(history["study_instance_uid"], history["cause"], strict=True))
    assert causes[changed] == "exam"
    assert {causes[u] for u in plain.index[plain["person_id"] == late]} == {"base_centrale"}

    # All of them linked anew come out the same, and nothing is left of the exam that went.
    found = {tuple(map(str, row)) for row in context.lake.read("imaging_study_person").drop("changed_run").collect()}
    spark.sql(f"DELETE FROM {context.lake.identifier('imaging_study_link_input')}")
    assert link(context)["exams_linked_again"] == len(after) == len(exams) - 1
    again = context.lake.read("imaging_study_person").drop("changed_run").collect()
    assert {tuple(map(str, row)) for row in again} == found
    assert links(context) == after
    assert removed not in {row["study_instance_uid"] for row in again}


@pytest.mark.slow  # budget: 3 minutes
@pytest.mark.filterwarnings("default")
def test_the_probabilistic_step_links_what_no_key_leads_to(spark: SparkSession, tmp_path: Path) -> None:
    pytest.importorskip("splink")
    from eds_spark_imaging.config import Config, LinkConfig

    config = Config(link=LinkConfig(probabilistic=True, probabilistic_threshold=0.8))
    context = open_context(spark, tmp_path / "lake", warehouse=tmp_path / "warehouse", config=config)
    families = [
        f"{first}{second}IER" for first in ("BAL", "CORN", "DUV", "FONT", "GREN") for second in ("ART", "OL", "UM")
    ]
    given = ["ANNE", "BRUNO", "CLARA", "DENIS", "EMMA", "FELIX", "GRACE", "HUGO", "IRENE", "JULES", "KARINE"]
    people = {
        n: (
            f"8{n:09d}",
            families[n % 15],
            given[n % 11],
            date(1940, 1, 2) + timedelta(days=n * 7919 % 21900),
            "FM"[n % 2],
        )
        for n in range(260)
    }
    write_people(tmp_path / "warehouse", *[(n, *person) for n, person in people.items()])

    def exam(n: int, *, known: bool, days: int = 0) -> Row:
        ipp, family, first, born, sex = people[n]
        traits = {
            "patient_name": f"{family}^{first}",
            "patient_birth_date": born + timedelta(days=days),
            "patient_sex": sex,
        }
        return {"study_instance_uid": str(n), "patient_id": ipp if known else None, **traits}

    lost = [exam(n, known=False, days=-1) for n in range(200, 208)]
    write_exams(context, [*(exam(n, known=True, days=int(n % 15 == 0)) for n in range(200)), *lost], "run-1")
    assert link(context)["exams_linked_again"] == 208
    found = {uid: row[:2] + row[3:5] for uid, row in links(context).items() if row[1] == "probabilistic"}
    assert found == {str(n): ("linked_recovered", "probabilistic", n, False) for n in range(200, 208)}
    link(context)
    assert {uid for uid, row in links(context).items() if row[1] == "probabilistic"} == set(found)
