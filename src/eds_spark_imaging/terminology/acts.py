"""Imaging acts of the CCAM looked up by stored code, from the project's table or with a newer referential over it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.terminology.act_rules import act_from_letters, read_title
from eds_spark_imaging.terminology.act_table import ImagingAct, own_acts, with_cells
from eds_spark_imaging.terminology.ccam import parse_ccam

# Columns of a referential that judge an act; `code` is required, `label` and `paragraph` are read, others ignored.
JUDGED_COLUMNS = ("kind", "category", "body_parts", "regions", "contrast", "sides")


def imaging_act(stored: str | None, acts: Mapping[str, ImagingAct] | None = None) -> ImagingAct | None:
    """The imaging act of a code as stored (``JQGA004...01``); None where it is none, or not a CCAM code.

    A code that ``acts`` (the project's table where nothing else is given) does not have is judged by its letters.
    Activity 4 of an act is its anaesthesia: the same act with that kind.
    """
    parsed = parse_ccam(stored)
    if parsed is None:
        return None
    known = own_acts() if acts is None else acts
    act = known.get(parsed.code) or act_from_letters(parsed.code, known)
    return replace(act, kind="anaesthesia") if act and parsed.activity == "4" else act


def is_exam(stored: str | None, acts: Mapping[str, ImagingAct] | None = None) -> bool:
    """Whether a stored code is an imaging act that an exam of its own belongs to."""
    act = imaging_act(stored, acts)
    return act is not None and act.is_exam


def load_acts(path: Path) -> Mapping[str, ImagingAct]:
    """The project's acts by code, under a referential in a file (CSV with `,` or `;`, UTF-8, first line names).

    Of an act that the project does not have, ``label`` and ``paragraph`` (French titles) tell technique, contrast and
    side, and the letters of its code the region. Filled cells of ``JUDGED_COLUMNS`` always count. Acts that are not of
    imaging by any of these are passed over, so the file may hold the whole nomenclature. ConfigError names the file,
    the line and what is wrong.
    """
    own = own_acts()
    acts = dict(own)
    seen: set[str] = set()
    for line, row in _rows(path):
        try:
            act = _act(row, own)
            if act.code in seen:
                raise ConfigError(f"code {act.code!r} is given twice")
        except ConfigError as error:
            raise ConfigError(f"CCAM referential {path}, line {line}: {error}") from None
        seen.add(act.code)
        if act.modalities or not act.is_exam:
            acts[act.code] = act
    return acts


def _act(row: Mapping[str, str], own: Mapping[str, ImagingAct]) -> ImagingAct:
    code = (row["code"] or "").strip().upper()
    if len(code) != 7 or parse_ccam(code) is None:
        raise ConfigError(f"code {code!r} is not four letters and three digits")
    act = own.get(code)
    if act is None:
        act = replace(act_from_letters(code, own) or ImagingAct(code), origin="file")
        act = read_title(act, row.get("label") or "", row.get("paragraph") or "")
    act = replace(with_cells(act, row), origin="file")
    if act.is_exam and not act.modalities and any((row.get(column) or "").strip() for column in JUDGED_COLUMNS):
        raise ConfigError(f"code {code!r} is not known as imaging: give its category, or a kind other than exam")
    return act


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows with the number of their last line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            reader = csv.DictReader(file, delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
            if "code" not in (reader.fieldnames or ()):
                raise ConfigError(f"CCAM referential {path}: no column 'code' in its first line")
            for row in reader:
                if None in row:
                    raise ConfigError(f"CCAM referential {path}, line {reader.line_num}: more cells than columns")
                yield reader.line_num, row
    except OSError as error:
        raise ConfigError(f"CCAM referential {path}: {error.strerror}") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise ConfigError(f"CCAM referential {path}: {error}") from None
