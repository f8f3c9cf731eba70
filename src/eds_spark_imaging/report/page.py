"""The page: sections with a chart, what it shows in words, and its values in a table behind it."""

from __future__ import annotations

import datetime as dt
import html
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from eds_spark_imaging.errors import SetupError
from eds_spark_imaging.report.charts import chart
from eds_spark_imaging.report.masking import Mask, masked_rows
from eds_spark_imaging.report.questions import LEAST_PATIENTS, QUESTIONS, Question
from eds_spark_imaging.report.texts import LOCALES, MONTHS, Language, day, text, word

Rows = Sequence[Mapping[str, Any]]
Masks = Mapping[int, Mask]  # why a row is masked, by its place
_SHARES: Final = ("linked", "verified")
_MASKS: Final = {Mask.SMALL: f"&lt;&nbsp;{LEAST_PATIENTS}", Mask.WITH_SMALL: "&ndash;"}
_HIDDEN: Final = ("patients",)  # counts of patients decide what is shown; the summary alone has them


def page(answers: Mapping[str, Rows], language: Language, *, release: str, made: dt.date) -> str:
    """The report as one HTML document without any reference to the network.

    ``answers`` holds the rows of each question by its key; one that is missing is left out. SetupError without altair.
    """
    asked = [q for q in QUESTIONS if q.key in answers]
    drawn = [q for q in asked if q.chart]
    masks = {q.key: masked_rows(q, answers[q.key]) for q in asked}
    specs = {q.key: chart(q.chart, _drawable(answers[q.key], masks[q.key]), language) for q in drawn if q.chart}
    told = {**LOCALES[language], "actions": False, "renderer": "svg"}
    body = "".join(_section(q, answers[q.key], masks[q.key], language) for q in asked)
    links = "".join(f'<li><a href="#{q.key}">{_t(q.key, language)}</a></li>' for q in asked)
    return _HTML.format(
        language=language,
        title=_t("title", language),
        made=_t("made", language, release=release, made=day(made, language)),
        small=_t("small", language, least=LEAST_PATIENTS),
        contents=_t("contents", language),
        links=links,
        style=files(__package__).joinpath("page.css").read_text(encoding="utf-8"),
        body=body,
        specs=_json(specs),
        script=_scripts(),
        options=_json(told),
    )


def _json(value: object) -> str:
    """JSON for a script: HTML sees no tag and no comment in it, which would end or swallow the script."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


@cache
def _scripts() -> str:
    """Vega, Vega-Lite and their embedding, as one script: the version that altair writes for."""
    try:
        import altair  # noqa: PLC0415 - an extra
        import vl_convert  # noqa: PLC0415
    except ImportError:
        raise SetupError("the report needs a package: pip install 'eds-spark-imaging[report]'") from None
    vl_version = ".".join(altair.SCHEMA_VERSION.split(".")[:2])
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version)
    return bundle.replace("</script", "<\\/script")


def _drawable(rows: Rows, masks: Masks) -> Rows:
    """Without masked cells, which a chart would tell by their length, and without what has no place in time."""
    placed = [row for n, row in enumerate(rows) if n not in masks and not _is_undated(row)]
    return [{k: v for k, v in row.items() if k not in _HIDDEN} for row in placed]


def _is_undated(row: Mapping[str, Any]) -> bool:
    return any(name in row and row[name] is None for name in ("month", "year"))


def _section(question: Question, rows: Rows, masks: Masks, language: Language) -> str:
    key = question.key
    head = f'<section id="{key}"><h2 id="{key}-title">{_t(key, language)}</h2><p>{_t(key + "_about", language)}</p>'
    if not rows:
        return f"{head}<p>{_t('nothing', language)}</p></section>"
    if key == "summary":
        return f"{head}{_figures(question, rows[0], masks.get(0), language)}</section>"
    table = _table(question, rows, masks, language)
    if not question.chart:
        return f"{head}{table}</section>"
    label = _t(key + "_about", language)
    return (
        f'{head}<div class="chart" data-chart="{key}" role="img" aria-label="{label}"></div>'
        f"<details><summary>{_t('table', language)}</summary>{table}</details></section>"
    )


def _figures(question: Question, row: Mapping[str, Any], mask: Mask | None, language: Language) -> str:
    items = "".join(
        f"<div><dt>{_t(name, language)}</dt><dd>{_shown(question, name, value, mask, language)}</dd></div>"
        for name, value in row.items()
    )
    return f'<dl class="figures">{items}</dl>'


def _table(question: Question, rows: Rows, masks: Masks, language: Language) -> str:
    names = [name for name in rows[0] if name not in _HIDDEN]
    heads = "".join(f'<th scope="col">{_t(name, language)}</th>' for name in names)
    lines = "".join(
        f"<tr>{''.join(_cells(question, row, names, masks.get(n), language))}</tr>"
        for n, row in enumerate(rows[: question.rows_shown])
    )
    left = len(rows) - question.rows_shown
    more = f"<p>{_t('rows_left', language, left=_number(left, language))}</p>" if left > 0 else ""
    table = f"<table><caption>{_t(question.key, language)}</caption><thead><tr>{heads}</tr></thead>"
    place = f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{question.key}-title">'
    return f"{place}{table}<tbody>{lines}</tbody></table></div>{more}"


def _cells(
    question: Question, row: Mapping[str, Any], names: Sequence[str], mask: Mask | None, language: Language
) -> Iterator[str]:
    for name in names:
        number = ' class="number"' if isinstance(row[name], int | float) and name != "year" else ""
        yield f"<td{number}>{_shown(question, name, row[name], mask, language)}</td>"


def _shown(question: Question, name: str, value: Any, mask: Mask | None, language: Language) -> str:
    return _MASKS[mask] if mask and name in question.masked else _value(name, value, language)


def _value(name: str, value: Any, language: Language) -> str:
    if value is None and name in ("reason", *_SHARES):
        return ""
    if name in _SHARES:
        share = f"{100 * value:.1f}"
        return f"{share.replace('.', ',')}&nbsp;%" if language is Language.FR else f"{share}%"
    if isinstance(value, int) and name != "year":
        return _number(value, language)
    if isinstance(value, dt.date):
        return f"{value:{MONTHS[language]}}"
    return html.escape(word(name, value, language))


def _number(value: int, language: Language) -> str:
    return f"{value:,}".replace(",", "&#8239;" if language is Language.FR else ",")


def _t(key: str, language: Language, **values: object) -> str:
    return html.escape(text(key, language, **values)).replace("&amp;#8239;", "&#8239;")


_HTML: Final = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header><h1>{title}</h1><p>{made}</p><p>{small}</p></header>
<nav aria-label="{contents}"><ul>{links}</ul></nav>
<main>
{body}
</main>
<script>
{script}
</script>
<script>
const charts = {specs};
for (const place of document.querySelectorAll("[data-chart]")) {{
  window.vegaEmbed(place, charts[place.dataset.chart], {options});
}}
</script>
</body>
</html>
"""
