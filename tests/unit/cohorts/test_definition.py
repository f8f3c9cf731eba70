"""Descriptions of cohorts: what is taken, and the one line for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from eds_spark_imaging.cohorts import Cohort, cohort_sql, steps_sql
from eds_spark_imaging.cohorts.definition import Grain, Pick
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
