"""Chapters, blocks and categories of CIM-10, and selections of codes (``C34*``, ``I20-I25``) as prefixes.

``data/cim10_hierarchy.csv`` has the 22 chapters and 274 blocks of ICD-10 (WHO, version 2019), which the French CIM-10
shares, with short titles of the project's own in French and English. One row for each; its key is the chapter's Roman
number or the block's range. Blocks may lie within blocks; a few categories are in a chapter but in no block.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.terminology.cim10 import is_cim10, normalise_cim10

_RANGE = re.compile(r"([A-Z][0-9]{2})\s*-\s*([A-Z][0-9]{2})")
# With `C34*`, the `C34%` of SQL and the `C34.-` of the printed classification.
_CODE = re.compile(r"([A-Z][0-9]{2})(?:\.?([0-9A-Z]{0,3}(?:\+[0-9A-Z]{0,2})?))(?:\.?[*%-])?")


class Cim10Group(NamedTuple):
    """A chapter or block: the categories from ``first`` to ``last``."""

    key: str
    level: str
    first: str
    last: str
    title_fr: str
    title_en: str

    def __contains__(self, category: object) -> bool:
        return isinstance(category, str) and self.first <= category <= self.last


@cache
def cim10_hierarchy() -> tuple[Cim10Group, ...]:
    """All chapters, then all blocks, each before those that lie within it."""
    text = (files("eds_spark_imaging.terminology") / "data" / "cim10_hierarchy.csv").read_text(encoding="utf-8")
    return tuple(Cim10Group(**row) for row in csv.DictReader(text.splitlines()))


def cim10_category(code: str | None) -> str | None:
    """The category of a code as stored (``c34.1`` -> ``C34``); None where it has not the form of CIM-10."""
    canonical = normalise_cim10(code)
    return canonical[:3] if canonical and is_cim10(canonical) else None


def cim10_groups(code: str | None) -> tuple[Cim10Group, ...]:
    """The chapter of a code and the blocks around it, widest first."""
    category = cim10_category(code)
    return tuple(group for group in cim10_hierarchy() if category in group)


def cim10_chapter(code: str | None) -> Cim10Group | None:
    """The chapter of a code; None for what no chapter holds."""
    return next((group for group in cim10_groups(code) if group.level == "chapter"), None)


def cim10_block(code: str | None) -> Cim10Group | None:
    """The narrowest block of a code (C34 is in C30-C39, in C00-C75 and in C00-C97); None where it is in none."""
    blocks = [group for group in cim10_groups(code) if group.level == "block"]
    return blocks[-1] if blocks else None


def cim10_prefixes(selection: str) -> tuple[str, ...]:
    """The prefixes of canonical codes that a selection takes: codes and ranges of categories between commas.

    A code takes all codes below it, with or without its star: ``C34*, I21.9, I60-I61`` gives C34, I219, I60, I61.
    ConfigError where a part is neither code nor range.
    """
    return tuple(dict.fromkeys(prefix for part in selection.split(",") for prefix in _expand(part.strip().upper())))


def cim10_pattern(selection: str) -> str:
    """A selection as a regular expression that a canonical code is searched with (``RLIKE`` in SQL)."""
    return f"^({'|'.join(re.escape(prefix) for prefix in cim10_prefixes(selection))})"


def _expand(part: str) -> tuple[str, ...]:
    if ends := _RANGE.fullmatch(part):
        return _categories(*ends.groups())
    code = _CODE.fullmatch(part)
    if code is None:
        raise ConfigError(
            f"CIM-10 selection {part!r} is neither a code (C34, C34*) nor a range of categories (I20-I25)"
        )
    return (code[1] + code[2],)


def _categories(first: str, last: str) -> tuple[str, ...]:
    if first > last:
        raise ConfigError(f"CIM-10 range {first}-{last} ends before it begins")
    letters = range(ord(first[0]), ord(last[0]) + 1)
    codes = (f"{chr(letter)}{number:02}" for letter in letters for number in range(100))
    return tuple(code for code in codes if first <= code <= last)
