"""The report as a file: both languages, nothing from the network, small cells masked, texts as text."""

from __future__ import annotations

import datetime as dt
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

pytest.importorskip("altair")

from eds_spark_imaging.report import QUESTIONS, Language, Question, page
from eds_spark_imaging.report.charts import chart
from eds_spark_imaging.report.masking import Mask, masked_rows
from eds_spark_imaging.report.texts import _TEXTS, _WORDS, word
from eds_spark_imaging.tables.files import FileStatus
from eds_spark_imaging.tables.link_words import LinkStatus
from eds_spark_imaging.tables.marts import CoverageState
from eds_spark_imaging.terminology.data_files import rows as category_rows

MADE = dt.date(2026, 1, 2)
MONTH = dt.date(2020, 1, 1)
HOSPITAL = {"year": 2020, "hospital": None, "exams": 120, "patients": 70}
ANSWERS: dict[str, list[dict[str, Any]]] = {
    "summary": [{"exams": 1234567, "series": 3, "instances": 4, "patients": 50, "linked": 0.825, "verified": None}],
    "activity": [
        {"month": MONTH, "category": "scanner", "exams": 77, "patients": 60},
        {"month": MONTH, "category": "irm", "exams": 41, "patients": 4},
        {"month": MONTH, "category": "echographie", "exams": 55, "patients": 30},
    ],
    "hospitals": [HOSPITAL],
    "coverage": [{"hospital": "066", "category": "irm", "month": MONTH, "until": MONTH, "state": "suspended"}],
    "links": [{"hospital": "066", "status": "linked", "exams": 99, "patients": 70}],
    "link_methods": [{"method": "ipp", "status": "linked", "exams": 99, "patients": 3, "verified": 0.5}],
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
    specs = specs_of(content)
    assert [row["exams"] for row in specs["activity"]["data"]["values"]] == [77]
    assert "41" not in reader.texts["activity"]
    assert "<\u00a05" in reader.texts["activity"]
    assert "55" not in reader.texts["activity"]  # of a total of which the masked one alone would be left
    assert "–" in reader.texts["activity"]
    assert "99" not in reader.texts["link_methods"]
    assert "patients" not in json.dumps(specs)


def test_totals_of_the_statuses_tell_no_small_cell() -> None:
    """The methods tell how many exams are linked by IPP, at whatever hospital."""
    question = next(q for q in QUESTIONS if q.key == "links")
    linked, conflict = {"A": 3, "B": 60, "C": 40}, {"A": 8, "B": 70, "C": 90}
    rows = [
        {"hospital": hospital, "status": status, "exams": n, "patients": n}
        for status, patients in (("linked", linked), ("conflict", conflict))
        for hospital, n in patients.items()
    ]
    found = {(rows[n]["hospital"], rows[n]["status"]): mask for n, mask in masked_rows(question, rows).items()}
    assert found == {
        ("A", "linked"): Mask.SMALL,
        ("A", "conflict"): Mask.WITH_SMALL,  # of all the fewest
        ("C", "linked"): Mask.WITH_SMALL,  # the fewest beside it that are linked
        ("C", "conflict"): Mask.WITH_SMALL,  # the other of C
    }


def test_exams_without_a_date_are_masked_as_those_of_a_year() -> None:
    """Of few patients, all exams less those of the years would tell them; in a chart they have no place."""
    activity = [{"month": month, "category": "irm", "exams": n, "patients": n} for month, n in ((MONTH, 70), (None, 2))]
    question = next(q for q in QUESTIONS if q.key == "activity")
    assert masked_rows(question, activity) == {0: Mask.WITH_SMALL, 1: Mask.SMALL}
    many = [row | {"patients": 70} for row in activity]
    content = page({"activity": many}, Language.EN, release="R1", made=MADE)
    assert '<td>unknown</td><td>MR</td><td class="number">2</td>' in content
    assert [row["exams"] for row in specs_of(content)["activity"]["data"]["values"]] == [70]


def test_the_summary_masks_few_patients_and_shows_that_there_are_none() -> None:
    shown = {"exams": 900, "series": 1, "instances": 1, "verified": None}
    few, none = (
        page({"summary": [shown | told]}, Language.EN, release="R1", made=MADE)
        for told in ({"patients": 4, "linked": 4 / 900}, {"patients": 0, "linked": 0.0})
    )
    assert "<dt>exams</dt><dd>900</dd>" in few
    assert few.count("<dd>&lt;&nbsp;5</dd>") == 3  # patients, and the shares that tell them
    assert ("0.4%" in few, "<dt>patients</dt><dd>0</dd>" in none) == (False, True)


def specs_of(content: str) -> Any:
    return json.loads(re.search(r"const charts = (\{.*\});", content).group(1))  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["</script>", "</SCRIPT >", "<!--<script>"])
def test_no_name_ends_or_swallows_the_script(text: str) -> None:
    """HTML 13.2.5.4 and on: after ``<!--<script`` the next end tag would not end the element."""
    content = page({"hospitals": [HOSPITAL | {"hospital": text}]}, Language.FR, release="R1", made=MADE)
    data = content.split("const charts = ")[1].split("</script>")[0]
    assert "<" not in data.split("for (const place")[0]
    assert specs_of(content)["hospitals"]["data"]["values"] == [{"year": 2020, "hospital": text, "exams": 120}]


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


