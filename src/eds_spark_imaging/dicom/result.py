"""What reading one file gives: the contract between the header reader and the tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from eds_spark_imaging.vocabulary import Word

Scalar = str | int | float | dt.date | dt.datetime
Value = Scalar | list[str | None] | list[int | None] | list[float | None] | None


class HeaderStatus(Word):
    """Outcome of reading a file; the accounting of ``dicom_file`` uses the same words."""

    PARSED = "parsed", "Pixel Data or the end of the data set was reached; values and issues are there"
    NOT_DICOM = "not_dicom", "neither a preamble nor a data set begins the file"
    DICOMDIR = "dicomdir", "a directory of files (PS3.10 section 8), which describes no image itself"
    QUARANTINED = "quarantined", "DICOM or unreadable, not read to the end of its header: no row in `dicom_instance`"


class Issue(NamedTuple):
    """A value that could not be taken as it stands (grain: file x attribute x occurrence).

    ``attribute`` is the column's name, ``tag`` the path of tags as ``(0018,0050)`` or ``(5200,9229)[0](0018,9306)``;
    ``raw`` the text as stored, cut at 256 characters; ``reason`` a word of ``reason.Reason``.
    """

    attribute: str | None
    tag: str | None
    raw: str | None
    reason: str


@dataclass(slots=True)
class Header:
    """One file's header as the reader understands it; it is made for any bytes, the reader never raises on content.

    ``values``: by column, absent where null; a list may be that of other headers too and is not to be changed.
    ``issues``: in no order.
    ``frame_ranges``: for single-valued columns of numbers, dates and times that differ between the frames of one
    object, (smallest, largest); the value itself is then the first frame's. ``frame_conflicts``: the columns of texts,
    ages and arrays in order of which the same is so, sorted. ``offsets``: for datetime columns written
    with a zone, minutes east of UTC. ``header_bytes``: offset of Pixel Data or the end. ``digest``: of the header
    bytes that were read. Filled on request only, by column: ``sources``, the source text that gave the value, and
    ``tags``, the path of tags to its (first) element, as in :class:`Issue`. ``common`` are those of the values that
    are in one dictionary with many other headers, and ``own`` the others, where that is known.
    """

    status: HeaderStatus
    reason: str | None = None
    values: dict[str, Value] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    frame_ranges: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    frame_conflicts: list[str] = field(default_factory=list)
    offsets: dict[str, int] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    has_preamble: bool = False
    has_pixel_data: bool = False
    header_bytes: int = 0
    bytes_read: int = 0
    digest: str | None = None
    common: Mapping[str, Value] | None = field(default=None, repr=False, compare=False)
    own: dict[str, Value] = field(default_factory=dict, repr=False, compare=False)

    def share(self, common: Mapping[str, Value]) -> None:
        """Add ``common`` to the values, which are so far this header's own."""
        self.common, self.own = common, self.values
        self.values = {**common, **self.own}

    def add(self, column: str, value: Value) -> None:
        """Add a value of this header's own."""
        self.values[column] = value
        if self.common is not None:
            self.own[column] = value
