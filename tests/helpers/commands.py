"""``eds-imaging`` in a process of its own, as a user runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys

JOBS = "index|parse|build|terms|link|cross|marts|maintain|restore"
OUR_LINE = re.compile(rf"({JOBS}) +[0-9]|synth   |error: |only the first [0-9]+ rows|{{\"time\": ")


def run_command(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command; standard error holds our lines and nothing else. An empty variable is one that is not set."""
    command = [sys.executable, "-m", "eds_spark_imaging.cli", *map(str, arguments)]
    given = {key: value for key, value in {**os.environ, **environment}.items() if value}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900, env=given)
    assert [line for line in ran.stderr.splitlines() if not OUR_LINE.match(line)] == []
    return ran
