"""The truth against the data that it is about."""

import unicodedata
from collections import Counter, defaultdict
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from eds_spark_imaging.synth import generate

PARIS = ZoneInfo("Europe/Paris")


def headers_of(made):
    result = defaultdict(list)
    for row in made.truth("header"):
        result[row["study_instance_uid"]].append(row)
    return result


def fold(text):
    return "".join(c for c in unicodedata.normalize("NFD", text.upper()) if c.isalpha() and c.isascii())


def test_every_defect_and_every_kind_of_problem_occurs(made):
    defects = made.truth("defect")
    assert {row["kind"] for row in defects} == set(range(1, 17))
    assert [row["defect"] for row in defects if row["occurrences"] == 0] == []
    assert all(row["description"] for row in defects)


def test_defects_of_exams_are_counted(large):
    counted = Counter(name for row in large.truth("exam") for name in row["defects"])
    listed = {row["defect"]: row["occurrences"] for row in large.truth("defect")}
    assert {name: listed[name] for name in counted} == dict(counted)


@pytest.mark.parametrize("size", ["made", "large"])
def test_a_fifth_is_not_correctly_attached(size, request):
    exams = request.getfixturevalue(size).truth("exam")
    share = sum(not row["correctly_attached"] for row in exams) / len(exams)
    assert 0.17 < share < 0.24


@pytest.mark.parametrize(("rate", "low", "high"), [(0.0, 0, 0), (0.05, 0.02, 0.08), (0.4, 0.36, 0.47)])
def test_the_share_follows_the_rate(tmp_path, rate, low, high):
    summary = generate(tmp_path, 400, 2, defect_rate=rate, with_dicom=False)
    assert low <= summary.exams_not_attached / summary.exams <= high


def test_traits_are_there_in_most_headers(large):
    exams = [row for row in large.truth("exam") if row["is_patient"]]
    assert 0.82 < sum(row["traits_present"] for row in exams) / len(exams) < 0.88
    headers = headers_of(large)
    for row in exams:
        header = headers[row["study_instance_uid"]][0]
        if row["traits_present"]:
            assert header["patient_name"]
            assert header["patient_birth_date"]
            assert header["patient_sex"]


def test_attached_means_the_surviving_ipp_in_every_copy(large):
    headers = headers_of(large)
    for row in large.truth("exam"):
        copies = headers[row["study_instance_uid"]]
        assert len(copies) == 1 + row["reload"]
        ids = {header["patient_id"] for header in copies}
        assert row["correctly_attached"] == (row["ipp"] is not None and ids == {row["ipp"]})


def test_truth_points_to_rows_that_exist(large):
    people = {row["person_id"]: row["person_source_value"] for row in large.table("person")}
    visits = {row["visit_occurrence_id"]: row for row in large.table("visit_occurrence")}
    acts = {row["procedure_occurrence_id"]: row for row in large.table("procedure_occurrence")}
    notes = {row["note_id"]: row for row in large.table("note")}
    for row in large.truth("exam"):
        if not row["is_patient"]:
            assert row["person_id"] is row["ipp"] is row["visit_occurrence_id"] is row["note_id"] is None
            continue
        assert people[row["person_id"]] == row["ipp"]
        assert row["person_ids"][0] == row["person_id"]
        events = [acts[key] for key in row["procedure_occurrence_ids"]]
        events += [notes[row["note_id"]]] if row["note_id"] else []
        events += [visits[row["visit_occurrence_id"]]] if row["visit_occurrence_id"] else []
        assert all(event["person_id"] in row["person_ids"] for event in events)
        assert {event["visit_occurrence_id"] for event in events} <= {row["visit_occurrence_id"]}


def test_an_exam_lies_in_its_visit_on_the_paris_clock(large):
    visits = {row["visit_occurrence_id"]: row for row in large.table("visit_occurrence")}
    checked = 0
    for row in large.truth("exam"):
        visit = visits.get(row["visit_occurrence_id"])
        if visit is None or visit["visit_end_datetime"] is None:
            continue
        start, end = (
            visit[f"visit_{side}_datetime"].astimezone(PARIS).replace(tzinfo=None) for side in ("start", "end")
        )
        assert start <= row["wall_clock"] <= end
        checked += 1
    assert checked > 2000


