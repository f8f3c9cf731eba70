"""The command `terms` on files of JSON lines, as a user would run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LINES = (
    '{"id": 1, "modality": "MR", "study_description": "IRM genou D"}',
    "not json",
    "",
    '["a list"]',
    '{"id": "é", "laterality": ["L", null], "body_part_examined": "KNEE", "modality": null, "more": {"a": 1}}',
)
FIELDS = {
    *("id", "category", "body_parts", "body_part_codes", "region_codes", "laterality", "contrast", "conflicts"),
    *(
        f"{what}_{how}"
        for what in ("category", "body_part", "region", "laterality", "contrast")
        for how in ("source", "rule")
    ),
}


def terms(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "eds_spark_imaging.cli", "terms", *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=60)


def test_standard_input_that_is_closed_is_one_line() -> None:
    command = ["sh", "-c", 'exec "$0" -m eds_spark_imaging.cli terms - <&-', sys.executable]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (4, "", "error: standard input is closed\n")


def test_bad_lines_are_named_and_the_others_are_printed(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text("\n".join(LINES), encoding="utf-8")
    ran = terms(str(file))
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 4
    assert [(a["id"], a["body_parts"], a["laterality"]) for a in answers] == [(1, ["KNEE"], "R"), ("é", ["KNEE"], "L")]
    assert all(answer.keys() >= FIELDS for answer in answers)
    assert "line 2 is not a JSON object" in ran.stderr
    assert "line 4 is not a JSON object" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_standard_input_explained_without_spark() -> None:
    code = """
import sys
from eds_spark_imaging.cli.app import main
sys.argv = ["eds-imaging", "terms", "-", "--explain"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
assert "pyspark" not in sys.modules
assert "pandas" not in sys.modules
"""
    ran = subprocess.run([sys.executable, "-c", code], input=LINES[0], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["explain"]["study_description"]["words"] == ["genou"]


def test_a_missing_file_is_one_line() -> None:
    ran = terms("/no/such/file")
    assert (ran.returncode, ran.stdout) == (4, "")
    assert len(ran.stderr.splitlines()) == 1


def test_hostile_lines_are_named_and_nothing_else_stops(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    lines = (
        b'{"id": NaN, "study_description": "IRM GENOU"}',
        b"\xff\xfe\x00",
        b"\x00" * 40,
        b"[" * 100_000,
        b"x" * 3_000_000,
        b'{"id": 2, "study_description": "RX \\u0000 MAIN \\ud800", "modality": {"a": [1, 2.5, true]}}',
        b'{"id": 3, "study_description": "' + b"GENOU " * 100_000 + b'"}',
    )
    file.write_bytes(b"\n".join(lines))
    ran = terms(str(file))
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 4
    assert [(a["id"], a["body_parts"]) for a in answers] == [(2, ["HAND"]), (3, ["KNEE"])]
    assert "line 5 is longer than 1 MB" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_empty_file_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    ran = terms(str(tmp_path / "empty"))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    folder = terms(str(tmp_path))
    assert (folder.returncode, folder.stdout, len(folder.stderr.splitlines())) == (4, "", 1)


def test_the_name_of_the_exam_where_the_site_has_a_list(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text("code,name\n1-1,RM genou - droit\n", encoding="utf-8")
    (tmp_path / "c.toml").write_text('[terminology]\nexam_names = "names.csv"\n', encoding="utf-8")
    ran = terms("-", "--config", str(tmp_path / "c.toml"), given=LINES[0])
    assert json.loads(ran.stdout)["exam_loinc_code"] == "1-1"
