"""Where a value sits in the header: what the text of a source names.

A *source* says where a value sits in the header (PS3.5 section 7, PS3.3 C.7.6.16), as text:

- ``KVP``: an element of the data set's top level, by its PS3.6 keyword;
- ``RadiopharmaceuticalInformationSequence.RadionuclideTotalDose``: lifted from a sequence;
- ``@CTExposureSequence.ExposureTimeInms``: from the per-frame or shared functional groups;
- ``(0019,xx0C)[SIEMENS MR HEADER]``: a private element, by its creator; ``xx`` is the creator's block;
- ``ExposureInuAs*0.001``: any of these, times a factor that brings it to the column's unit;
- ``(0043,xx39)[GEMS_PARM_01]#1%1000000000``: only the first of its values, and its remainder by the number after %.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from pydicom.datadict import dictionary_has_tag, dictionary_VR, tag_for_keyword

from eds_spark_imaging.errors import ConfigError

_LEAST: Final = 1e-100  # of factors and remainders, so that values stay numbers
_TAG = re.compile(r"\(([0-9A-Fa-f]{4}),([0-9A-Fa-f]{4})\)")
_PRIVATE = re.compile(r"\(([0-9A-Fa-f]{4}),xx([0-9A-Fa-f]{2})\)\[([^\]]+)\]")
_SPLIT = re.compile(r"\.(?![^\[]*\])")
_SOURCE = re.compile(r"(@?)((?:\[[^\]]*\]|[^\[#%*])*)(?:#([1-9]\d*))?(?:%([^*]*))?(?:\*(.*))?")


@dataclass(frozen=True, slots=True)
class Step:
    """One element on the way to a value; ``creator`` marks a private one, whose tag is group and low byte."""

    tag: int
    creator: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value sits: steps from the top level, or from a functional group where ``frame`` is true.

    ``number`` picks one value of several, from 1; 0 takes all. The value is the remainder by ``modulo`` where that is
    not 0, then times ``scale``.
    """

    text: str
    steps: tuple[Step, ...]
    frame: bool = False
    scale: float = 1.0
    number: int = 0
    modulo: float = 0.0


def _step(text: str) -> Step:
    if match := _PRIVATE.fullmatch(text):
        group, element, creator = match.groups()
        if int(group, 16) % 2 == 0:
            raise ConfigError(f"private element {text}: its group must be odd")
        return Step(int(group, 16) << 16 | int(element, 16), creator)
    if match := _TAG.fullmatch(text):
        return Step(int(match[1], 16) << 16 | int(match[2], 16))
    tag = tag_for_keyword(text) if text else None  # the dictionary has elements without keyword
    if tag is None:
        raise ConfigError(f"unknown DICOM keyword: {text}")
    return Step(tag)


@cache
def parse_source(text: str) -> Source:
    """The source that ``text`` names. Raises ConfigError on an unknown keyword or a malformed tag."""
    match = _SOURCE.fullmatch(text)
    if match is None:
        raise ConfigError(f"source {text}: expected [@]path[#number][%modulo][*factor]")
    frame, path, number, modulo, factor = match.groups()
    try:
        scale = 1.0 if factor is None else float(factor)
        remainder = 0.0 if modulo is None else float(modulo)
    except ValueError:
        raise ConfigError(f"source {text}: what follows % or * is not a number") from None
    if not (_LEAST < abs(scale) < 1 / _LEAST and (modulo is None or _LEAST < remainder < 1 / _LEAST)):
        raise ConfigError(f"source {text}: a factor, or what follows %, lies between {_LEAST} and {1 / _LEAST}")
    steps = tuple(_step(part) for part in _SPLIT.split(path))
    return Source(text, steps, bool(frame), scale, int(number or 0), remainder)


def dictionary_vr(source: Source) -> str | None:
    """The VR of the source's element by PS3.6; None of private and unknown ones."""
    step = source.steps[-1]
    return None if step.creator or not dictionary_has_tag(step.tag) else dictionary_VR(step.tag)
