"""The declared attributes by fastdicom (in Rust): the places of the header reader, without converting values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from eds_spark_imaging.dicom.declaration.attribute import Attribute
from eds_spark_imaging.dicom.declaration.source import Step
from eds_spark_imaging.dicom.parser.plan import FRAME_GROUPS, SHARED_GROUPS


class FastdicomReader:
    """Reads the public places of the declaration; private elements by creator it has no way to ask for."""

    def __init__(self, attributes: Iterable[Attribute]) -> None:
        import fastdicom

        self._read = fastdicom.dcmread
        self._attributes = [
            (attribute.column, [(s.frame, s.steps) for s in (*attribute.sources, *attribute.finer) if not _private(s)])
            for attribute in attributes
            if not attribute.derived
        ]

    def __call__(self, path: Path) -> dict[str, Any]:
        """By column, the values of the best place that has any."""
        dataset = self._read(str(path), stop_before_pixels=True)
        groups = [dataset.get(_tag(step), None) or () for step in (FRAME_GROUPS, SHARED_GROUPS)]
        result = {}
        for column, sources in self._attributes:
            for frame, steps in sources:
                roots = [item for items in groups for item in items] if frame else [dataset]
                values = [value for root in roots for value in _values(root, steps)]
                if values:
                    result[column] = values if len(values) > 1 else values[0]
                    break
        return result


def _private(source: Any) -> bool:
    return any(step.creator is not None for step in source.steps)


def _tag(step: Step) -> tuple[int, int]:
    return step.tag >> 16, step.tag & 0xFFFF


def _values(dataset: Any, steps: tuple[Step, ...]) -> Iterator[Any]:
    value = dataset.get(_tag(steps[0]), None)
    if value is None or value == "":
        return
    if len(steps) == 1:
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _values(item, steps[1:])
