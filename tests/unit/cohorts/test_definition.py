"""Descriptions of cohorts: what is taken, and the one line for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from eds_spark_imaging.cohorts import Cohort, cohort_sql, steps_sql
from eds_spark_imaging.cohorts.definition import Grain, Pick
from eds_spark_imaging.config import CrossConfig
from eds_spark_imaging.errors import ConfigError

EXAMPLE = """
[cohort]
name = "thorax-c34"
grain = "exam"
[[include]]
exam = { modality = ["CT"], region = ["67734004"], from = "2015-01-01", to = "2024-12-31" }
[[exclude]]
act = { code = ["ZBQK002"], days = [-7, 0] }
[[include]]
diagnosis = { code = ["c34.*", "C341"], type = ["DP", "DR"], days = [-30, 30] }
pick = "first"
"""


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "cohort.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_steps_keep_the_order_of_the_file(tmp_path: Path) -> None:
    cohort = Cohort.from_toml(write(tmp_path, EXAMPLE))
    assert (cohort.name, cohort.grain, cohort.table) == ("thorax-c34", Grain.EXAM, "cohort_thorax_c34")
    assert [step.include for step in cohort.steps] == [True, False, True]
    assert [step.pick for step in cohort.steps] == [None, None, Pick.FIRST]
    assert cohort.steps[1].text == "exclude: act code = [ZBQK002], days = [-7, 0]"


def test_headings_may_be_quoted_and_the_file_begin_with_a_mark(tmp_path: Path) -> None:
    quoted = EXAMPLE.replace("[[exclude]]", '[[ "exclude" ]]')
    cohort = Cohort.from_toml(write(tmp_path, "\ufeff" + quoted))
    assert [step.include for step in cohort.steps] == [True, False, True]


def test_without_a_file_includes_come_first() -> None:
    content = {
        "cohort": {"name": "a"},
        "exclude": [{"exam": {"modality": ["SR"]}}],
        "include": [{"exam": {"modality": "CT"}}],
    }
    assert [step.include for step in Cohort.from_mapping(content).steps] == [True, False]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("modality =", "modalty =", "[[include]] 1 exam has no criterion 'modalty'"),
        ('"2015-01-01"', '"2015-13-01"', "'2015-13-01' is not a date"),
        ("[-30, 30]", "[30, -30]", "the window [30, -30] is empty"),
        ("[-30, 30]", '["a", 30]', "two whole numbers of days"),
        ('"DP", "DR"', '"DX"', "'DX' is not one of DP, DR, DAS, DAD"),
        ("act = { code", 'act = { system = "icd9", code', "'icd9' is not one of ccam"),
        ('code = ["ZBQK002"], ', "", "[[exclude]] 1 act needs a code"),
        ('"C341"', '"/C34[/"', "is not a regular expression"),
        ('"C341"', '"C34 OR 1=1"', "is not a code"),
        ('grain = "exam"', 'grain = "person"', "'person' is not one of exam, visit, patient"),
        ('name = "thorax-c34"', 'name = "a; DROP TABLE b"', "[cohort] name"),
        ('pick = "first"', 'pick = "some"', "'some' is not one of first, last"),
        ("[[exclude]]", "[[exlude]]", "the description has no 'exlude'"),
        ("exam = {", "acquisition = { kv = 100 }\nexam = {", "has no parameter 'kv'"),
        ("exam = {", "acquisition = { kvp = [120, 100] }\nexam = {", "the range [120, 100] is empty"),
        ("[cohort]", "[cohort", "cohort.toml"),
        ('modality = ["CT"]', 'category = ["IRM"]', "'IRM' is not one of"),
        ('"67734004"', '"6773400"', "'6773400' is not one of"),
        ('modality = ["CT"]', 'body_part = "thorax"', "'thorax' is not one of"),
        (
            'modality = ["CT"]',
            'link_status = "unlinked"',
            "'unlinked' is not one of linked, linked_recovered, conflict",
        ),
        ("exam = {", 'report = { method = "acession" }\nexam = {', "'acession' is not one of accession_number"),
        ("exam = {", 'visit = { method = "nda" }\nexam = {', "'nda' is not one of visit_number"),
        ("exam = {", 'coverage = { state = "full" }\nexam = {', "'full' is not one of complete"),
        ("exam = {", "visit = { ambiguous = true }\nexam = {", "has no criterion 'ambiguous'"),
        ('"2015-01-01"', '"2015-W05"', "'2015-W05' is not a date"),
        ('"2015-01-01"', '"20150101"', "'20150101' is not a date"),
        ('"2015-01-01"', "2015-01-01T10:30:00", "must be a date such as 2015-01-31"),
        ("[-30, 30]", "[-30, 9999999]", "at most 1,000,000 days"),
        ('modality = ["CT"]', f"series = {'9' * 400}", "must be a number"),
        ('modality = ["CT"]', f"series = {'9' * 5000}", "digits"),
        ('modality = ["CT"]', f"uid = {'[' * 3000}{']' * 3000}", "too many brackets"),
        ('grain = "exam"', "description = 3", "description must be a text"),
        ('name = "thorax-c34"', 'name = "thorax-c34"\ndescription = """\n[[exclude]]\n"""', "in a line of its own"),
        ('"2015-01-01"', '"2025-01-01"', "exam: from 2025-01-01 comes after to 2024-12-31"),
        ('"C341"', '"C3"', "'C3' is not a code"),
        ('"ZBQK002"', '"ZBQK02"', "'ZBQK02' is not a code"),
        ('"C341"', '"/(?P<a>C34)/"', "is not a regular expression to Spark"),
        ("days = [-30, 30]", "days = [-366, 30], same_visit = true", "same_visit is known within 365 days"),
        ("days = [-7, 0]", "days = [-31, 0], accepted = false", "accepted is known within 30 days"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_file(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert EXAMPLE.count(old)
    with pytest.raises(ConfigError) as raised:
        Cohort.from_toml(write(tmp_path, EXAMPLE.replace(old, new, 1)))
    assert said in str(raised.value)
    assert "cohort.toml" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        Cohort.from_toml(tmp_path / "none.toml")


def test_texts_reach_the_statement_as_literals_only() -> None:
    hostile = "x'; DROP TABLE imaging_study; -- \\"
    content = {"cohort": {"name": "a"}, "include": [{"exam": {"description": hostile, "hospital": [hostile]}}]}
    statement = cohort_sql(Cohort.from_mapping(content))
    assert "'x\\'; DROP TABLE imaging_study; -- \\\\'" in statement
    assert "hospital_code = 'x\\'; DROP TABLE" in statement


def test_comments_cannot_end_early() -> None:
    content = {"cohort": {"name": "a"}, "include": [{"exam": {"description": "a\nFROM secret"}}]}
    lines = steps_sql(Cohort.from_mapping(content)).splitlines()
    assert not any(line.lstrip().startswith("FROM secret") for line in lines)


def test_a_comment_does_not_swallow_the_next_line() -> None:
    """To Spark a comment goes on where its line ends in a backslash."""
    content = {"cohort": {"name": "a"}, "include": [{"exam": {"description": "thorax\\"}}]}
    assert not any(line.endswith("\\") for line in steps_sql(Cohort.from_mapping(content)).splitlines())


def test_modalities_are_in_upper_case() -> None:
    statement = steps_sql(Cohort.from_mapping({"cohort": {"name": "a"}, "include": [{"exam": {"modality": "ct"}}]}))
    assert "array('CT')" in statement


@pytest.mark.parametrize(
    ("kind", "criteria", "table"),
    [
        ("diagnosis", {"days": [-365, 365]}, "imaging_study_diagnosis"),
        ("diagnosis", {}, "imaging_study_diagnosis"),
        ("diagnosis", {"days": [-366, 0]}, "base_condition_occurrence"),
        ("diagnosis", {"days": [400, 500]}, "base_condition_occurrence"),
        ("act", {"days": [-30, 30]}, "imaging_study_procedure"),
        ("act", {"days": [0, 31]}, "base_procedure_occurrence"),
        ("act", {"days": [0, 31], "accepted": True}, "imaging_study_procedure"),  # whatever its day
    ],
)
def test_days_beyond_the_lake_ask_the_base_centrale(kind: str, criteria: dict[str, object], table: str) -> None:
    code = {"diagnosis": "C34", "act": "ZBQK002"}[kind]
    cohort = Cohort.from_mapping({"cohort": {"name": "a"}, "include": [{kind: {"code": code, **criteria}}]})
    assert cohort.tables == {"imaging_study", "imaging_study_visit", table}


def test_the_window_is_that_of_the_configuration_and_the_definition_has_it() -> None:
    content = {"cohort": {"name": "a"}, "include": [{"diagnosis": {"code": "C34"}}, {"act": {"code": "ZBQK002"}}]}
    steps = Cohort.from_mapping(content, cross=CrossConfig(diagnosis_days=90)).definition["steps"]
    assert steps[0]["include"]["diagnosis"] == {"code": "C34", "window_days": 90}
    assert steps[1]["include"]["act"] == {"code": "ZBQK002", "window_days": 30}
    content = {"cohort": {"name": "a"}, "include": [{"diagnosis": {"code": "C34", "days": [-91, 0]}}]}
    cohort = Cohort.from_mapping(content, cross=CrossConfig(diagnosis_days=90))
    assert "base_condition_occurrence" in cohort.tables
    assert cohort.definition["steps"][0]["include"]["diagnosis"] == {"code": "C34", "days": [-91, 0]}
