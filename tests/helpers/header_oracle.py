"""What pydicom makes of a data set for one attribute: written from the standard, without the reader's code."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.valuerep import DT

from eds_spark_imaging.dicom.declaration.attribute import WIDEST, Attribute, Kind
from eds_spark_imaging.dicom.declaration.source import Source, Step

ORDERED = (Kind.DOUBLE, Kind.BIGINT, Kind.DATE, Kind.TIME, Kind.DATETIME)  # their smallest and largest values are kept
AGE_UNITS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1}
OLDEST = 130  # years: older is nobody


def has_one_value(attribute: Attribute) -> bool:
    """Whether the column holds what one frame says, not what all of them say."""
    return bool(attribute.many or attribute.each or not attribute.is_array) and not attribute.frames


def packaged_files() -> list[Path]:
    """The DICOM files inside pydicom's own package; nothing is fetched."""
    root = Path(pydicom.__file__).parent / "data"
    return sorted(path for path in root.rglob("*") if path.is_file() and path.suffix == ".dcm")


def read(source: Any) -> Dataset:
    """pydicom's data set, file meta information included, warnings aside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(source, force=True, stop_before_pixels=True)
        meta = getattr(dataset, "file_meta", None) or Dataset()
        merged = Dataset()
        merged.update(dataset)
        merged.__dict__.update(_read_implicit=dataset.is_implicit_VR)
        for element in meta:
            merged._dict[element.tag] = element
        return merged


def _element(dataset: Dataset, step: Step) -> DataElement | None:
    if step.creator is None:
        return dataset.get(step.tag)
    group = step.tag >> 16
    if all(tag >> 16 != group for tag in dataset.keys()):  # noqa: SIM118 - iteration would give the elements
        return None
    try:
        block = dataset.private_block(group, step.creator)
    except KeyError:
        return None
    return block[step.tag & 0xFF] if (step.tag & 0xFF) in block else None  # noqa: SIM401 - a block has no get


Way = tuple[Step, ...]
FRAMES, SHARED = Step(0x52009230), Step(0x52009229)
CONVERTED = {FRAMES: Step(0x00209171), SHARED: Step(0x00209170)}


class Oracle:
    """A declaration as pydicom's data sets are to be read by it.

    Below a sequence, single values come from the first item that has any declared value; arrays declared with ``each``
    have so many elements for each item. Attributes whose places are the same sequences are read from one of them.
    """

    def __init__(self, attributes: Iterable[Attribute]) -> None:
        self.attributes = [attribute for attribute in attributes if not attribute.derived]
        self._below: dict[Way, set[Step]] = {}  # by the way to a data set: what is declared in it, frames left out
        self._groups: dict[tuple[Way, ...], list[Attribute]] = {}
        self._listed: set[Way] = set()
        self._all_frames: list[Dataset] = []
        self._frames_are_of: tuple[Dataset | None, Step | None] = (None, None)
        self._chosen_in_frames: dict[Way, int | None] = {}  # by the way, of the frames at hand
        for attribute in self.attributes:
            for source, way in self.places(attribute):
                plain = tuple(step for step in way if step not in (FRAMES, SHARED))
                for number, step in enumerate(plain):
                    self._below.setdefault(plain[:number], set()).add(step)
                if attribute.each and len(source.steps) > 1:
                    self._listed.add(plain[:-1])
            self._groups.setdefault(self._sequences(attribute), []).append(attribute)

    def places(self, attribute: Attribute) -> Iterator[tuple[Source, Way]]:
        """Where the attribute may be: each source, and the way to it."""
        others = [source for source in attribute.sources if not source.frame]
        top = [(source, source.steps) for source in others]
        framed = [
            (source, (groups, *source.steps))
            for source in attribute.sources
            if source.frame
            for groups in (FRAMES, SHARED)
        ]
        yield from [*top, *framed] if attribute.top_first else [*framed, *top]
        for source in others:
            if source.steps[0].tag >> 16 != 2:
                for groups, unassigned in CONVERTED.items():
                    yield source, (groups, unassigned, *source.steps)

    def _sequences(self, attribute: Attribute) -> tuple[Way, ...]:
        return tuple(dict.fromkeys(way[:-1] for _, way in self.places(attribute)))

    def _has_value(self, dataset: Dataset, way: Way) -> bool:
        """Whether anything that is declared below the way has a value."""
        present = dataset.keys()
        for step in self._below.get(way, ()):
            if step.creator is None and step.tag not in present:  # as most are
                continue
            element = _element(dataset, step)
            if element is None:
                continue
            if element.VR != "SQ":
                if _is_told(element):
                    return True
            elif any(self._has_value(item, (*way, step)) for item in element.value):
                return True
        return False

    def _items(
        self, datasets: list[Dataset | None], way: Way, *, listing: bool, done: Way = ()
    ) -> list[Dataset | None]:
        """The items at the end of the way from these data sets: of a sequence that is not listed only the chosen."""
        if not way:
            return datasets
        here = (*done, way[0])
        found: list[Dataset | None] = []
        for dataset in datasets:
            items = [] if dataset is None else _items_of(dataset, way[0])
            if not listing or here not in self._listed:
                index = self._chosen(items, here)
                items = items[index : index + 1]
            found += items or ([None] if listing and done in self._listed else [])
        return self._items(found, way[1:], listing=listing, done=here)

    def _chosen(self, items: list[Dataset], way: Way) -> int:
        """The first item that has a value; in a frame, that of the first frame where one has."""
        if way not in self._chosen_in_frames:
            self._chosen_in_frames[way] = self._first(way, (self._in_chosen(frame, way) for frame in self._all_frames))
        chosen = self._chosen_in_frames[way]
        return (self._first(way, [items]) or 0) if chosen is None else chosen

    def _first(self, way: Way, sequences: Iterable[list[Dataset]]) -> int | None:
        found = (number for sequence in sequences for number, item in enumerate(sequence) if self._has_value(item, way))
        return next(found, None)

    def _in_chosen(self, frame: Dataset, way: Way) -> list[Dataset]:
        """A frame's items at the end of the way, in the chosen items of the sequences around."""
        items = [frame]
        for number, step in enumerate(way):
            index = self._chosen(items, way[:number]) if number else 0
            items = _items_of(items[index], step) if index < len(items) else []
        return items

    def _frames(self, dataset: Dataset, way: Way) -> tuple[list[Dataset], Way]:
        """The data sets that are frames, or the one that is none, and the way from there."""
        if way[0] in (FRAMES, SHARED):
            return _items_of(dataset, way[0]), way[1:]
        return [dataset], way

    def _of_frames(self, dataset: Dataset, groups: Step | None, frames: list[Dataset]) -> None:
        if self._frames_are_of[0] is not dataset or self._frames_are_of[1] != groups:
            self._frames_are_of = (dataset, groups)
            self._all_frames = frames if groups else []
            self._chosen_in_frames = {}

    def _elements(
        self, attribute: Attribute, source: Source, way: Way, dataset: Dataset
    ) -> list[list[DataElement | None]]:
        """The elements in the items that values are taken from, for each frame."""
        result = []
        frames, rest = self._frames(dataset, way)
        self._of_frames(dataset, way[0] if way[0] in (FRAMES, SHARED) else None, frames)
        for frame in frames:
            width = attribute.each if len(source.steps) > 1 else 0
            items = self._items([frame], rest[:-1], listing=bool(width))
            if attribute.is_array and not attribute.many and not width:
                items = list(_all(frame, rest[:-1]))
            result.append([None if item is None else _element(item, rest[-1]) for item in items])
        return result

    def _read(self, attribute: Attribute, source: Source, way: Way, dataset: Dataset) -> list[list[Any]]:
        """The values, for each frame."""
        result = []
        for elements in self._elements(attribute, source, way, dataset):
            width = attribute.each if len(source.steps) > 1 else 0
            by_item = [[] if e is None else _values(e, attribute, source, width) for e in elements]
            if width == WIDEST:
                width = max(map(len, by_item), default=0)
            if width:
                by_item = [[*values[:width], *[None] * (width - len(values))] for values in by_item]
            elif not attribute.is_array or attribute.many:
                by_item = by_item[:1]
            result.append([value for values in by_item for value in values])
        return result

    def _found(self, attribute: Attribute, dataset: Dataset) -> Iterator[tuple[list[list[Any]], bool]]:
        """Place by place, the values for each frame, and whether frames may differ; alternatives in an item merged."""
        sequences = self._sequences(attribute)
        places = list(self.places(attribute))
        if () in sequences:
            for source, way in places:
                yield self._read(attribute, source, way, dataset), way[0] == FRAMES
            return
        for sequence in sequences:
            told = {
                number
                for other in self._groups[sequences]
                for source, way in self.places(other)
                if way[:-1] == sequence
                for number, elements in enumerate(self._elements(other, source, way, dataset))
                if any(element is not None and _is_told(element) for element in elements)
            }
            if not told:
                continue
            alternatives = [
                self._read(attribute, source, way, dataset) for source, way in places if way[:-1] == sequence
            ]
            frames = [_first_known(frame) for frame in zip(*alternatives, strict=True)]
            if attribute.is_array and not attribute.each and not attribute.many:
                yield frames, True
            elif any(value is not None for value in frames[min(told)]):
                yield frames[min(told) :], sequence[:1] == (FRAMES,)
            return

    def expected(self, attribute: Attribute, dataset: Dataset) -> Any:
        """The attribute's value by pydicom, None where there is none. Raises ValueError where none can be made."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = self._usual(attribute, dataset)
            for source in attribute.finer:
                fine = [v for frame in self._read(attribute, source, source.steps, dataset) for v in frame]
                if fine:
                    rounded = value is not None and value == int(value) and (value == 0 or abs(value - fine[0]) < 1)
                    return fine[0] if value is None or rounded else value
            return value

    def _usual(self, attribute: Attribute, dataset: Dataset) -> Any:
        for frames, _ in self._found(attribute, dataset):
            known = [frame for frame in frames if any(value is not None for value in frame)]
            if not known:
                continue
            if attribute.frames:
                different = dict.fromkeys(tuple(frame) for frame in known if len(frame) == attribute.frames)
                return [value for frame in different for value in frame] or None
            if attribute.many or attribute.each:
                return known[0]
            values = [value for frame in known for value in frame]
            return sorted(set(values)) if attribute.is_array else values[0]
        return None

    def frame_range(self, attribute: Attribute, dataset: Dataset) -> tuple[Any, Any] | None:
        """Smallest and largest value over the frames, where they differ."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for frames, per_frame in self._found(attribute, dataset):
                if values := [value for frame in frames for value in frame]:
                    return (min(values), max(values)) if per_frame and min(values) < max(values) else None
        return None

    def frames_differ(self, attribute: Attribute, dataset: Dataset) -> bool:
        """Whether a frame has another value than the first that has one."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for frames, per_frame in self._found(attribute, dataset):
                if known := [tuple(_without_end(frame)) for frame in frames if any(v is not None for v in frame)]:
                    return per_frame and len(set(known)) > 1
        return False


def _without_end(values: list[Any]) -> list[Any]:
    while values and values[-1] is None:
        values = values[:-1]
    return values


def _is_told(element: DataElement) -> bool:
    """Whether any of an element's values is not empty, whatever becomes of it."""
    values = element.value if isinstance(element.value, MultiValue | list) else [element.value]
    return not element.is_empty and any(str(value).strip(" \0") for value in values)


