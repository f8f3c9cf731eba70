"""Exams with visits, acts and reports of one patient, case by case: each says what happened and what is to be found."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from eds_spark_imaging.crossing.pairs import Pair
from eds_spark_imaging.crossing.patient import VisitKind, visit_kind
from eds_spark_imaging.crossing.settle import Settled, settle
from eds_spark_imaging.crossing.workers import patient

Row = dict[str, Any]
DAY = datetime(2024, 3, 10)


def at(text: str, day: int = 0) -> datetime:
    hour, minute = map(int, text.split(":"))
    return DAY + timedelta(days=day, hours=hour, minutes=minute)


def exam(uid: str, when: datetime | None, description: str, modality: str = "CT", **more: Any) -> Row:
    row = {
        "study_instance_uid": uid, "moments": [when] if when else [], "timed": bool(when and when.time() != DAY.time()),
        "hospital_code": "066", "numbers": [], "accessions": [], "modalities": [modality], "main_modality": modality,
        "modality": modality, "study_description": description, "requested_procedure_description": None,
        "body_part_examined": None, "laterality": None,
    }  # fmt: skip
    return {**row, **more}


def visit(visit_id: int, start: datetime, end: datetime | None, kind: str = "hospitalisés", **more: Any) -> Row:
    row = {"visit_id": visit_id, "number": None, "start": start, "end": end, "kind": kind, "hospitals": ["066", "PSL"]}
    return {**row, **more}


def act(act_id: int, when: datetime, code: str, **more: Any) -> Row:
    return {"act_id": act_id, "at": when, "visit_id": None, "accession": None, "code": code, "hospitals": None, **more}


def report(note_id: int, when: datetime, title: str | None = None, **more: Any) -> Row:
    row = {"note_id": note_id, "at": when, "visit_id": None, "accession": None, "note_class": "CR-IMAG"}
    return {**row, "title": title, "hospitals": None, **more}


def settled(**sides: list[Row]) -> Settled:
    row = {"exams": [], "visits": [], "acts": [], "reports": [], **sides}
    return settle(patient(row), report_days=30)


def accepted(pairs: list[Pair]) -> set[tuple[str, int]]:
    return {(pair.uid, pair.event_id) for pair in pairs if pair.accepted}


def ambiguous(pairs: list[Pair]) -> set[tuple[str, int]]:
    return {(pair.uid, pair.event_id) for pair in pairs if pair.ambiguous}


HEAD, CHEST, ABDOMEN = "SCANNER CEREBRAL", "SCANNER THORACIQUE", "SCANNER ABDOMINO-PELVIEN"


class TestVisits:
    def test_the_number_in_the_header_wins_over_the_interval(self) -> None:
        found = settled(
            exams=[exam("1", at("10:00"), HEAD, numbers=["6600000001"])],
            visits=[
                visit(1, at("9:00", -1), at("12:00"), number="6600000001"),
                visit(2, at("9:00"), at("11:00"), "consultation", number="6600000002"),
            ],
        )
        assert accepted(found.visits) == {("1", 1)}

    def test_two_visits_that_hold_the_exam_are_ambiguous(self) -> None:
        found = settled(
            exams=[exam("1", at("10:00"), HEAD)],
            visits=[visit(1, at("9:00", -1), at("12:00")), visit(2, at("9:00"), at("11:00"), "consultation")],
        )
        assert accepted(found.visits) == set()
        assert ambiguous(found.visits) == {("1", 1), ("1", 2)}

    def test_an_act_tells_which_of_two_visits(self) -> None:
        found = settled(
            exams=[exam("1", at("10:00"), HEAD)],
            visits=[visit(1, at("9:00", -1), at("12:00")), visit(2, at("9:00"), at("11:00"), "consultation")],
            acts=[act(5, at("10:20"), "ACQK001", visit_id=2)],
        )
        assert accepted(found.visits) == {("1", 2)}
        assert {pair.method for pair in found.visits if pair.accepted} == {"act"}

    @pytest.mark.parametrize(
        ("kind", "days", "is_found"),
        [
            ("hospitalisés", 5, True),
            ("hospitalisés", 400, False),  # open for years: it says nothing
            ("consultation externe", 0, True),
            ("consultation externe", 5, False),
            ("urgences", 1, True),
        ],
    )
    def test_a_visit_without_end_holds_for_as_long_as_its_kind_lasts(
        self, kind: str, days: int, is_found: bool
    ) -> None:
        for end in (None, at("8:00", 2000)):
            found = settled(exams=[exam("1", at("10:00", days), HEAD)], visits=[visit(1, at("8:00"), end, kind)])
            assert bool(accepted(found.visits)) == is_found

    def test_another_hospital_is_another_visit(self) -> None:
        found = settled(exams=[exam("1", at("10:00"), HEAD, hospital_code="011")], visits=[visit(1, at("9:00"), None)])
        assert accepted(found.visits) == set()

    def test_an_exam_without_time_counts_by_its_day(self) -> None:
        found = settled(exams=[exam("1", DAY, HEAD)], visits=[visit(1, at("9:00"), at("11:00"), "consultation")])
        assert accepted(found.visits) == {("1", 1)}


class TestActs:
    def test_acts_that_compete_go_by_the_best_total(self) -> None:
        found = settled(
            exams=[exam("1", at("10:00"), HEAD), exam("2", at("10:30"), CHEST)],
            acts=[act(5, DAY, "ZBQK001"), act(6, DAY, "ACQK001")],
        )
        assert accepted(found.acts) == {("1", 6), ("2", 5)}

    def test_two_exams_and_acts_alike_are_ambiguous_with_the_right_ones_among_the_candidates(self) -> None:
        found = settled(
            exams=[exam("1", at("10:00"), CHEST), exam("2", at("15:00"), CHEST)],
            acts=[act(5, DAY, "ZBQK001"), act(6, DAY, "ZBQK001")],
        )
        assert accepted(found.acts) == set()
        assert ambiguous(found.acts) == {(uid, a) for uid in ("1", "2") for a in (5, 6)}

    def test_one_exam_of_chest_and_abdomen_has_two_acts(self) -> None:
        found = settled(
            exams=[exam("1", at("10:00"), "SCANNER THORACO-ABDOMINO-PELVIEN")],
            acts=[act(5, at("10:20"), "ZBQH001"), act(6, at("10:20"), "ZCQH001"), act(7, at("10:20"), "ACQH003")],
        )
        assert accepted(found.acts) == {("1", 5), ("1", 6)}

    def test_a_pet_ct_has_an_act_of_each(self) -> None:
        found = settled(
            exams=[exam("1", at("10:00"), "TEP-TDM CORPS ENTIER", "PT", modalities=["CT", "PT"])],
            acts=[act(5, DAY, "ZZQL016"), act(6, DAY, "ZBQH001")],
        )
        assert accepted(found.acts) == {("1", 5), ("1", 6)}

    def test_two_exams_of_one_request_share_an_act_of_several_territories(self) -> None:
        found = settled(
            exams=[exam("1", at("10:00"), CHEST), exam("2", at("10:06"), ABDOMEN)],
            acts=[act(5, at("10:20"), "ZZQH033")],
        )
        assert accepted(found.acts) == {("1", 5), ("2", 5)}

    def test_two_exams_of_one_part_do_not_share(self) -> None:
        found = settled(
            exams=[exam("1", at("10:00"), CHEST), exam("2", at("10:06"), CHEST)], acts=[act(5, at("10:20"), "ZBQK001")]
        )
        assert accepted(found.acts) == set()

    @pytest.mark.parametrize("code", ["YYYY600", "ZZQP004", "ACQK00104"])
    def test_supplements_reconstructions_and_anaesthesia_are_no_exams(self, code: str) -> None:
        found = settled(exams=[exam("1", at("10:00"), HEAD)], acts=[act(5, at("10:20"), code)])
        assert found.acts == []

    @pytest.mark.parametrize("code", ["ACQN001", "ZBQK002"])
    def test_another_modality_is_another_exam(self, code: str) -> None:
        found = settled(exams=[exam("1", at("10:00"), HEAD)], acts=[act(5, at("10:20"), code)])
        assert found.acts == []

    def test_an_accession_number_wins_over_time(self) -> None:
        found = settled(
            exams=[exam("1", at("10:00"), CHEST, accessions=["A1"]), exam("2", at("12:00"), CHEST, accessions=["A2"])],
            acts=[act(5, at("10:10"), "ZBQK001", accession="A2"), act(6, at("12:10"), "ZBQK001", accession="A1")],
        )
        assert accepted(found.acts) == {("1", 6), ("2", 5)}

    def test_an_act_of_next_week_is_near_at_the_most(self) -> None:
        found = settled(exams=[exam("1", at("10:00"), HEAD)], acts=[act(5, at("10:20", 7), "ACQK001")])
        assert accepted(found.acts) == set()

    def test_the_series_tell_the_day_where_the_study_has_another(self) -> None:
        found = settled(
            exams=[exam("1", None, HEAD, moments=[at("10:00", -15), at("10:00")], timed=True)],
            acts=[act(5, at("10:20"), "ACQK001")],
        )
        assert accepted(found.acts) == {("1", 5)}


class TestReports:
    def test_the_title_tells_which_of_two(self) -> None:
        found = settled(
            exams=[exam("1", at("10:00"), HEAD), exam("2", at("10:30"), CHEST)],
            reports=[report(7, at("15:00"), "SCANNER DU THORAX"), report(8, at("15:01"), "TDM CERVEAU")],
        )
        assert accepted(found.reports) == {("1", 8), ("2", 7)}

    def test_a_changed_report_is_found_by_the_day_in_its_title(self) -> None:
        found = settled(
            exams=[exam("1", at("10:00"), HEAD), exam("2", at("10:00", 200), HEAD)],
            reports=[report(7, at("9:00", 300), "SCANNER CEREBRAL DU 10/03/2024")],
        )
        assert accepted(found.reports) == {("1", 7)}

    def test_two_exams_compete_for_a_report_without_title(self) -> None:
        found = settled(
            exams=[exam("1", at("10:00"), HEAD), exam("2", at("10:30"), CHEST)], reports=[report(7, at("15:00"))]
        )
        assert accepted(found.reports) == set()
        assert ambiguous(found.reports) == {("1", 7), ("2", 7)}

    def test_a_class_names_the_sort_of_exam(self) -> None:
        found = settled(
            exams=[exam("1", at("10:00"), HEAD), exam("2", at("10:30"), "ETT", "US")],
            reports=[report(7, at("11:00"), note_class="CR-ECHO-COEUR")],
        )
        assert accepted(found.reports) == {("2", 7)}

    def test_no_report_comes_before_its_exam(self) -> None:
        found = settled(exams=[exam("1", at("10:00"), HEAD)], reports=[report(7, at("10:00", -1), HEAD)])
        assert accepted(found.reports) == set()

    def test_a_class_that_is_no_imaging_is_passed_over(self) -> None:
        found = settled(exams=[exam("1", at("10:00"), HEAD)], reports=[report(7, at("11:00"), note_class="CRH-HOSPI")])
        assert found.reports == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hospitalisés", VisitKind.INPATIENT),
        ("Hospitalisation incomplète", VisitKind.DAY),
        ("urgence", VisitKind.EMERGENCY),
        ("urgences", VisitKind.EMERGENCY),
        ("consultation externe", VisitKind.CONSULTATION),
        ("consultation", VisitKind.CONSULTATION),
        ("autre", VisitKind.OTHER),
        (None, VisitKind.OTHER),
    ],
)
def test_kinds_of_visits_in_the_words_of_sources(text: str | None, kind: VisitKind) -> None:
    assert visit_kind(text) is kind
