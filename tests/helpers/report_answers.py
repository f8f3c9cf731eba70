"""Answers as a hospital group would have them, made up: for a look at the report, and for its picture in the documents.

``python tests/helpers/report_answers.py docs/report.png`` makes the picture, with Chromium.
"""

from __future__ import annotations

import datetime as dt
import random
import shutil
import subprocess
import sys
import tempfile
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from PIL import Image

from eds_spark_imaging.marts.coverage import coverage_of
from eds_spark_imaging.report import Language, page

FIRST, MONTHS = 2012, 14 * 12
BREAK = range((2023 - FIRST) * 12 + 1, (2023 - FIRST) * 12 + 4)
HOSPITALS = {"066": 0, "014": 12, "047": 30, "068": 55}  # with the month of their connection
CATEGORIES = {"scanner": 90, "irm": 55, "radiographie": 140, "echographie": 70, "mammographie": 25}
Rows = list[dict[str, Any]]


def day(month: int) -> dt.date:
    return dt.date(FIRST + month // 12, month % 12 + 1, 1)


def counts(chance: random.Random, level: int, begin: int) -> list[int]:
    """Monthly counts from the connection on, with summers, growth and the months without feed."""
    made = []
    for month in range(MONTHS):
        season = 0.7 if month % 12 == 7 else 1
        mean = level * season * (1 + month / 400)
        still = month < begin or month in BREAK
        made.append(0 if still else max(0, round(chance.gauss(mean, mean**0.5))))
    return made


def group_answers(seed: int = 1) -> dict[str, Any]:
    """Answers to all questions of the report."""
    chance = random.Random(seed)
    cells = {
        (hospital, category): counts(chance, level, begin + (24 if category == "mammographie" else 0))
        for hospital, begin in HOSPITALS.items()
        for category, level in CATEGORIES.items()
    }
    whole = {h: [sum(m) for m in zip(*(c for (o, _), c in cells.items() if o == h), strict=True)] for h in HOSPITALS}
    total = sum(map(sum, cells.values()))
    activity = [
        {"month": day(month), "category": category, "exams": exams, "patients": exams}
        for category in CATEGORIES
        for month in range(MONTHS)
        if (exams := sum(cells[hospital, category][month] for hospital in HOSPITALS))
    ]
    hospitals = [
        {"year": FIRST + year, "hospital": hospital, "exams": exams, "patients": exams}
        for year in range(MONTHS // 12)
        for hospital in HOSPITALS
        if (exams := sum(whole[hospital][12 * year : 12 * year + 12]))
    ]
    coverage = []
    for (hospital, category), cell in cells.items():
        states = list(enumerate(coverage_of(cell, whole[hospital]).states))[HOSPITALS[hospital] :]
        for state, run in groupby(states, key=itemgetter(1)):
            months = [day(month) for month, _ in run]
            row = {"hospital": hospital, "category": category, "month": months[0], "until": months[-1]}
            coverage.append(row | {"state": str(state)})
    shares = {
        "linked": 0.79,
        "linked_recovered": 0.11,
        "unlinked_unknown_id": 0.06,
        "conflict": 0.02,
        "not_a_patient": 0.02,
    }
    links = [
        {
            "hospital": h,
            "status": status,
            "exams": round(sum(whole[h]) * share * chance.uniform(0.9, 1.1)),
            "patients": 99,
        }
        for h in HOSPITALS
        for status, share in shares.items()
    ]
    methods = {"ipp": (0.79, 0.97), "ipp_merged": (0.05, 0.99), "nip": (0.03, 0.98), "traits": (0.03, 1.0)}
    summary = {"exams": total, "series": total * 4, "instances": total * 310, "patients": total // 3}
    summary |= {"linked": 0.9, "verified": 0.97}
    return {
        "summary": [summary],
        "activity": activity,
        "hospitals": hospitals,
        "coverage": coverage,
        "links": links,
        "link_methods": [
            {
                "method": method,
                "status": "linked" if method == "ipp" else "linked_recovered",
                "exams": round(total * share),
                "patients": 99,
                "verified": verified,
            }
            for method, (share, verified) in methods.items()
        ],
        "files": [{"status": "parsed", "reason": None, "files_count": total * 310}],
        "issues": [],
        "unmapped": [],
    }


def picture(out: Path) -> None:
    """The top of the report as a browser shows it."""
    browser = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        made = page(group_answers(), Language.EN, release="2026-01-31 02:10", made=dt.date(2026, 1, 31))
        file.write_text(made, encoding="utf-8")
        command = [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--window-size=1000,1660",
        ]
        command += ["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=10000", f"--screenshot={out}"]
        subprocess.run([*command, file.as_uri()], check=True, capture_output=True, timeout=120)
    Image.open(out).convert("RGB").quantize(200, method=Image.Quantize.FASTOCTREE).save(out, optimize=True)


if __name__ == "__main__":
    picture(Path(sys.argv[1]).absolute())