def test_study_times_are_wall_clock_unless_a_defect_says_so(large):
    moved = {"study_date_absent", "study_date_before_1900", "study_date_future", "dates_disagree", "time_absent"}
    moved |= {"utc_shift", "exam_before_birth", "exam_after_death"}
    headers = headers_of(large)
    for row in large.truth("exam"):
        header = headers[row["study_instance_uid"]][0]
        written = header["study_date"] + header["study_time"]
        assert (written == row["wall_clock"].strftime("%Y%m%d%H%M%S")) == (not moved & set(row["defects"]))


def test_utc_shift_is_what_paris_is_ahead_of_utc(large):
    headers, shifts = headers_of(large), set()
    for row in large.truth("exam"):
        if "utc_shift" in row["defects"]:
            header = headers[row["study_instance_uid"]][0]
            written = datetime.strptime(header["study_date"] + header["study_time"], "%Y%m%d%H%M%S")
            ahead = row["wall_clock"].replace(tzinfo=PARIS).utcoffset()
            assert row["wall_clock"] - written == ahead
            shifts.add(ahead.total_seconds())
    assert shifts == {3600, 7200}


def check_merged(row, pid, base):
    assert pid in base["ipps"][row["person_id"]][:-1]


def check_nip(row, pid, base):
    group = base["group"][row["hospital"]]
    assert base["nips"][pid, group] in base["ipps"][row["person_id"]]


def check_variant(row, pid, base):
    assert pid != row["ipp"]
    assert row["ipp"] in "".join(pid.split())


def check_nda(row, pid, base):
    assert pid in base["ndas"].get(row["visit_occurrence_id"], pid)
    assert row["visit_status"] != "none"


def check_swapped(row, pid, base):
    differ = [k for k in range(10) if pid[k] != row["ipp"][k]]
    assert len(differ) == 2
    assert differ[1] == differ[0] + 1
    assert sorted(pid) == sorted(row["ipp"])


def check_wrong_digit(row, pid, base):
    assert sum(a != b for a, b in zip(pid, row["ipp"], strict=True)) == 1


def check_wrong_person(row, pid, base):
    holder = base["holder"][pid]
    assert holder == row["wrong_person_id"]
    assert holder not in row["person_ids"]


def check_nobody(row, pid, base):
    assert pid not in base["holder"]


CHECKS = {
    "ipp_merged": check_merged,
    "ipp_merged_in_circle": check_merged,
    "nip_instead_of_ipp": check_nip,
    "ipp_blanks": check_variant,
    "ipp_zeros": check_variant,
    "ipp_prefix": check_variant,
    "ipp_issuer_suffix": check_variant,
    "nda_in_patient_id": check_nda,
    "ipp_digits_swapped": check_swapped,
    "ipp_digit_wrong": check_wrong_digit,
    "patient_id_empty": check_nobody,
    "placeholder": check_nobody,
    "local_id": check_nobody,
    "wrong_person_ipp": check_wrong_person,
    "wrong_person_unmerged": check_wrong_person,
    "phantom": check_nobody,
    "test_patient": check_nobody,
}


@pytest.fixture(scope="module")
def base(large):
    sites = {row["care_site_id"]: row["care_site_source_value"] for row in large.table("care_site")}
    return {
        "ipps": {row["person_id"]: row["ipps"] for row in large.truth("person")},
        "holder": {ipp: row["person_id"] for row in large.truth("person") for ipp in row["ipps"]},
        "nips": {(r["nip"], r["nip_domain"]): r["ipp"] for r in large.table("patient_identity") if r["nip"]},
        "ndas": {r["visit_occurrence_id"]: r["visit_occurrence_source_value"] for r in large.table("visit_occurrence")},
        "group": {sites[e["fact_id_1"]]: sites[e["fact_id_2"]] for e in large.table("fact_relationship")},
    }


@pytest.mark.parametrize("defect", CHECKS)
def test_patient_id_is_wrong_in_the_way_that_truth_says(large, base, defect):
    headers = headers_of(large)
    found = [row for row in large.truth("exam") if row["defect"] == defect]
    assert found
    for row in found:
        CHECKS[defect](row, headers[row["study_instance_uid"]][0]["patient_id"], base)
        assert not row["correctly_attached"]