def test_dates_and_shares_are_written_as_the_language_does() -> None:
    french, english = (page(ANSWERS, language, release="R1", made=MADE) for language in Language)
    assert "rapport du 02/01/2026" in french
    assert "report of 2026-01-02" in english
    assert "<td>01/2020</td>" in french
    assert "<td>2020-01</td>" in english
    assert '"percent": "\u00a0%"' in french


def test_a_number_of_rows_left_is_said_without_a_plural() -> None:
    rows = [{"attribute": f"A{n}", "reason": "r", "values": n} for n in range(201)]
    content = page({"issues": rows}, Language.FR, release="R1", made=MADE)
    assert "<p>Lignes non montrées : 1.</p>" in content


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.chart], ids=lambda q: q.key)
def test_what_a_mark_tells_is_told_in_french(question: Question) -> None:
    """A field without title would be shown by its English name."""
    assert question.chart
    tips = chart(question.chart, ANSWERS[question.key], Language.FR)["encoding"]["tooltip"]
    titles = {tip["field"]: tip["title"] for tip in tips}
    assert titles == {field: _TEXTS[field][0] for field in titles}


def luminance(colour: str) -> float:
    """CIE lightness L* of an sRGB colour (IEC 61966-2-1, CIE 15), 0 to 100."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    y = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 116 * y ** (1 / 3) - 16 if y > (6 / 29) ** 3 else y * (29 / 3) ** 3


def test_states_are_told_in_grey_and_lines_without_colour() -> None:
    encoding = chart("calendar", ANSWERS["coverage"], Language.FR)["encoding"]
    shades = sorted(luminance(colour) for colour in encoding["color"]["scale"]["range"])
    assert len(shades) == len(CoverageState)
    assert min(b - a for a, b in pairwise(shades)) >= 10
    lines = chart("months", ANSWERS["activity"], Language.FR)["encoding"]
    dashes = {tuple(dash) for dash in lines["strokeDash"]["scale"]["range"]}
    assert len(dashes) == len(lines["color"]["scale"]["range"])


def test_tables_have_captions_and_what_scrolls_has_a_name(made: tuple[Language, str, Reader]) -> None:
    """WCAG 2.2, 1.3.1 and 4.1.2: a region that takes the focus says what it is."""
    content = made[1].split("<script>")[0]
    assert content.count("<table>") == content.count("<table><caption>") > 0
    names = re.findall(r'<div class="scroll" tabindex="0" role="region" aria-labelledby="([^"]+)">', content)
    assert len(names) == content.count("<table>")
    assert all(f'<h2 id="{name}">' in content for name in names)


def test_words_of_the_tables_are_translated() -> None:
    assert word("status", "linked", Language.FR) == "rattaché"
    assert word("hospital", None, Language.EN) == "unknown"
    assert word("status", "IPP_X", Language.FR) == "IPP_X"
    assert {row["category"] for row in category_rows("categories")} <= _WORDS.keys()
    for state in (*CoverageState, *LinkStatus, *FileStatus):
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


def method(name: str, patients: int) -> dict[str, Any]:
    return {"method": name, "status": "linked", "exams": patients, "patients": patients, "verified": None}


def test_nothing_more_is_masked_where_two_are() -> None:
    question = next(q for q in QUESTIONS if q.key == "link_methods")
    rows = [method(m, n) for m, n in (("a", 2), ("b", 3), ("c", 9))]
    assert masked_rows(question, rows) == {0: Mask.SMALL, 1: Mask.SMALL}
    assert masked_rows(question, rows[:1]) == {0: Mask.SMALL}


def test_masked_cells_that_are_few_patients_together_do_not_stay_alone() -> None:
    """A total of 502 less the 500 that are shown would tell that the other two have one each."""
    question = next(q for q in QUESTIONS if q.key == "link_methods")
    rows = [method(m, n) for m, n in (("a", 500), ("b", 1), ("c", 1))]
    assert masked_rows(question, rows) == {0: Mask.WITH_SMALL, 1: Mask.SMALL, 2: Mask.SMALL}


@pytest.mark.parametrize("kind", ["months", "calendar"])
def test_months_are_read_and_shown_without_a_zone(kind: str) -> None:
    row = {"month": MONTH, "category": "irm", "hospital": "066", "state": "complete", "exams": 9}
    encoding = chart(kind, [row], Language.EN)["encoding"]
    assert (encoding["x"]["timeUnit"], encoding["x"]["scale"]["type"]) == ("utcyearmonth", "utc")
    (tip,) = (tip for tip in encoding["tooltip"] if tip["field"] == "month")
    assert tip["timeUnit"] == "utcyearmonth"


def test_months_of_one_state_are_one_mark_up_to_the_month_after() -> None:
    row = {"hospital": "066", "category": "irm", "state": "complete"}
    rows = [
        row | {"month": MONTH, "until": dt.date(2020, 12, 1)},
        row | {"month": dt.date(2024, 2, 1), "until": dt.date(2024, 2, 1)},
    ]
    drawn = chart("calendar", rows, Language.EN)["data"]["values"]
    assert [(cell["month"], cell["until"], cell["end"]) for cell in drawn] == [
        ("2020-01-01", "2020-12-01", "2021-01-01"),
        ("2024-02-01", "2024-02-01", "2024-03-01"),
    ]


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
