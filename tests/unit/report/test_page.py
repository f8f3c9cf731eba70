"""The report as a file: both languages, nothing from the network, small cells masked, texts as text."""

from __future__ import annotations

import datetime as dt
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

pytest.importorskip("altair")

from eds_spark_imaging.report import QUESTIONS, Language, page
from eds_spark_imaging.report.charts import chart
from eds_spark_imaging.report.masking import Mask, masked_rows
from eds_spark_imaging.report.texts import _TEXTS, word
from eds_spark_imaging.tables.link_words import LinkStatus
from eds_spark_imaging.tables.marts import CoverageState

MADE = dt.date(2026, 1, 2)
MONTH = dt.date(2020, 1, 1)
ANSWERS: dict[str, list[dict[str, Any]]] = {
    "summary": [{"exams": 1234567, "series": 3, "instances": 4, "patients": 50, "linked": 0.825, "verified": None}],
    "activity": [
        {"month": MONTH, "category": "scanner", "exams": 77, "patients": 60},
        {"month": MONTH, "category": "irm", "exams": 41, "patients": 4},
        {"month": MONTH, "category": "echographie", "exams": 55, "patients": 30},
    ],
    "hospitals": [{"year": 2020, "hospital": None, "exams": 120, "patients": 70}],
    "coverage": [{"hospital": "066", "category": "irm", "month": MONTH, "state": "suspended"}],
    "links": [{"hospital": "066", "status": "linked", "exams": 99, "patients": 70}],
    "link_methods": [{"method": "ipp", "exams": 99, "patients": 3, "verified": 0.5}],
    "files": [{"status": "parsed", "reason": None, "files_count": 5}],
    "issues": [],
    "unmapped": [{"text": "</script><b>ZZ", "modality": "MR", "series": 12, "patients": 9}],
}