def test_known_by_traits_means_one_bearer(large):
    """A check of its own kind: no other human has the header's first name, birth date and that family name."""
    bearers = defaultdict(set)
    human = {ipp: row["ipp"] for row in large.truth("person") for ipp in row["ipps"]}
    for row in large.table("patient_identity"):
        for family in filter(None, (row["birth_name"], row["used_name"])):
            key = (fold(family), fold(row["first_given_name"]), row["birth_date"].strftime("%Y%m%d"))
            bearers[key].add(human[row["ipp"]])
    headers, known = headers_of(large), 0
    for row in large.truth("exam"):
        if "traits" not in row["evidence_with_identity"]:
            continue
        header = headers[row["study_instance_uid"]][0]
        family, _, given = header["patient_name"].partition("^")
        found = bearers.get((fold(family), fold(given), header["patient_birth_date"]))
        if found:  # whole names in order; the others are reachable by cleaning alone
            assert found == {row["ipp"]}
            known += 1
    assert known > 3000


def test_known_by_records_means_a_row_that_says_so(large):
    active = [row for row in large.table("visit_occurrence") if row["row_status_source_value"] != "supprimé"]
    by_nda = {row["visit_occurrence_source_value"]: row["person_id"] for row in active}
    by_accession = defaultdict(set)
    for table in ("procedure_occurrence", "note"):
        for row in large.table(table):
            if row["accession_number"]:
                by_accession[row["accession_number"]].add(row["person_id"])
    headers, seen = headers_of(large), Counter()
    for row in large.truth("exam"):
        header = headers[row["study_instance_uid"]][0]
        if "nda" in row["evidence_without_identity"]:
            fields = (header["patient_id"], header["admission_id"], header["service_episode_id"])
            assert {by_nda[text] for text in fields if text in by_nda} <= set(row["person_ids"])
            seen["nda"] += 1
        if "accession" in row["evidence_without_identity"]:
            assert by_accession[header["accession_number"]] & set(row["person_ids"])
            seen["accession"] += 1
    assert min(seen["nda"], seen["accession"]) > 500


def test_knowable_follows_evidence(large):
    for row in large.truth("exam"):
        assert row["person_knowable_with_identity"] == bool(row["evidence_with_identity"])
        assert row["person_knowable_without_identity"] == bool(row["evidence_without_identity"])
        assert row["is_patient"] or not row["person_knowable_with_identity"]
        assert not row["correctly_attached"] or row["person_knowable_without_identity"]
        if not row["person_knowable_with_identity"]:
            assert not row["person_knowable_without_identity"]
    lost = [row for row in large.truth("exam") if row["is_patient"] and not row["correctly_attached"]]
    with_identity = sum(row["person_knowable_with_identity"] for row in lost) / len(lost)
    without = sum(row["person_knowable_without_identity"] for row in lost) / len(lost)
    assert 1 > with_identity > without > 0.5


def test_exams_follow_the_history_of_their_archive(large):
    """Nothing before 2005, nothing while the feed was down, both PACS for what was loaded again."""
    sources = defaultdict(set)
    for row in large.truth("header"):
        sources[row["study_instance_uid"]].add(row["source"])
    for row in large.truth("exam"):
        when = row["wall_clock"]
        assert when >= datetime(2005, 1, 1)
        assert not datetime(2023, 2, 1) <= when < datetime(2023, 4, 1)
        second = {source for source in sources[row["study_instance_uid"]] if source.endswith("-2")}
        assert bool(second) == (when >= datetime(2023, 2, 1) or row["reload"])
        assert not row["reload"] or len(sources[row["study_instance_uid"]]) == 2
    first_years = defaultdict(lambda: 9999)
    for row in large.truth("exam"):
        first_years[row["hospital"]] = min(first_years[row["hospital"]], row["wall_clock"].year)
    assert len(set(first_years.values())) > 2


def test_acts_without_exam_and_exams_without_act(large):
    imaged = {key for row in large.truth("exam") for key in row["procedure_occurrence_ids"]}
    codes = {row["ccam_code"] for row in large.truth("exam")}
    lone = [
        row
        for row in large.table("procedure_occurrence")
        if row["procedure_source_value"][:7] in codes and row["procedure_occurrence_id"] not in imaged
    ]
    assert len(lone) > 500
    assert any(row["is_patient"] and not row["procedure_occurrence_ids"] for row in large.truth("exam"))
