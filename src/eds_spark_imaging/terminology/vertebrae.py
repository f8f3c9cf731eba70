"""Levels of the spine: `L4-L5`, `C3 à C7`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from eds_spark_imaging.terminology.data_files import rows
from eds_spark_imaging.terminology.span import Span
from eds_spark_imaging.terminology.text import stems

_JOINING = stems("joining_levels")
_LEVELS = {row["letter"]: (row["body_part"], int(row["last"])) for row in rows("vertebrae")}
_LETTER = f"[{''.join(_LEVELS)}]"
_LEVEL = re.compile(rf"({_LETTER})([0-9]{{1,2}})(?:({_LETTER}?)([0-9]{{1,2}}))?")


# Texts share most of their words.
_level = lru_cache(maxsize=65536)(_LEVEL.fullmatch)


def is_level(word: str, least: int = 0) -> bool:
    """`L4`, `C5C6`; of the back and the neck from the number ``least`` on."""
    match = _level(word)
    return match is not None and (match[1] == "l" or int(match[2]) >= least)


def levels(found: Sequence[Span], category: str, least: int) -> tuple[str, ...]:
    """`L4-L5`, `C5C6`: vertebrae, two of them (``least``) where no word says spine, since L1 or C5 may be anything."""
    if category == "echographie":
        return ()
    letters: list[str] = []
    for span in found:
        match = None if span.entries else _level(span.words[0])
        if match is None:
            if 0 < len(letters) < least and span.words[0] not in _JOINING:
                letters = []
            continue
        # `T1` is a weighting, unless a vertebra of the neck stands before it.
        weighting = match[1] == "t" and int(match[2]) < 3 and letters[-1:] != ["c"]
        if int(match[2]) > _LEVELS[match[1]][1] or weighting:
            continue
        letters.append(match[1])
        if match[4]:
            letters.append(match[3] or match[1])
    of_series = set(letters) == {"s"} and least > 1  # `S1 S2`
    if len(letters) < least or of_series:
        return ()
    parts = tuple(dict.fromkeys(_LEVELS[letter][0] for letter in letters))
    return ("LSSPINE",) if parts == ("LSPINE", "SSPINE") else parts
