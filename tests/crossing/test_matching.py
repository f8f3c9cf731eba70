"""Exams with visits, acts and reports of one patient, case by case: each says what happened and what is to be found."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from eds_spark_imaging.crossing.matching import Matches, match
from eds_spark_imaging.crossing.pairs import Pair
from eds_spark_imaging.crossing.patient import VisitKind, visit_kind
from eds_spark_imaging.crossing.workers import patient

Row = dict[str, Any]
DAY = datetime(2024, 3, 10)


def at(text: str, day: int = 0) -> datetime:
    hour, minute = map(int, text.split(":"))
    return DAY + timedelta(days=day, hours=hour, minutes=minute)


def exam(uid: str, when: datetime | None, description: str, modality: str = "CT", **more: Any) -> Row:
    row = {
        "study_instance_uid": uid, "moments": [when] if when else [], "timed": bool(when and when.time() != DAY.time()),
        "hospital_code": "066", "numbers": [], "admissions": [], "accessions": [], "orders": [],
        "modalities": [modality], "main_modality": modality, "modality": modality,
        "study_description": description, "requested_procedure_description": None, "body_part_examined": None,
        "laterality": None,
    }  # fmt: skip
    return {**row, **more}


def visit(visit_id: int, start: datetime, end: datetime | None, kind: str = "hospitalisés", **more: Any) -> Row:
    row = {"visit_id": visit_id, "number": None, "start": start, "end": end, "kind": kind, "hospitals": ["066", "PSL"]}
    return {**row, "deleted": False, **more}


def act(act_id: int, when: datetime, code: str, **more: Any) -> Row:
    return {"act_id": act_id, "at": when, "visit_id": None, "accession": None, "code": code, "hospitals": None, **more}


def report(note_id: int, when: datetime, title: str | None = None, **more: Any) -> Row:
    row = {"note_id": note_id, "at": when, "visit_id": None, "accession": None, "note_class": "CR-IMAG"}
    return {**row, "title": title, "hospitals": None, **more}


def matched(**sides: list[Row]) -> Matches:
    row = {"exams": [], "visits": [], "acts": [], "reports": [], **sides}
    return match(patient(row), report_days=30)


def accepted(pairs: list[Pair]) -> set[tuple[str, int]]:
    return {(pair.uid, pair.event_id) for pair in pairs if pair.accepted}


def ambiguous(pairs: list[Pair]) -> set[tuple[str, int]]:
    return {(pair.uid, pair.event_id) for pair in pairs if pair.ambiguous}


HEAD, CHEST, ABDOMEN = "SCANNER CEREBRAL", "SCANNER THORACIQUE", "SCANNER ABDOMINO-PELVIEN"


class TestVisits:
    def test_the_number_in_the_header_wins_over_the_interval(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), HEAD, numbers=["6600000001"])],
            visits=[
                visit(1, at("9:00", -1), at("12:00"), number="6600000001"),
                visit(2, at("9:00"), at("11:00"), "consultation", number="6600000002"),
            ],
        )
        assert accepted(found.visits) == {("1", 1)}

    def test_two_visits_that_hold_the_exam_are_ambiguous(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), HEAD)],
            visits=[visit(1, at("9:00", -1), at("12:00")), visit(2, at("9:00"), at("11:00"), "consultation")],
        )
        assert accepted(found.visits) == set()
        assert ambiguous(found.visits) == {("1", 1), ("1", 2)}

    def test_an_act_tells_which_of_two_visits(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), HEAD)],
            visits=[visit(1, at("9:00", -1), at("12:00")), visit(2, at("9:00"), at("11:00"), "consultation")],
            acts=[act(5, at("10:20"), "ACQK001", visit_id=2)],
        )
        assert accepted(found.visits) == {("1", 2)}
        assert {pair.method for pair in found.visits if pair.accepted} == {"act"}

    @pytest.mark.parametrize("place", ["numbers", "admissions"])
    def test_the_number_in_the_header_wins_over_an_act_of_the_next_visit(self, place: str) -> None:
        visits = [
            visit(1, at("8:00"), at("14:00"), "urgences", number="6612345671"),
            visit(2, at("14:00"), at("11:00", 4), number="6612345682"),
        ]
        header = {"numbers": ["6612345671"], place: ["6612345671"]}
        found = matched(
            exams=[exam("1", at("14:05"), CHEST, **header)],
            visits=visits,
            acts=[act(5, at("14:10"), "ZBQK001", visit_id=2)],
        )
        assert accepted(found.visits) == {("1", 1)}
        assert accepted(found.acts) == {("1", 5)}

    def test_an_act_put_down_to_the_next_visit_does_not_move_the_exam(self) -> None:
        visits = [visit(1, at("8:00"), at("14:00"), "urgences"), visit(2, at("14:00"), at("11:00", 4))]
        for hour, found_in in (("10:00", {("1", 1)}), ("15:00", {("1", 2)})):
            when = exam("1", at(hour), CHEST)
            found = matched(exams=[when], visits=visits, acts=[act(5, at(hour), "ZBQK001", visit_id=2)])
            assert accepted(found.visits) == found_in
            assert accepted(found.acts) == {("1", 5)}

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
            found = matched(exams=[exam("1", at("10:00", days), HEAD)], visits=[visit(1, at("8:00"), end, kind)])
            assert bool(accepted(found.visits)) == is_found

    @pytest.mark.parametrize(
        ("kind", "days", "is_found"), [("hospitalisés", 120, True), ("9999", 60, True), ("hospitalisés", 400, False)]
    )
    def test_a_long_stay_that_was_closed_holds_to_its_end(self, kind: str, days: int, is_found: bool) -> None:
        stay = visit(1, at("8:00"), at("8:00", days), kind)
        found = matched(exams=[exam("1", at("10:00", days - 2), HEAD)], visits=[stay])
        assert bool(accepted(found.visits)) == is_found

    def test_an_exam_soon_after_the_only_visit_of_its_day_was_in_it(self) -> None:
        visits = [visit(1, at("9:00"), at("9:30"), "consultation")]
        exams = [exam("1", at("11:45"), HEAD)]
        assert accepted(matched(exams=exams, visits=visits).visits) == {("1", 1)}
        assert accepted(matched(exams=[exam("1", at("18:00"), HEAD)], visits=visits).visits) == set()
        visits.append(visit(2, at("16:00"), at("16:30"), "consultation"))
        assert accepted(matched(exams=exams, visits=visits).visits) == set()

    def test_a_midnight_beside_a_time_of_the_same_day_is_no_time(self) -> None:
        visits = [visit(1, at("8:00", -4), at("11:00")), visit(2, at("14:00"), at("18:00"), "consultation")]
        exams = [exam("1", None, HEAD, moments=[DAY, at("15:00")], timed=True)]
        assert accepted(matched(exams=exams, visits=visits).visits) == {("1", 2)}

    @pytest.mark.parametrize("nothing", [datetime(1, 1, 1), datetime(9999, 12, 31)])
    def test_times_that_stand_for_none_are_none(self, nothing: datetime) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), CHEST, accessions=["A1"])],
            visits=[visit(1, nothing, None), visit(2, at("9:00"), nothing, "consultation")],
            acts=[act(5, nothing, "ZBQK001", accession="A1")],
            reports=[report(7, nothing, CHEST, accession="A1")],
        )
        assert [accepted(pairs) for pairs in found] == [{("1", 2)}, {("1", 5)}, {("1", 7)}]
        assert [pair.gap for pair in (*found.acts, *found.reports)] == [None, None]

    def test_another_hospital_is_another_visit(self) -> None:
        found = matched(exams=[exam("1", at("10:00"), HEAD, hospital_code="011")], visits=[visit(1, at("9:00"), None)])
        assert accepted(found.visits) == set()

    def test_an_exam_without_time_counts_by_its_day(self) -> None:
        found = matched(exams=[exam("1", DAY, HEAD)], visits=[visit(1, at("9:00"), at("11:00"), "consultation")])
        assert accepted(found.visits) == {("1", 1)}

    def test_visits_of_whole_days_hold_by_the_day(self) -> None:
        found = matched(exams=[exam("1", at("10:00", 1), HEAD)], visits=[visit(1, DAY, DAY + timedelta(days=1))])
        assert accepted(found.visits) == {("1", 1)}

    def test_a_stay_without_end_was_over_when_the_next_visit_began(self) -> None:
        visits = [visit(1, at("9:00"), at("9:00", 900)), visit(2, at("8:00", 5), at("9:00", 5), "urgences")]
        found = matched(exams=[exam("1", at("10:00", 4), HEAD), exam("2", at("10:00", 7), HEAD)], visits=visits)
        assert accepted(found.visits) == {("1", 1)}

    def test_an_exam_of_a_deleted_visit_was_not_in_another_one(self) -> None:
        stay = visit(1, at("9:00", -2), None)
        consultation = visit(2, at("9:30"), at("10:30"), "consultation", deleted=True)
        assert accepted(matched(exams=[exam("1", at("10:00"), HEAD)], visits=[stay]).visits) == {("1", 1)}
        found = matched(exams=[exam("1", at("10:00"), HEAD)], visits=[stay, consultation])
        assert [(pair.event_id, pair.accepted) for pair in found.visits] == [(1, False)]

    def test_a_visit_that_was_recorded_twice_and_deleted_once_is_still_there(self) -> None:
        for start in ("9:05", "7:30"):
            visits = [visit(1, at("9:00"), at("12:00")), visit(2, at(start), at("12:00"), deleted=True)]
            assert accepted(matched(exams=[exam("1", at("10:00"), HEAD)], visits=visits).visits) == {("1", 1)}

    def test_a_visit_number_with_zeros_in_front_is_the_same_and_no_accession_number(self) -> None:
        days = [visit(n, DAY, DAY, "consultation", number=f"661234567{n}") for n in (1, 2)]
        header = exam("1", at("10:00"), CHEST, admissions=["0006612345671"], accessions=["0006612345671"])
        found = matched(
            exams=[{**header, "numbers": header["admissions"]}],
            visits=days,
            acts=[act(5, at("10:05"), "ZBQK001", visit_id=1, accession="9912345678901")],
        )
        assert accepted(found.visits) == {("1", 1)}
        assert accepted(found.acts) == {("1", 5)}

    def test_the_number_of_another_visit_speaks_against_the_interval(self) -> None:
        visits = [visit(1, at("9:00"), at("12:00"), number="6600000001")]
        found = matched(
            exams=[
                exam("1", at("10:00"), HEAD, numbers=["6600000002"], admissions=["6600000002"]),
                exam("2", at("10:00"), HEAD, numbers=["A2"], admissions=["A2"]),  # no number of a visit
            ],
            visits=visits,
        )
        assert accepted(found.visits) == {("2", 1)}

    def test_an_exam_in_another_hospital_than_the_stay_was_in_the_stay_that_its_act_is_in(self) -> None:
        driven = exam("1", at("10:00"), CHEST, hospital_code="047")
        stay = visit(1, at("9:00", -3), at("12:00", 3))
        ours = act(5, at("10:20"), "ZBQK001", visit_id=1, hospitals=["066", "PSL"])
        assert accepted(matched(exams=[driven], visits=[stay]).visits) == set()
        found = matched(exams=[driven], visits=[stay], acts=[ours])
        assert accepted(found.acts) == {("1", 5)}
        assert accepted(found.visits) == {("1", 1)}
        there = visit(2, at("9:30"), at("11:00"), "consultation", hospitals=["047", "LRB"])
        assert accepted(matched(exams=[driven], visits=[stay, there], acts=[ours]).visits) == {("1", 2)}

    def test_acts_and_a_report_in_no_visit_speak_against_one_that_holds_the_exam(self) -> None:
        other = exam("2", at("10:00", 30), HEAD)
        sides = {
            "exams": [exam("1", at("10:00"), CHEST), other],
            "visits": [visit(1, at("9:00"), at("11:00"), "consultation")],
            "reports": [report(7, at("12:00"), CHEST)],
        }
        unplaced = act(5, at("10:20"), "ZBQK001")
        assert accepted(matched(acts=[unplaced], **sides).visits) == {("1", 1)}  # as in a base that keeps no visits
        sides["visits"] += [visit(2, at("9:00", 30), at("11:00", 30), "consultation")]
        placed = act(6, at("10:20", 30), "ACQK001", visit_id=2)
        assert accepted(matched(acts=[unplaced, placed], **sides).visits) == {("2", 2)}

    @pytest.mark.parametrize(("kind", "is_found"), [("hospitalisation incomplète", True), ("consultation", False)])
    def test_a_series_of_sessions_lasts_for_months(self, kind: str, is_found: bool) -> None:
        sessions = visit(1, at("9:00", -100), at("12:00", 100), kind)
        found = matched(exams=[exam("1", at("10:00"), CHEST)], visits=[sessions])
        assert bool(accepted(found.visits)) is is_found

    def test_an_act_that_was_invoiced_later_tells_which_of_two_visits(self) -> None:
        visits = [visit(n, at("9:00"), at("11:00"), "consultation") for n in (1, 2)]
        late = act(5, at("0:00", 4), "ZBQK001", visit_id=2)
        found = matched(exams=[exam("1", at("10:00"), CHEST)], visits=visits, acts=[late])
        assert accepted(found.acts) == {("1", 5)}
        assert accepted(found.visits) == {("1", 2)}


class TestActs:
    def test_acts_that_compete_go_by_the_best_total(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), HEAD), exam("2", at("10:30"), CHEST)],
            acts=[act(5, DAY, "ZBQK001"), act(6, DAY, "ACQK001")],
        )
        assert accepted(found.acts) == {("1", 6), ("2", 5)}

    def test_two_exams_and_acts_alike_are_ambiguous_with_the_right_ones_among_the_candidates(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), CHEST), exam("2", at("15:00"), CHEST)],
            acts=[act(5, DAY, "ZBQK001"), act(6, DAY, "ZBQK001")],
        )
        assert accepted(found.acts) == set()
        assert ambiguous(found.acts) == {(uid, a) for uid in ("1", "2") for a in (5, 6)}

    def test_one_exam_of_chest_and_abdomen_has_two_acts(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), "SCANNER THORACO-ABDOMINO-PELVIEN")],
            acts=[act(5, at("10:20"), "ZBQH001"), act(6, at("10:20"), "ZCQH001"), act(7, at("10:20"), "ACQH003")],
        )
        assert accepted(found.acts) == {("1", 5), ("1", 6)}

    def test_a_pet_ct_has_an_act_of_each(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), "TEP-TDM CORPS ENTIER", "PT", modalities=["CT", "PT"])],
            acts=[act(5, DAY, "ZZQL016"), act(6, DAY, "ZBQH001")],
        )
        assert accepted(found.acts) == {("1", 5), ("1", 6)}

    def test_a_pet_ct_has_an_act_of_each_though_one_has_no_hour(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), "TEP-TDM CORPS ENTIER", "PT", modalities=["CT", "PT"])],
            acts=[act(5, at("10:10"), "ZZQL016"), act(6, DAY, "ZBQH001")],
        )
        assert accepted(found.acts) == {("1", 5), ("1", 6)}

    def test_two_exams_of_one_request_share_an_act_of_several_territories(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), CHEST), exam("2", at("10:06"), ABDOMEN)],
            acts=[act(5, at("10:20"), "ZZQH033")],
        )
        assert accepted(found.acts) == {("1", 5), ("2", 5)}

    def test_two_exams_of_one_part_do_not_share(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), CHEST), exam("2", at("10:06"), CHEST)], acts=[act(5, at("10:20"), "ZBQK001")]
        )
        assert accepted(found.acts) == set()

    @pytest.mark.parametrize("code", ["YYYY600", "ZZQP004", "ACQK00104"])
    def test_supplements_reconstructions_and_anaesthesia_are_no_exams(self, code: str) -> None:
        found = matched(exams=[exam("1", at("10:00"), HEAD)], acts=[act(5, at("10:20"), code)])
        assert found.acts == []

    @pytest.mark.parametrize("code", ["ACQN001", "ZBQK002"])
    def test_another_modality_is_another_exam(self, code: str) -> None:
        found = matched(exams=[exam("1", at("10:00"), HEAD)], acts=[act(5, at("10:20"), code)])
        assert found.acts == []

    @pytest.mark.parametrize(
        ("modality", "description", "code"),
        [("DX", "OSTEODENSITOMETRIE", "PAQK007"), ("CR", "MAMMOGRAPHIE BILATERALE", "QEQK001")],
    )
    def test_images_that_a_technique_gives_besides_are_those_of_the_act_of_their_number(
        self, modality: str, description: str, code: str
    ) -> None:
        exams = [exam("1", at("10:00"), description, modality, accessions=["A1"])]
        own = act(5, at("10:05"), code, accession="A1")
        assert accepted(matched(exams=exams, acts=[own]).acts) == {("1", 5)}
        assert matched(exams=exams, acts=[{**own, "accession": None}]).acts == []

    def test_an_accession_number_wins_over_time(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), CHEST, accessions=["A1"]), exam("2", at("12:00"), CHEST, accessions=["A2"])],
            acts=[act(5, at("10:10"), "ZBQK001", accession="A2"), act(6, at("12:10"), "ZBQK001", accession="A1")],
        )
        assert accepted(found.acts) == {("1", 6), ("2", 5)}

    def test_an_act_of_next_week_is_near_at_the_most(self) -> None:
        found = matched(exams=[exam("1", at("10:00"), HEAD)], acts=[act(5, at("10:20", 7), "ACQK001")])
        assert accepted(found.acts) == set()

    def test_the_series_tell_the_day_where_the_study_has_another(self) -> None:
        found = matched(
            exams=[exam("1", None, HEAD, moments=[at("10:00", -15), at("10:00")], timed=True)],
            acts=[act(5, at("10:20"), "ACQK001")],
        )
        assert accepted(found.acts) == {("1", 5)}

    @pytest.mark.parametrize("number", ["0001234", "PSL0001234", "PSL-0001234"])
    def test_an_accession_number_with_the_prefix_of_its_hospital_or_without_is_one(self, number: str) -> None:
        own = number.replace("-", "")
        found = matched(
            exams=[exam("1", at("10:00"), CHEST, accessions=[own]), exam("2", at("10:30"), CHEST, accessions=["7"])],
            acts=[act(5, DAY, "ZBQK001", accession="PSL0001234")],
        )
        assert accepted(found.acts) == {("1", 5)}

    def test_another_number_of_the_order_may_be_the_accession_number_and_never_speaks_against(self) -> None:
        exams = [exam("1", at("10:00"), CHEST, orders=["R77"]), exam("2", at("12:00"), CHEST, orders=["R78"])]
        acts = [act(5, DAY, "ZBQK001", accession="R78"), act(6, DAY, "ZBQK001", accession="A9")]
        assert accepted(matched(exams=exams, acts=acts).acts) == {("1", 6), ("2", 5)}

    def test_two_acts_alike_of_a_day_and_one_exam_are_ambiguous(self) -> None:
        found = matched(exams=[exam("1", at("10:00"), CHEST)], acts=[act(n, DAY, "ZBQK001") for n in (5, 6)])
        assert accepted(found.acts) == set()
        assert ambiguous(found.acts) == {("1", 5), ("1", 6)}

    def test_an_act_stays_with_the_exam_that_it_suits_though_another_has_none(self) -> None:
        found = matched(
            exams=[exam("1", at("5:00", -1), CHEST), exam("2", at("8:40"), "SCANNER THORACO-ABDOMINO-PELVIEN")],
            acts=[act(5, DAY, "ZBQH001"), act(6, DAY, "ZCQH001")],
        )
        assert accepted(found.acts) == {("2", 5), ("2", 6)}

    def test_acts_dated_by_the_exam_go_by_the_minute(self) -> None:
        exams = [exam("1", at("10:00"), "THORAX FACE", "DX"), exam("2", at("10:45"), "THORAX FACE", "DX")]
        acts = [act(5, at("10:46"), "ZBQK002"), act(6, at("10:01"), "ZBQK002")]
        assert accepted(matched(exams=exams, acts=acts).acts) == {("1", 6), ("2", 5)}

    @pytest.mark.parametrize(("side", "code"), [("BILATERALE", 5), ("SEIN DROIT", 6)])
    def test_an_act_of_one_side_or_of_both(self, side: str, code: int) -> None:
        exams = [exam("1", at("10:00"), f"MAMMOGRAPHIE {side}", "MG")]
        found = matched(exams=exams, acts=[act(5, DAY, "QEQK001"), act(6, DAY, "QEQK005")])
        assert accepted(found.acts) == {("1", code)}

    def test_the_report_tells_what_was_examined_where_the_header_does_not(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), "", accessions=["A1"]), exam("2", at("11:00"), "", accessions=["A2"])],
            acts=[act(5, DAY, "ZBQK001"), act(6, DAY, "ACQK001")],
            reports=[report(7, at("15:00"), HEAD, accession="A1"), report(8, at("15:00"), CHEST, accession="A2")],
        )
        assert accepted(found.acts) == {("1", 6), ("2", 5)}

    @pytest.mark.parametrize(
        ("end", "day", "is_found"),
        [
            (at("12:00"), 6, True),  # invoiced after the visit: the day says nothing
            (at("12:00", 9), 2, True),
            (at("12:00", 9), -2, False),
        ],
    )
    def test_acts_are_coded_late_in_their_visit_or_after_it(self, end: datetime, day: int, is_found: bool) -> None:
        stay = visit(1, at("8:00", -3), end)
        found = matched(
            exams=[exam("1", at("10:00"), CHEST)], visits=[stay], acts=[act(5, at("10:00", day), "ZBQK001", visit_id=1)]
        )
        assert (accepted(found.acts) == {("1", 5)}) is is_found

    @pytest.mark.parametrize(("hour", "is_found"), [("10:40", True), ("17:00", False)])
    def test_an_exam_of_a_wrong_day_has_the_right_hour(self, hour: str, is_found: bool) -> None:
        found = matched(exams=[exam("1", at("10:00"), CHEST)], acts=[act(5, at(hour, 1), "ZBQK001")])
        assert (accepted(found.acts) == {("1", 5)}) is is_found

    @pytest.mark.parametrize("numbers", [("1234567", "1234567"), ("1234567", None)])
    def test_exams_and_acts_of_one_number_are_each_others_own(self, numbers: tuple[str | None, ...]) -> None:
        wrist, ankle = [[number] if number else [] for number in numbers]
        found = matched(
            exams=[
                exam("1", at("10:00"), "RX POIGNET", "DX", accessions=wrist),
                exam("2", at("10:10"), "RX CHEVILLE", "DX", accessions=ankle),
            ],
            acts=[
                act(5, at("10:30"), "MGQK003", accession="1234567"),
                act(6, at("10:30"), "NGQK001", accession="1234567"),
            ],
        )
        assert accepted(found.acts) == {("1", 5), ("2", 6)}


class TestReports:
    def test_the_title_tells_which_of_two(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), HEAD), exam("2", at("10:30"), CHEST)],
            reports=[report(7, at("15:00"), "SCANNER DU THORAX"), report(8, at("15:01"), "TDM CERVEAU")],
        )
        assert accepted(found.reports) == {("1", 8), ("2", 7)}

    def test_a_changed_report_is_found_by_the_day_in_its_title(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), HEAD), exam("2", at("10:00", 200), HEAD)],
            reports=[report(7, at("9:00", 300), "SCANNER CEREBRAL DU 10/03/2024")],
        )
        assert accepted(found.reports) == {("1", 7)}

    @pytest.mark.parametrize("header", ["2019001234", "PSL2019001234"])
    def test_a_late_report_is_found_by_its_number_with_a_prefix_or_without(self, header: str) -> None:
        late = report(7, at("12:00", 45), CHEST, accession="2019001234")
        found = matched(exams=[exam("1", at("10:00"), CHEST, accessions=[header])], reports=[late])
        assert accepted(found.reports) == {("1", 7)}
        other = matched(
            exams=[exam("1", at("10:00"), CHEST, accessions=[header])], reports=[{**late, "accession": "7"}]
        )
        assert other.reports == []

    def test_two_exams_compete_for_a_report_without_title(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), HEAD), exam("2", at("10:30"), CHEST)], reports=[report(7, at("15:00"))]
        )
        assert accepted(found.reports) == set()
        assert ambiguous(found.reports) == {("1", 7), ("2", 7)}

    def test_a_class_names_the_sort_of_exam(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), HEAD), exam("2", at("10:30"), "ETT", "US")],
            reports=[report(7, at("11:00"), note_class="CR-ECHO-COEUR")],
        )
        assert accepted(found.reports) == {("2", 7)}

    def test_no_report_comes_before_its_exam(self) -> None:
        found = matched(exams=[exam("1", at("10:00"), HEAD)], reports=[report(7, at("10:00", -1), HEAD)])
        assert accepted(found.reports) == set()

    def test_the_side_in_the_title_tells_which_of_two(self) -> None:
        found = matched(
            exams=[
                exam("1", at("10:00"), "GENOU DROIT", "DX", laterality="R"),
                exam("2", at("10:01"), "GENOU GAUCHE", "DX", laterality="L"),
            ],
            reports=[report(7, at("15:00"), "RADIO GENOU GAUCHE"), report(8, at("15:00"), "RADIO GENOU DROIT")],
        )
        assert accepted(found.reports) == {("1", 8), ("2", 7)}

    def test_a_report_of_the_brain_is_that_of_a_head(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), "TDM CRANE", body_part_examined="HEAD")],
            reports=[report(7, at("15:00"), "SCANNER CEREBRAL")],
        )
        assert accepted(found.reports) == {("1", 7)}
        assert ("body_part", "agree") in [(part.name, str(part.state)) for part in found.reports[0].traits]

    def test_the_report_of_a_pet_is_not_that_of_a_ct(self) -> None:
        found = matched(exams=[exam("1", at("10:00"), CHEST)], reports=[report(7, at("11:00"), "TEP-TDM CORPS ENTIER")])
        assert found.reports == []

    def test_a_modality_of_the_title_does_not_stand_against_the_accession_number(self) -> None:
        exams = [exam("1", at("10:00"), "MAMMOGRAPHIE", "CR", accessions=["A1"])]
        named = report(7, at("11:00"), "MAMMOGRAPHIE BILATERALE", accession="A1")
        assert accepted(matched(exams=exams, reports=[named]).reports) == {("1", 7)}
        assert matched(exams=exams, reports=[{**named, "accession": None}]).reports == []

    def test_exams_of_one_request_share_a_report_while_another_is_free(self) -> None:
        found = matched(
            exams=[
                exam("1", at("10:00"), CHEST, accessions=["A1"]),
                exam("2", at("10:06"), ABDOMEN, accessions=["A1"]),
                exam("3", at("9:50"), "IRM CEREBRALE", "MR", accessions=["A3"]),
            ],
            reports=[report(7, at("15:00"), accession="A1"), report(8, at("16:00"))],
        )
        assert accepted(found.reports) >= {("1", 7), ("2", 7)}

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ({"accession": "A1"}, {"accession": "A1"}),
            ({"title": CHEST, "visit_id": 1}, {"title": f"{CHEST} - ADDENDUM", "visit_id": 1}),
        ],
    )
    def test_the_first_version_of_a_report_is_the_exams(self, first: Row, second: Row) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), CHEST, accessions=["A1"])],
            reports=[report(8, at("12:00"), **first), report(7, at("15:00"), **second)],
        )
        assert accepted(found.reports) == {("1", 8)}

    def test_the_first_version_of_a_report_may_lack_the_visit_of_the_later_one(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), CHEST)],
            visits=[visit(1, at("9:00"), at("11:00"), "consultation")],
            reports=[report(8, at("12:00"), CHEST), report(7, at("15:00"), CHEST, visit_id=1)],
        )
        assert accepted(found.reports) == {("1", 8)}

    @pytest.mark.parametrize(("days", "is_version"), [(0, True), (90, False)])
    def test_a_later_report_of_one_number_is_no_other_exams(self, days: int, is_version: bool) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), CHEST, accessions=["A1"]), exam("2", at("10:00", days), HEAD)],
            reports=[report(7, at("12:00"), accession="A1"), report(8, at("13:00", days), accession="A1")],
        )
        assert (("2", 8) not in accepted(found.reports)) is is_version

    @pytest.mark.parametrize(("others", "is_found"), [((), True), (("11:00",), False)])
    def test_a_report_changed_late_is_of_the_only_exam_of_its_visit(
        self, others: tuple[str, ...], is_found: bool
    ) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), CHEST), *(exam(hour, at(hour), HEAD) for hour in others)],
            visits=[visit(1, at("9:00"), at("12:00"), "consultation")],
            reports=[report(7, at("15:00", 90), visit_id=1)],
        )
        assert (accepted(found.reports) == {("1", 7)}) is is_found

    @pytest.mark.parametrize(("visit_id", "is_found"), [(1, True), (None, False)])
    def test_a_report_without_title_within_days_is_of_the_exam_of_its_visit(
        self, visit_id: int | None, is_found: bool
    ) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), CHEST), exam("2", at("10:00", -4), HEAD)],
            visits=[visit(1, at("9:00", -5), at("12:00", 5))],
            reports=[report(7, at("15:00", 2), visit_id=visit_id), report(8, at("15:00", -4), HEAD, visit_id=1)],
        )
        assert (("1", 7) in accepted(found.reports)) is is_found

    @pytest.mark.parametrize(
        ("title", "sharers"),
        [("TDM CEREBRALE ET IRM CEREBRALE", {"1", "2"}), ("IRM CEREBRALE", {"2"})],
    )
    def test_exams_of_two_modalities_share_a_report_that_names_both(self, title: str, sharers: set[str]) -> None:
        exams = [exam("1", at("10:00"), HEAD), exam("2", at("11:30"), "IRM CEREBRALE", "MR")]
        found = matched(exams=exams, reports=[report(7, at("15:00"), title)])
        assert accepted(found.reports) == {(uid, 7) for uid in sharers}

    @pytest.mark.parametrize(("number", "is_shared"), [("061-1001288", True), ("061-1001289", False)])
    def test_exams_of_one_number_however_it_is_written_share_a_report(self, number: str, is_shared: bool) -> None:
        exams = [
            exam("1", at("10:00"), CHEST, accessions=["NCK1001288"]),
            exam("2", at("10:30"), HEAD, accessions=[number.replace("-", "")]),
        ]
        found = matched(exams=exams, reports=[report(7, at("15:00"), accession="NCK1001288")])
        assert (accepted(found.reports) == {("1", 7), ("2", 7)}) is is_shared

    def test_reports_of_two_parts_or_of_no_place_are_no_versions_of_one_another(self) -> None:
        for first, second in (({"title": CHEST}, {"title": CHEST}), ({}, {})):
            reports = [report(7, at("12:00"), **first), report(8, at("12:30"), **second)]
            found = matched(exams=[exam("1", at("10:00"), CHEST)], reports=reports)
            assert accepted(found.reports) == set()
        found = matched(
            exams=[exam("1", at("10:00"), "", accessions=["A1"])],
            reports=[report(7, at("12:00"), HEAD, accession="A1"), report(8, at("12:30"), CHEST, accession="A1")],
        )
        assert accepted(found.reports) == set()

    @pytest.mark.parametrize(("minutes", "is_shared"), [(50, True), (120, True), (600, False)])
    def test_exams_of_one_number_share_a_report_though_hours_apart(self, minutes: int, is_shared: bool) -> None:
        later = at("8:00") + timedelta(minutes=minutes)
        exams = [exam("1", at("8:00"), CHEST, accessions=["A1"]), exam("2", later, ABDOMEN, accessions=["A1"])]
        title = "SCANNER THORACO-ABDOMINO-PELVIEN"
        found = matched(exams=exams, reports=[report(7, at("19:00"), title, accession="A1")])
        assert (accepted(found.reports) == {("1", 7), ("2", 7)}) is is_shared

    @pytest.mark.parametrize(
        ("title", "sharers"), [("RADIO THORAX ET GENOU", {"1", "2"}), ("RADIO THORAX", {"1"}), (None, set())]
    )
    def test_exams_without_number_share_a_report_that_names_both_parts(
        self, title: str | None, sharers: set[str]
    ) -> None:
        exams = [exam("1", at("10:00"), "THORAX FACE", "DX"), exam("2", at("10:06"), "GENOU FACE", "DX")]
        found = matched(exams=exams, reports=[report(7, at("12:00"), title)])
        assert accepted(found.reports) == {(uid, 7) for uid in sharers}

    def test_a_report_alone_follows_on_an_exam_alone(self) -> None:
        found = matched(exams=[exam("1", at("10:00"), HEAD)], reports=[report(7, at("15:00"))])
        assert accepted(found.reports) == {("1", 7)}

    @pytest.mark.parametrize(("earlier", "is_found"), [((), True), ((-4,), False)])
    def test_a_report_of_the_next_day_that_says_nothing_is_of_an_exam_alone(
        self, earlier: tuple[int, ...], is_found: bool
    ) -> None:
        exams = [exam("1", at("10:00"), HEAD), *(exam(f"{day}", at("10:00", day), HEAD) for day in earlier)]
        found = matched(exams=exams, reports=[report(7, at("12:00", 1), hospitals=["066"])])
        assert (accepted(found.reports) == {("1", 7)}) is is_found

    def test_the_act_tells_what_was_examined_where_the_header_does_not(self) -> None:
        found = matched(
            exams=[exam("1", at("10:00"), ""), exam("2", at("15:00"), "")],
            acts=[act(5, at("10:05"), "ZBQK001"), act(6, at("15:05"), "ACQK001")],
            reports=[report(7, at("18:00"), HEAD), report(8, at("18:00"), CHEST)],
        )
        assert accepted(found.reports) == {("1", 8), ("2", 7)}

    def test_a_class_that_is_no_imaging_is_passed_over(self) -> None:
        found = matched(exams=[exam("1", at("10:00"), HEAD)], reports=[report(7, at("11:00"), note_class="CRH-HOSPI")])
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
        ("Passage aux urgences", VisitKind.EMERGENCY),
        ("Hôpital de jour", VisitKind.DAY),
        ("HDJ", VisitKind.DAY),
        ("HC", VisitKind.INPATIENT),
        ("IMP", VisitKind.INPATIENT),  # HL7 ActCode
        ("EMER", VisitKind.EMERGENCY),
        ("AMB", VisitKind.CONSULTATION),
        ("9201", VisitKind.INPATIENT),  # OMOP
        ("non hospitalisé", VisitKind.OTHER),
        ("autre", VisitKind.OTHER),
        (None, VisitKind.OTHER),
    ],
)
def test_kinds_of_visits_in_the_words_of_sources(text: str | None, kind: VisitKind) -> None:
    assert visit_kind(text) is kind
