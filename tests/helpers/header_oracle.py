"""What pydicom makes of a data set for one attribute: written from the standard, without the reader's code."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.valuerep import DT

from eds_spark_imaging.dicom.declaration.attribute import Attribute, Kind, Source, Step

AGE_UNITS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1}


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
    try:
        block = dataset.private_block(step.tag >> 16, step.creator)
    except KeyError:
        return None
    return block[step.tag & 0xFF] if (step.tag & 0xFF) in block else None  # noqa: SIM401 - a block has no get


def _elements(dataset: Dataset, steps: tuple[Step, ...]) -> Iterator[DataElement]:
    element = _element(dataset, steps[0])
    if element is None:
        return
    if len(steps) == 1:
        yield element
    elif element.VR == "SQ":
        for item in element.value or ():
            yield from _elements(item, steps[1:])


def _places(attribute: Attribute, dataset: Dataset) -> Iterator[tuple[Source, list[DataElement], bool]]:
    for source in (s for s in attribute.sources if s.frame):
        frames = [list(_elements(item, source.steps)) for item in dataset.get("PerFrameFunctionalGroupsSequence") or ()]
        frames = [frame for frame in frames if any(not element.is_empty for element in frame)]
        if attribute.many:
            frames = frames[:1]
        yield source, [element for frame in frames for element in frame], True
        shared = dataset.get("SharedFunctionalGroupsSequence") or ()
        yield source, [element for item in shared for element in _elements(item, source.steps)], False
    for source in (s for s in attribute.sources if not s.frame):
        yield source, list(_elements(dataset, source.steps)), False


def expected(attribute: Attribute, dataset: Dataset) -> Any:
    """The attribute's value by pydicom; None where there is none. Raises ValueError where it cannot be converted."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for source, elements, _ in _places(attribute, dataset):
            values = [value for element in elements for value in _values(element, attribute, source)]
            if not values:
                continue
            if attribute.many:
                return values
            return sorted(set(values)) if attribute.is_array else values[0]
    return None


def frame_range(attribute: Attribute, dataset: Dataset) -> tuple[float, float] | None:
    """Smallest and largest value over the frames, where they differ."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for source, elements, per_frame in _places(attribute, dataset):
            values = [value for element in elements for value in _values(element, attribute, source)]
            if values:
                return (min(values), max(values)) if per_frame and min(values) < max(values) else None
    return None


def _values(element: DataElement, attribute: Attribute, source: Source) -> list[Any]:
    if element.is_empty:
        return []
    parts = list(element.value) if isinstance(element.value, MultiValue | list) else [element.value]
    if source.number:
        parts = parts[source.number - 1 : source.number]
    if not attribute.is_array:
        parts = parts[:1]
    values = []
    for part in parts:
        if isinstance(part, bytes):
            raise ValueError("bytes")
        text = _plain(str(part))
        if text or (attribute.many and attribute.kind is Kind.STRING):
            values.append(_value(text, part, attribute.kind, source))
    while values and values[-1] == "":
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
            return int(text[:-1]) * AGE_UNITS[text[-1]]
