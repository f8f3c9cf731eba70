"""What the twenty questions of the guide must answer, from the truth of a synthetic hospital and its files.

Exams that pydicom ships are in the lake too; they belong to no hospital and no patient. Where headers are defective on
purpose, what the lake can know differs from the truth: those answers are compared within a share.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import pydicom

GUIDE = Path(__file__).parents[2] / "docs" / "analyst-guide.md"
Rows = Sequence[Mapping[str, Any]]
Check = Callable[["Hospital", Rows], None]


def questions() -> dict[int, str]:
    """The queries by the numbers of their headings."""
    text = GUIDE.read_text(encoding="utf-8")
    found = re.findall(r"^### (\d+)\. .*?```sql\n(.*?)```", text, re.MULTILINE | re.DOTALL)
    return {int(number): query for number, query in found}


@dataclass(frozen=True)
class Hospital:
    """A synthetic hospital, in the folder of its truth."""

    folder: Path

    def truth(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "truth" / f"{name}.parquet")

    def warehouse(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "warehouse" / name / "*.parquet")

    @cached_property
    def exams(self) -> list[dict[str, Any]]:
        return self.truth("exam").to_dicts()

    @cached_property
    def exam(self) -> dict[str, dict[str, Any]]:
        return {exam["study_instance_uid"]: exam for exam in self.exams}

    @cached_property
    def headers(self) -> dict[str, pydicom.Dataset]:
        """Readable files of exams by their SOPInstanceUID, copies once."""
        files = self.truth("file").filter(pl.col("expected_status").is_in(["parsed", "duplicate"]))
        files = files.filter(
            pl.col("sop_instance_uid").is_not_null() & ~pl.col("path").str.contains(".zip", literal=True)
        )
        paths = {row["sop_instance_uid"]: row["path"] for row in files.to_dicts()}
        return {uid: pydicom.dcmread(self.folder / path, stop_before_pixels=True) for uid, path in paths.items()}

    @cached_property
    def series(self) -> dict[str, list[pydicom.Dataset]]:
        found: dict[str, list[pydicom.Dataset]] = {}
        for header in self.headers.values():
            found.setdefault(header.SeriesInstanceUID, []).append(header)
        return found

    def known(self, rows: Rows) -> list[Mapping[str, Any]]:
        """Rows of exams of the hospital."""
        return [row for row in rows if row["study_instance_uid"] in self.exam]


def close(found: Mapping[Any, float], expected: Mapping[Any, float], share: float) -> None:
    """The counts differ by no more than the share of all, and there are some."""
    off = sum(abs(found.get(key, 0) - expected.get(key, 0)) for key in {*found, *expected})
    assert sum(expected.values()) > 0
    assert off <= share * sum(expected.values()), (dict(found), dict(expected))


def found_again(found: Iterable[Any], expected: Iterable[Any], *, precision: float, recall: float) -> None:
    found, expected = set(found), set(expected)
    assert found
    assert expected
    assert len(found & expected) >= precision * len(found), found - expected
    assert len(found & expected) >= recall * len(expected), expected - found


def by_hospital(hospital: Hospital, rows: Rows) -> None:
    found = {(row["hospital_code"], row["main_modality"]): row["exams"] for row in rows if row["hospital_code"]}
    assert found == Counter((exam["hospital"], exam["modality"]) for exam in hospital.exams)


def by_year(hospital: Hospital, rows: Rows) -> None:
    found: Counter[int] = Counter()
    for row in rows:
        found[row["year"]] += row["exams"] if row["hospital_code"] else 0
    close(found, Counter(exam["wall_clock"].year for exam in hospital.exams), 0.2)


def with_word(hospital: Hospital, rows: Rows) -> None:
    told = hospital.truth("header").filter(pl.col("study_description").str.to_lowercase().str.contains("thorax"))
    exams = {uid for uid in told["study_instance_uid"] if hospital.exam[uid]["modality"] == "CT"}
    found_again((row["study_instance_uid"] for row in hospital.known(rows)), exams, precision=1, recall=1)


def of_the_chest(hospital: Hospital, rows: Rows) -> None:
    exams = (exam["study_instance_uid"] for exam in hospital.exams if exam["body_part"].startswith("CHEST"))
    found_again((row["study_instance_uid"] for row in hospital.known(rows)), exams, precision=0.95, recall=0.9)


def of_a_patient(hospital: Hospital, rows: Rows) -> None:
    uids = {exam["study_instance_uid"] for exam in hospital.exams if exam["ipp"] == somebody(hospital)}
    assert {row["study_instance_uid"] for row in rows} == uids


def somebody(hospital: Hospital) -> str:
    """The IPP of a patient with several exams, of which all can be told by the headers."""
    exams: dict[str, list[dict[str, Any]]] = {}
    for exam in hospital.exams:
        exams.setdefault(exam["ipp"], []).append(exam)
    plain = {ipp: own for ipp, own in exams.items() if ipp and all(e["correctly_attached"] for e in own)}
    return max(plain, key=lambda ipp: (len(plain[ipp]), ipp))


def by_status(hospital: Hospital, rows: Rows) -> None:
    found: Counter[str] = Counter()
    for row in rows:
        found[row["link_status"]] += row["exams"]
    assert found["not_a_patient"] >= sum(not exam["is_patient"] for exam in hospital.exams)
    knowable = sum(exam["person_knowable_with_identity"] for exam in hospital.exams)
    assert 0.9 * knowable <= found["linked"] + found["linked_recovered"] <= len(hospital.exams)


def recovered(hospital: Hospital, rows: Rows) -> None:
    exams = hospital.known(rows)
    assert exams
    wrong = [row for row in exams if not hospital.exam[row["study_instance_uid"]]["correctly_attached"]]
    assert len(wrong) >= 0.5 * len(exams)
    right = [row for row in exams if row["person_id"] in hospital.exam[row["study_instance_uid"]]["person_ids"]]
    assert len(right) >= 0.95 * len(exams)


def by_visit(hospital: Hospital, rows: Rows) -> None:
    visits = hospital.warehouse("visit_occurrence")
    kinds = dict(zip(visits["visit_occurrence_id"], visits["visit_source_value"], strict=True))
    expected = Counter(kinds[e["visit_occurrence_id"]] for e in hospital.exams if e["visit_occurrence_id"] in kinds)
    found = {row["visit_source_value"]: row["exams"] for row in rows if row["visit_source_value"]}
    close(found, expected, 0.35)


def by_act(hospital: Hospital, rows: Rows) -> None:
    exams = [e for e in hospital.exams if e["modality"] == "CT" and e["procedure_occurrence_ids"] and e["is_patient"]]
    close({row["procedure_code"]: row["exams"] for row in rows}, Counter(e["ccam_code"] for e in exams), 0.45)
    assert {row["procedure_code"] for row in rows} & {e["ccam_code"] for e in exams}


def with_report(hospital: Hospital, rows: Rows) -> None:
    found = sum(row["with_report"] for row in rows)
    expected = sum(exam["note_id"] is not None for exam in hospital.exams)
    assert 0.6 * expected <= found <= expected


def without_act(hospital: Hospital, rows: Rows) -> None:
    none = [e["study_instance_uid"] for e in hospital.exams if not e["procedure_occurrence_ids"] and e["is_patient"]]
    found_again((row["study_instance_uid"] for row in hospital.known(rows)), none, precision=0.4, recall=0.4)


def without_exam(hospital: Hospital, rows: Rows) -> None:
    with_exam = {act for exam in hospital.exams for act in exam["procedure_occurrence_ids"]}
    acts = {row["procedure_occurrence_id"] for row in rows}
    assert acts <= set(hospital.warehouse("procedure_occurrence")["procedure_occurrence_id"])
    assert len(acts - with_exam) >= 0.5 * len(acts) > 0


def near_cancer(hospital: Hospital, rows: Rows) -> None:
    exams = {row["study_instance_uid"]: row for row in rows}
    surviving = {p: row["person_id"] for row in hospital.truth("person").to_dicts() for p in row["person_ids"]}
    dates: dict[int, list[tuple[dt.date, str]]] = {}
    for row in _active_conditions(hospital):
        if row["code"].startswith("C"):
            dates.setdefault(surviving.get(row["person_id"], row["person_id"]), []).append((row["day"], row["code"]))
    for row in exams.values():
        gaps = {abs((day - row["study_datetime"].date()).days): code for day, code in dates[row["person_id"]]}
        assert abs(row["days"]) == min(gaps) <= 30
    expected = {
        exam["study_instance_uid"]
        for exam in hospital.exams
        if exam["modality"] == "CT"
        and exam["person_id"] in dates
        and min(abs((day - exam["wall_clock"].date()).days) for day, _ in dates[exam["person_id"]]) <= 30
    }
    found_again(exams, expected, precision=0.8, recall=0.6)


def _active_conditions(hospital: Hospital) -> list[dict[str, Any]]:
    frame = hospital.warehouse("condition_occurrence").filter(pl.col("row_status_source_value") != "supprimé")
    local = pl.col("condition_start_datetime").dt.convert_time_zone("Europe/Paris").dt.date().alias("day")
    code = pl.col("condition_source_value").str.replace_all(r"[.\s]", "").str.to_uppercase().alias("code")
    return frame.with_columns(local, code).to_dicts()


def with_pneumonia(hospital: Hospital, rows: Rows) -> None:
    (row,) = rows
    stays = {
        c["visit_occurrence_id"]
        for c in _active_conditions(hospital)
        if c["code"].startswith("J18") and c["condition_status_source_value"] in ("DP", "DR")
    }
    exams = [exam for exam in hospital.exams if exam["visit_occurrence_id"] in stays and exam["is_patient"]]
    assert 0.6 * len(exams) <= row["exams"] <= len(exams) + 2
    assert 0 < row["patients"] <= row["visits"] <= row["exams"]


def by_voltage(hospital: Hospital, rows: Rows) -> None:
    expected: Counter[tuple[str | None, float | None]] = Counter()
    for headers in hospital.series.values():
        if headers[0].Modality == "CT":
            voltage = headers[0].get("KVP")
            model = headers[0].get("ManufacturerModelName") or None
            expected[model, None if voltage in (None, "") else float(voltage)] += 1
    found = {(row["manufacturer_model_name"], row["kvp"]): row["series"] for row in rows}
    assert expected
    assert all(found.get(key, 0) >= count for key, count in expected.items()), (found, expected)


def volumes(hospital: Hospital, rows: Rows) -> None:
    from highdicom.spatial import get_series_volume_positions

    asked = [row for row in rows if row["series_instance_uid"] in hospital.series]
    assert asked
    for row in asked:
        headers = [h for h in hospital.series[row["series_instance_uid"]] if "ImagePositionPatient" in h]
        spacing = get_series_volume_positions(headers, orientation_tol=1e-6)[0]
        if row["is_regular_volume"]:
            assert spacing is not None
            assert abs(row["slice_spacing"] - spacing) <= 0.01 * spacing
            assert row["slice_count"] == len(headers)


def sizes(hospital: Hospital, rows: Rows) -> None:
    series: dict[str, set[str]] = {}
    for header in hospital.headers.values():
        series.setdefault(header.StudyInstanceUID, set()).add(header.SeriesInstanceUID)
    (row,) = [row for row in rows if row["main_modality"] == "MG"]
    of_kind = [len(series[e["study_instance_uid"]]) for e in hospital.exams if e["modality"] == "MG"]
    assert row["exams"] == len(of_kind)
    assert abs(row["series"] - sum(of_kind) / len(of_kind)) < 1e-9


def out_of_hours(hospital: Hospital, rows: Rows) -> None:
    night = Counter(
        exam["hospital"]
        for exam in hospital.exams
        if exam["wall_clock"].weekday() >= 5 or not 8 <= exam["wall_clock"].hour < 18
    )
    close({row["hospital_code"]: row["out_of_hours"] for row in rows if row["hospital_code"]}, night, 0.3)
    assert all(row["in_hours"] + row["out_of_hours"] <= row["exams"] for row in rows)


def trend(hospital: Hospital, rows: Rows) -> None:
    rows = [row for row in rows if row["hospital_code"]]
    kept = sum(row["exams"] for row in rows)
    assert 0.3 * len(hospital.exams) <= kept <= len(hospital.exams)
    months = Counter((exam["hospital"], exam["wall_clock"].date().replace(day=1)) for exam in hospital.exams)
    right = sum(row["exams"] for row in rows if (row["hospital_code"], _day(row["month"])) in months)
    assert right >= 0.8 * kept


def _day(value: dt.date | dt.datetime) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


def files(hospital: Hospital, rows: Rows) -> None:
    found: Counter[str] = Counter()
    for row in rows:
        if row["source"] != "pydicom":
            found["read" if row["status"] in ("parsed", "duplicate") else row["status"]] += row["files"]
    told = Counter(
        "read" if status in ("parsed", "duplicate") else status for status in hospital.truth("file")["expected_status"]
    )
    close(found, told, 0.02)


_IN_ORDER: tuple[Check, ...] = (
    *(by_hospital, by_year, with_word, of_the_chest, of_a_patient, by_status, recovered),
    *(by_visit, by_act, with_report, without_act, without_exam, near_cancer, with_pneumonia),
    *(by_voltage, volumes, sizes, out_of_hours, trend, files),
)
CHECKS = dict(enumerate(_IN_ORDER, start=1))
