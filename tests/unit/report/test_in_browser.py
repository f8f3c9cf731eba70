"""The report in Chromium: every chart is drawn, with and without room, and nothing is asked of the network."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("altair")

from report_answers import group_answers
from test_page import MADE

from eds_spark_imaging.report import QUESTIONS, Language, page

pytestmark = pytest.mark.slow
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def rendered(file: Path, width: int) -> str:
    """The document as the browser has it after the scripts ran."""
    if BROWSER is None:
        pytest.skip("no Chromium: apt-get install chromium")
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},1200"]
    command += ["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=10000", "--dump-dom", file.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize("language", list(Language))
def test_every_chart_is_drawn(tmp_path: Path, language: Language, width: int) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(group_answers(), language, release="R1", made=MADE), encoding="utf-8")
    document = rendered(file, width)
    charts = re.findall(r'<div class="chart[^>]*data-chart="(\w+)".*?</div>', document, re.DOTALL)
    assert charts == [question.key for question in QUESTIONS if question.chart]
    assert document.count("<svg") >= len(charts)
    assert document.count("<details") == len(charts)