def _items_of(dataset: Dataset, step: Step) -> list[Dataset]:
    """The items of a sequence."""
    element = _element(dataset, step)
    return [] if element is None or element.VR != "SQ" else list(element.value or ())


def _all(dataset: Dataset, way: Way) -> list[Dataset]:
    """All items at the end of the way."""
    if not way:
        return [dataset]
    return [inner for item in _items_of(dataset, way[0]) for inner in _all(item, way[1:])]


def _first_known(alternatives: tuple[list[Any], ...]) -> list[Any]:
    """Of lists of one length the first that is known at each place; of others the first that is not empty."""
    if len({len(values) for values in alternatives}) == 1:
        return [next((v for v in at if v is not None), None) for at in zip(*alternatives, strict=True)]
    return next((values for values in alternatives if values), [])


def _values(element: DataElement, attribute: Attribute, source: Source, each: int) -> list[Any]:
    if element.is_empty:
        return []
    parts = list(element.value) if isinstance(element.value, MultiValue | list) else [element.value]
    if source.number:
        parts = parts[source.number - 1 : source.number]
    if not attribute.is_array or each == 1:
        parts = parts[:1]
    values = []
    for part in parts:
        if isinstance(part, bytes):
            raise ValueError("bytes")
        text = _plain(str(part))
        if text or attribute.many:
            values.append(_value(text, part, attribute.kind, source) if text else None)
    while values and values[-1] is None:
        values.pop()
    return values


