"""The charts, as Vega-Lite made by altair: large enough to touch, distinct without colour where few, and in print."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from eds_spark_imaging.report.texts import MONTHS, Language, text, word

Rows = Sequence[Mapping[str, Any]]
# Hues of Okabe and Ito (2008), which people with any colour vision tell apart, each so light or dark that a print in
# grey tells them too; in the order of the states.
_STATES: Final = {
    "complete": "#006B4F",
    "partial": "#E69F00",
    "suspended": "#D55E00",
    "no_activity": "#EEEEEE",
    "running": "#9BD3F5",
    "not_connected": "#2A3138",
}
_SCHEME: Final = "viridis"  # for parts of a whole: from dark to light, however many
_COLOURS: Final = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#F0E442",
    "#000000",
    "#999999",
    "#7F5539",
)
# One for each colour: in grey, colours alone would not tell lines.
_DASHES: Final = (
    [1, 0],
    [8, 3],
    [2, 2],
    [8, 3, 2, 3],
    [5, 2],
    [1, 4],
    [12, 2],
    [8, 3, 2, 3, 2, 3],
    [4, 6],
    [12, 4, 4, 4],
)


def chart(kind: str, rows: Rows, language: Language) -> dict[str, Any]:
    """The Vega-Lite specification of a chart over ``rows``, whose values are shown as they are."""
    import altair as alt  # noqa: PLC0415 - an extra

    made = _CHARTS[kind](alt, _named(rows, language), language)
    return dict(made.properties(width="container", background="white").to_dict())


def _named(rows: Rows, language: Language) -> list[dict[str, Any]]:
    """Rows with words for people; dates as text."""
    shown = ("category", "hospital", "state", "status", "method")
    return [
        {
            k: word(k, v, language) if k in shown else (v.isoformat() if hasattr(v, "isoformat") else v)
            for k, v in r.items()
        }
        for r in rows
    ]


def _data(alt: Any, rows: list[dict[str, Any]]) -> Any:
    return alt.Data(values=rows)


def _with_gaps(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A null for each month that a category lacks, so that no line is drawn across it."""
    months = sorted({row["month"] for row in rows})
    there = {(row["category"], row["month"]) for row in rows}
    lacking = [(c, m) for c in {row["category"] for row in rows} for m in _every_month(months) if (c, m) not in there]
    return [*rows, *({"category": category, "month": month, "exams": None} for category, month in lacking)]


def _every_month(months: list[str]) -> list[str]:
    """The first days of all months from the first to the last of those given."""
    if not months:
        return []
    return [_first_of(number) for number in range(_month_number(months[0]), _month_number(months[-1]) + 1)]


def _month_number(day: str) -> int:
    return int(day[:4]) * 12 + int(day[5:7]) - 1


def _first_of(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}-01"


def _month_axis(alt: Any, language: Language) -> Any:
    """Months as they are written: browsers read days as UTC, and west of Greenwich would show the day before."""
    return alt.X("utcyearmonth(month):T", title=text("month", language), scale=alt.Scale(type="utc"))


def _month_tip(alt: Any, language: Language, name: str = "month") -> Any:
    return alt.Tooltip(f"utcyearmonth({name}):T", title=text(name, language), format=MONTHS[language])


def _tips(alt: Any, language: Language, *names: str) -> list[Any]:
    """What is shown of a mark, in the language of the page."""
    kinds = {"exams": {"type": "quantitative", "format": ","}, "verified": {"type": "quantitative", "format": ".1%"}}
    of_text = {"type": "nominal"}
    return [alt.Tooltip(name, title=text(name, language), **kinds.get(name, of_text)) for name in names]


def _months(alt: Any, rows: list[dict[str, Any]], language: Language) -> Any:
    return (
        alt.Chart(_data(alt, _with_gaps(rows)))
        .mark_line(strokeWidth=2)
        .encode(
            x=_month_axis(alt, language),
            y=alt.Y("exams:Q", title=text("exams", language)),
            color=alt.Color(
                "category:N",
                title=text("category", language),
                scale=alt.Scale(range=list(_COLOURS)),
                legend=alt.Legend(orient="top", columns=3),
            ),
            strokeDash=alt.StrokeDash(
                "category:N", title=text("category", language), scale=alt.Scale(range=list(_DASHES))
            ),
            tooltip=[_month_tip(alt, language), *_tips(alt, language, "category", "exams")],
        )
        .properties(height=320)
    )


def _heat(alt: Any, rows: list[dict[str, Any]], language: Language) -> Any:
    return (
        alt.Chart(_data(alt, rows))
        .mark_rect()
        .encode(
            x=alt.X("year:O", title=text("year", language)),
            y=alt.Y("hospital:N", title=text("hospital", language)),
            color=alt.Color("exams:Q", title=text("exams", language), scale=alt.Scale(scheme="blues", type="sqrt")),
            tooltip=_tips(alt, language, "hospital", "year", "exams"),
        )
    )


def _calendar(alt: Any, rows: list[dict[str, Any]], language: Language) -> Any:
    cells = [_of_calendar(row) for row in rows]
    states = [word("state", state, language) for state in _STATES]
    return (
        alt.Chart(_data(alt, cells))
        .mark_rect()
        .encode(
            x=_month_axis(alt, language),
            x2="utcyearmonth(end)",
            y=alt.Y("cell:N", title=None, axis=alt.Axis(labelLimit=220)),
            color=alt.Color(
                "state:N",
                title=text("state", language),
                scale=alt.Scale(domain=states, range=list(_STATES.values())),
                legend=alt.Legend(orient="top", columns=2),
            ),
            tooltip=[
                *_tips(alt, language, "cell", "state"),
                _month_tip(alt, language),
                _month_tip(alt, language, "until"),
            ],
        )
        .properties(height={"step": 13})
    )


def _of_calendar(row: Mapping[str, Any]) -> dict[str, Any]:
    """The cell of months that follow each other in one state; the mark ends where the month after them begins."""
    until = row.get("until", row["month"])
    return {
        "cell": f"{row['hospital']} · {row['category']}",
        "month": row["month"],
        "until": until,
        "end": _first_of(_month_number(until) + 1),
        "state": row["state"],
    }


def _shares(alt: Any, rows: list[dict[str, Any]], language: Language) -> Any:
    return (
        alt.Chart(_data(alt, rows))
        .mark_bar(stroke="white")
        .encode(
            y=alt.Y("hospital:N", title=text("hospital", language)),
            x=alt.X("exams:Q", title=text("exams", language), stack="normalize", axis=alt.Axis(format="%")),
            color=alt.Color(
                "status:N",
                title=text("status", language),
                scale=alt.Scale(scheme=_SCHEME),
                legend=alt.Legend(orient="top", columns=2),
            ),
            tooltip=_tips(alt, language, "hospital", "status", "exams"),
        )
    )


def _bars(alt: Any, rows: list[dict[str, Any]], language: Language) -> Any:
    return (
        alt.Chart(_data(alt, rows))
        .mark_bar(color=_COLOURS[0])
        .encode(
            y=alt.Y("method:N", title=text("method", language), sort="-x"),
            x=alt.X("exams:Q", title=text("exams", language), stack="zero"),
            detail="status:N",
            tooltip=_tips(alt, language, "method", "status", "exams", "verified"),
        )
    )


_CHARTS: Final[dict[str, Callable[[Any, list[dict[str, Any]], Language], Any]]] = {
    "months": _months,
    "heat": _heat,
    "calendar": _calendar,
    "shares": _shares,
    "bars": _bars,
}
