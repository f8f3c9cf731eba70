"""What one extracted DICOM attribute is: the building block of the declaration that drives everything.

The reader's tag set, the Arrow and Spark schemas, the aggregation over a series, the column comments and
``docs/tables.md`` all derive from :class:`Attribute`. Sites add their own in TOML with the same fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from eds_spark_imaging.dicom.declaration.source import Source, dictionary_vr, parse_source
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.treatment import Treatment


class Level(StrEnum):
    """The entity of the DICOM information model that a value describes; it picks the table."""

    STUDY = "study"
    SERIES = "series"
    ACQUISITION = "acquisition"
    INSTANCE = "instance"


class Aggregate(StrEnum):
    """How the values of the instances (and frames) of a series or study become one."""

    CONSTANT = "constant"  # the most frequent value, ties to the smallest; varying ones are named in `conflicts`
    MIN_MAX = "min_max"  # two columns, `_min` and `_max`
    DISTINCT = "distinct"  # the sorted distinct values; an array already in dicom_instance
    NONE = "none"  # instance level only


class Kind(StrEnum):
    """The type of the column. ``time`` is text ``HH:MM:SS[.ffffff]``; ``age`` is in years."""

    STRING = "string"
    DOUBLE = "double"
    BIGINT = "bigint"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    AGE = "age"


WIDEST: Final = -1  # values of each item: as many as the item with most has


def snake_case(keyword: str) -> str:
    """The column of a DICOM keyword: ``XRayTubeCurrent`` -> ``x_ray_tube_current``."""
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", keyword)
    return re.sub(r"([a-z\d])([A-Z])", r"\1_\2", spaced).lower()


_SHOWN = (Treatment.KEEP, Treatment.MASK, Treatment.ALLOW_BY_NAME)  # as it stands, if at all
_MOMENTS = (Kind.DATE, Kind.TIME, Kind.DATETIME)
_NUMBER_VRS = frozenset({"DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"})
# Numbers that the Basic Profile removes (PS3.15 table E.1-1): size, weight and pregnancy of the patient, and places by
# satellite, in the group of photographs.
_PERSONAL, _PHOTOGRAPH = (0x00101020, 0x00101030, 0x001021C0), 0x0016


@dataclass(frozen=True, slots=True)
class Attribute:
    """One declared attribute: a column, where it is read, and what it means.

    ``sources`` are tried in order, functional groups before top-level elements, or after them with ``top_first``.
    ``many`` keeps every value of a multi-valued element, in order; otherwise the first is the value and more than one
    is an issue. ``modalities`` empty means all. ``unit`` is the column's unit after scaling.

    Below a sequence, all columns take their values from its first item that has any. With ``each`` they are arrays of
    so many elements for each item, null where the item has no value, so that the columns of one sequence line up;
    ``WIDEST`` gives each item as many as the one with most. ``frames`` takes so many values from every frame, one frame
    after another; values that an earlier frame has are left out, and so is a frame with more or fewer. ``finer`` are
    sources of the same quantity that are used where what ``sources`` give is their rounding, or 0. A ``derived``
    attribute is computed from other columns: its sources only say from which elements.
    """

    sources: tuple[Source, ...]
    column: str
    kind: Kind
    level: Level
    aggregate: Aggregate = Aggregate.CONSTANT
    comment: str = ""
    unit: str | None = None
    modalities: frozenset[str] = field(default_factory=frozenset)
    many: bool = False
    identifying: bool = False
    each: int = 0
    frames: int = 0
    finer: tuple[Source, ...] = ()
    derived: bool = False
    top_first: bool = False
    treatment: Treatment | None = None

    def __post_init__(self) -> None:
        if self.aggregate is Aggregate.MIN_MAX and (self.is_array or self.kind is Kind.STRING):
            raise ConfigError(f"attribute {self.column}: min_max needs a single number or date")
        if self.each and not (self.is_array and any(len(source.steps) > 1 for source in self.sources)):
            raise ConfigError(f"attribute {self.column}: each needs an array and a sequence")
        if self.frames and not (self.many and not self.each and all(source.frame for source in self.sources)):
            raise ConfigError(f"attribute {self.column}: frames needs many, and functional groups alone")
        if fault := self._fault:
            raise ConfigError(f"attribute {self.column}: {fault}, so not {self.treatment}")

    @property
    def _fault(self) -> str | None:
        """Why the attribute cannot have its treatment; None where it can."""
        vrs = {dictionary_vr(source) for source in (*self.sources, *self.finer)}
        if self.identifying and self.treatment in (*_SHOWN, Treatment.SHIFT):
            return "what identifies a person is neither kept nor moved"
        if self.treatment is Treatment.SHIFT and self.kind not in _MOMENTS:
            return "only dates and times can be moved"
        if self.treatment in _SHOWN and (self.kind in (*_MOMENTS, Kind.AGE) or vrs & {"AS", "DA", "DT", "PN", "TM"}):
            return "dates, times, ages and names never stay as they stand"
        if self.treatment is Treatment.KEEP and self.kind is Kind.STRING:
            return "a text may hold anything: mask or allow_by_name"
        if self.treatment is Treatment.KEEP and not self.is_measure:
            return "only numbers that tell nothing of a person are kept"
        return None

    @property
    def is_measure(self) -> bool:
        """True of a number that every source holds as one, and that the Basic Profile leaves."""
        vrs = {source.steps[-1].tag: dictionary_vr(source) for source in (*self.sources, *self.finer)}
        known = {tag: vr for tag, vr in vrs.items() if vr is not None}
        named = any(tag in _PERSONAL or tag >> 16 == _PHOTOGRAPH for tag in known)
        return not named and set(known.values()) <= _NUMBER_VRS

    @property
    def is_array(self) -> bool:
        """True where the column of dicom_instance is an array."""
        return self.many or self.aggregate is Aggregate.DISTINCT

    @property
    def path(self) -> str:
        """The first source as text: the DICOM path shown in comments and docs."""
        return self.sources[0].text

    @property
    def aligned(self) -> str | None:
        """The sequence, as text, with whose other arrays the array lines up; None where it is of one element."""
        if not self.each:
            return None
        return next(s.text.rpartition(".")[0] for s in self.sources if len(s.steps) > 1)


def attribute(
    sources: str | Iterable[str],
    kind: str,
    level: str,
    aggregate: str = "constant",
    *,
    column: str | None = None,
    comment: str = "",
    unit: str | None = None,
    modalities: Iterable[str] = (),
    many: bool = False,
    identifying: bool = False,
    each: int | None = None,
    frames: int = 0,
    finer: str | Iterable[str] = (),
    derived: bool = False,
    top_first: bool = False,
    treatment: str | None = None,
) -> Attribute:
    """Declare an attribute; the column defaults to the last keyword of the first source in snake case.

    Without ``each``, what is many and only in sequences has one element for each item; anything else has the values of
    one element. The treatment defaults to that of the kind of value, if there is one.
    Raises ConfigError where a name or combination is not possible.
    """
    texts = (sources,) if isinstance(sources, str) else tuple(sources)
    if not texts:
        raise ConfigError("an attribute needs at least one source")
    parsed = tuple(parse_source(text) for text in texts)
    if each is None:
        each = int(many and all(len(source.steps) > 1 and not source.frame for source in parsed))
    name = column or snake_case(re.split(r"[.@]", texts[0].partition("*")[0])[-1])
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ConfigError(f"attribute {texts[0]}: column name {name!r} is not lower snake case; give `column`")
    try:
        result = Attribute(
            sources=parsed,
            column=name,
            kind=Kind(kind),
            level=Level(level),
            aggregate=Aggregate.NONE if level == Level.INSTANCE else Aggregate(aggregate),
            comment=comment,
            unit=unit,
            modalities=frozenset(modalities),
            many=many,
            identifying=identifying,
            each=each,
            frames=frames,
            finer=tuple(parse_source(text) for text in ((finer,) if isinstance(finer, str) else finer)),
            derived=derived,
            top_first=top_first,
            treatment=Treatment(treatment) if treatment else None,
        )
    except ValueError as error:
        raise ConfigError(f"attribute {texts[0]}: {error}") from None
    return result if treatment else replace(result, treatment=_by_kind(result))


def _by_kind(attribute: Attribute) -> Treatment | None:
    """The treatment where what the value is leaves no doubt; None where the declaration has to say.

    VRs as in PS3.5 table 6.2-1: CS is a word of a list, which nothing keeps from holding a name in real files; LT, ST
    and UT are free text.
    """
    if attribute.kind is not Kind.STRING:
        if attribute.identifying or attribute.kind is Kind.AGE:
            return None
        if attribute.kind in _MOMENTS:
            return Treatment.SHIFT
        return Treatment.KEEP if attribute.is_measure else None
    vr = dictionary_vr(attribute.sources[0])
    if attribute.identifying:
        return Treatment.DROP if vr == "PN" else Treatment.PSEUDONYM
    if vr in ("LT", "ST", "UT"):
        return Treatment.ALLOW_BY_NAME
    return Treatment.MASK if vr == "CS" else None