class Reader(HTMLParser):
    """What a page holds: its texts by the section that they are in, and every address that it names."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.texts: dict[str, str] = {}
        self._section = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.addresses += [value for name in ("src", "href") if (value := given.get(name))]
        if tag == "section":
            self._section = str(given["id"])

    def handle_data(self, data: str) -> None:
        self.texts[self._section] = self.texts.get(self._section, "") + data


@pytest.fixture(scope="module", params=list(Language))
def made(request: pytest.FixtureRequest) -> tuple[Language, str, Reader]:
    language: Language = request.param
    content = page(ANSWERS, language, release="R1", made=MADE)
    reader = Reader()
    reader.feed(content)
    return language, content, reader


def test_nothing_comes_from_the_network(made: tuple[Language, str, Reader]) -> None:
    _, content, reader = made
    assert reader.addresses
    assert all(address.startswith("#") for address in reader.addresses)
    assert "@import" not in content.split("</style>")[0]
    assert len(content) < 5_000_000


def test_every_section_is_there_in_its_language(made: tuple[Language, str, Reader]) -> None:
    language, content, reader = made
    place = 0 if language is Language.FR else 1
    for question in QUESTIONS:
        assert _TEXTS[question.key][place] in reader.texts[question.key]
        assert content.count(f'data-chart="{question.key}"') == bool(question.chart)
    assert f'<html lang="{language}">' in content


def test_small_cells_are_neither_shown_nor_drawn(made: tuple[Language, str, Reader]) -> None:
    _, content, reader = made
    specs = json.loads(re.search(r"const charts = (\{.*\});", content).group(1))  # type: ignore[union-attr]
    assert [row["exams"] for row in specs["activity"]["data"]["values"]] == [77]
    assert "41" not in reader.texts["activity"]
    assert "<\u00a05" in reader.texts["activity"]
    assert "55" not in reader.texts["activity"]  # of a total of which the masked one alone would be left
    assert "–" in reader.texts["activity"]
    assert "99" not in reader.texts["link_methods"]
    assert "patients" not in json.dumps(specs)


def test_texts_are_text(made: tuple[Language, str, Reader]) -> None:
    _, content, reader = made
    assert "</script><b>ZZ" in reader.texts["unmapped"]
    assert content.count("</script>") == 2


def test_numbers_are_written_as_the_language_does() -> None:
    french, english = (page(ANSWERS, language, release="R1", made=MADE) for language in Language)
    assert "1&#8239;234&#8239;567" in french
    assert "82,5&nbsp;%" in french
    assert "1,234,567" in english
    assert "82.5%" in english


def test_words_of_the_tables_are_translated() -> None:
    assert word("status", "linked", Language.FR) == "rattaché"
    assert word("hospital", None, Language.EN) == "unknown"
    assert word("status", "IPP_X", Language.FR) == "IPP_X"
    for state in (*CoverageState, *LinkStatus):
        assert word("state", state.value, Language.FR) != state.value


@pytest.mark.parametrize("value", ["made", "small", "title", "complete", "scanner"])
def test_other_texts_are_as_they_are(value: str) -> None:
    for column in ("hospital", "text", "reason", "method"):
        assert word(column, value, Language.FR) == value
    unmapped = [{"text": value, "modality": "MR", "series": 12, "patients": 9}]
    assert f"<td>{value}</td>" in page({"unmapped": unmapped}, Language.FR, release="R1", made=MADE)


def test_a_single_masked_cell_of_a_total_does_not_stay_single() -> None:
    patients = {(2020, "A"): 3, (2020, "B"): 50, (2020, "C"): 20, (2021, "A"): 70, (2021, "B"): 80, (2021, "C"): 60}
    rows = [{"year": y, "hospital": h, "exams": n, "patients": n} for (y, h), n in patients.items()]
    question = next(q for q in QUESTIONS if q.key == "hospitals")
    found = {(rows[n]["year"], rows[n]["hospital"]): mask for n, mask in masked_rows(question, rows).items()}
    assert found == {
        (2020, "A"): Mask.SMALL,
        (2020, "C"): Mask.WITH_SMALL,  # the fewest beside it in 2020
        (2021, "A"): Mask.WITH_SMALL,  # the other year of A
        (2021, "C"): Mask.WITH_SMALL,  # the other year of C
    }


def test_nothing_more_is_masked_where_two_are() -> None:
    question = next(q for q in QUESTIONS if q.key == "link_methods")
    rows = [{"method": m, "exams": n, "patients": n, "verified": None} for m, n in (("a", 2), ("b", 3), ("c", 9))]
    assert masked_rows(question, rows) == {0: Mask.SMALL, 1: Mask.SMALL}
    assert masked_rows(question, rows[:1]) == {0: Mask.SMALL}


def test_masked_cells_that_are_few_patients_together_do_not_stay_alone() -> None:
    """A total of 502 less the 500 that are shown would tell that the other two have one each."""
    question = next(q for q in QUESTIONS if q.key == "link_methods")
    rows = [{"method": m, "exams": n, "patients": n, "verified": None} for m, n in (("a", 500), ("b", 1), ("c", 1))]
    assert masked_rows(question, rows) == {0: Mask.WITH_SMALL, 1: Mask.SMALL, 2: Mask.SMALL}


@pytest.mark.parametrize("kind", ["months", "calendar"])
def test_months_are_read_and_shown_without_a_zone(kind: str) -> None:
    row = {"month": MONTH, "category": "irm", "hospital": "066", "state": "complete", "exams": 9}
    encoding = chart(kind, [row], Language.EN)["encoding"]
    assert (encoding["x"]["timeUnit"], encoding["x"]["scale"]["type"]) == ("utcyearmonth", "utc")
    (tip,) = (tip for tip in encoding["tooltip"] if tip["field"] == "month")
    assert tip["timeUnit"] == "utcyearmonth"


def test_no_line_is_drawn_across_months_without_exams() -> None:
    rows = [{"month": dt.date(2022, 11 + n, 1), "category": "irm", "exams": 5} for n in (0, 1)]
    rows += [{"month": dt.date(2023, 3, 1), "category": c, "exams": 7} for c in ("irm", "scanner")]
    drawn = chart("months", rows, Language.EN)["data"]["values"]
    lacking = {(row["category"], row["month"]) for row in drawn if row["exams"] is None}
    assert lacking == {
        *(("MR", f"2023-0{month}-01") for month in (1, 2)),
        *(("CT", day) for day in ("2022-11-01", "2022-12-01", "2023-01-01", "2023-02-01")),
    }
    assert len(drawn) == len(rows) + len(lacking)
