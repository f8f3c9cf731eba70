"""The declared attributes by plain pydicom: what a careful user would write in a page, without converting values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

from eds_spark_imaging.dicom.declaration.attribute import Attribute
from eds_spark_imaging.dicom.declaration.source import Source, Step
from eds_spark_imaging.dicom.parser.plan import FRAME_GROUPS, SHARED_GROUPS


class PydicomReader:
    """Reads the same places as the header reader, in the same order; over frames, all values of an attribute."""

    def __init__(self, attributes: Iterable[Attribute]) -> None:
        self.attributes = tuple(attribute for attribute in attributes if not attribute.derived)
        sources = [source for a in self.attributes for source in (*a.sources, *a.finer)]
        self.groups: dict[int, list[Source]] = {}
        for source in sources:
            if source.frame:
                self.groups.setdefault(source.steps[0].tag, []).append(source)
        tops = {source.steps[0].tag for source in sources if not source.frame and source.steps[0].creator is None}
        self.tags: list[BaseTag | int | str | tuple[int, int]] = [
            Tag(tag) for tag in (*tops, FRAME_GROUPS.tag, SHARED_GROUPS.tag)
        ]

    def plain(self, path: Path) -> dict[str, Any]:
        """Read all of the header, then the attributes."""
        return self.values(pydicom.dcmread(path, stop_before_pixels=True))

    def specific(self, path: Path) -> dict[str, Any]:
        """Let pydicom pass over what is not wanted; it cannot keep private elements by creator, so they are missed."""
        return self.values(pydicom.dcmread(path, stop_before_pixels=True, specific_tags=self.tags))

    def json(self, path: Path) -> dict[str, Any]:
        """The whole header as DICOM JSON, as pipelines that keep everything do."""
        return pydicom.dcmread(path, stop_before_pixels=True).to_json_dict()

    def values(self, dataset: Dataset) -> dict[str, Any]:
        """By column, the values of the best place that has any."""
        frames = self._frames(dataset)
        result = {}
        for attribute in self.attributes:
            for source in (*attribute.sources, *attribute.finer):
                if source.frame:
                    values = frames.get(source.text)
                else:
                    part = dataset.file_meta if source.steps[0].tag < 0x00030000 else dataset
                    values = list(_values(part, source.steps))
                if values:
                    result[attribute.column] = values if len(values) > 1 else values[0]
                    break
        return result

    def _frames(self, dataset: Dataset) -> dict[str, list[Any]]:
        """By source, the values in the functional groups, of the frames or, where they have none, shared."""
        result: dict[str, list[Any]] = {}
        for groups in (FRAME_GROUPS, SHARED_GROUPS):
            if groups.tag not in dataset.keys():  # noqa: SIM118 - the data set's own look-up is slower
                continue
            found: dict[str, list[Any]] = {}
            for item in dataset[groups.tag].value:
                for tag in item.keys() & self.groups.keys():
                    for source in self.groups[tag]:
                        if values := list(_values(item, source.steps)):
                            found.setdefault(source.text, []).extend(values)
            result = found | result
        return result


def _values(dataset: Dataset, steps: tuple[Step, ...]) -> Iterator[Any]:
    tag, creator = steps[0].tag, steps[0].creator
    there = dataset.keys()  # a look-up by number; that of the data set itself is slower
    if creator is not None:
        if tag & 0xFFFF0000 | 0x10 not in there:
            return
        try:
            tag = dataset.private_block(tag >> 16, creator).get_tag(tag & 0xFF)
        except KeyError:
            return
    if tag not in there:
        return
    value = dataset[tag].value
    if len(steps) > 1:
        for item in value or ():
            yield from _values(item, steps[1:])
    elif value is not None and value != "":
        yield value