def _plain(text: str) -> str:
    return re.sub(r"\r\n|[\x00-\x1f\x7f]", " ", text.rstrip(" \0")).strip(" ")


def _value(text: str, part: Any, kind: Kind, source: Source) -> Any:
    match kind:
        case Kind.STRING:
            return text
        case Kind.DOUBLE | Kind.BIGINT:
            number = float(part)
            if source.modulo:
                number %= source.modulo
            if source.scale == 0.001:
                number = number / 1000
            elif source.scale != 1:
                number *= source.scale
            if kind is Kind.BIGINT and number != int(number):
                raise ValueError("fraction")
            return int(number) if kind is Kind.BIGINT else number
        case Kind.DATE:
            return dt.datetime.strptime(re.sub(r"[.\-/]", "", text), "%Y%m%d").date()
        case Kind.TIME:
            whole, _, fraction = text.replace(":", "").partition(".")
            clock = dt.datetime.strptime(whole.ljust(6, "0"), "%H%M%S")
            digits = fraction[:6].ljust(6, "0")
            return f"{clock:%H:%M:%S}" + (f".{digits}" if int(digits) else "")
        case Kind.DATETIME:
            return DT(text).replace(tzinfo=None)
        case Kind.AGE:
            if not re.fullmatch(r"\d{1,3}[DWMY]", text):
                raise ValueError("age")
            age = int(text[:-1]) * AGE_UNITS[text[-1]]
            if age > OLDEST:
                raise ValueError("age")
            return age
