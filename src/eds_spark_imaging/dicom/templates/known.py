"""The templates that one reader keeps in mind: which are learnt, and how the one of a file is found."""

from __future__ import annotations

import struct
from contextlib import suppress
from threading import Lock
from typing import Final

from pydicom.datadict import tag_for_keyword

from eds_spark_imaging.dicom.parser.byte_order import LITTLE
from eds_spark_imaging.dicom.parser.plan import Plan
from eds_spark_imaging.dicom.reason import Reason
from eds_spark_imaging.dicom.result import Header, HeaderStatus
from eds_spark_imaging.dicom.templates.example import Example
from eds_spark_imaging.dicom.templates.leaves import Leaves, UnusualError, sequences_of
from eds_spark_imaging.dicom.templates.template import Charsets, ElsewhereError, Template
from eds_spark_imaging.storage.source import ByteSource

LEAST: Final = 512  # bytes that are worth it
MAX_TEMPLATES: Final = 256
MAX_ALIKE: Final = 4  # of files that begin alike
MAX_KINDS: Final = 1024
FEW: Final = 12  # values that newly vary; where more do, it is another series than one that was recognised
MAKING: Final = 12  # what a template costs, in files that are then recognised
WIDENING: Final = 6
CREDIT: Final = 2 * (MAKING + WIDENING)  # to begin with, and the most that is saved up
RARELY: Final = 256  # without credit, one in so many files is learnt

# Before anything was met: instance UIDs, times, number and position of an image.
USUALLY_VARYING: Final = tuple(
    int(tag_for_keyword(keyword) or 0)
    for keyword in (
        "FileMetaInformationGroupLength",
        "MediaStorageSOPInstanceUID",
        "SOPInstanceUID",
        "InstanceCreationTime",
        "AcquisitionTime",
        "ContentTime",
        "InstanceNumber",
        "ImagePositionPatient",
        "SliceLocation",
    )
)
_BEGINNING: Final = slice(144, 192)  # from behind the length of the file meta information to its SOP class, mostly
_UNUSUAL: Final = frozenset((Reason.WRONG_TRANSFER_SYNTAX, Reason.TAG_ORDER, Reason.ISSUES_DROPPED))


class Templates:
    """What one reader has met: examples by how files begin, the latest first.

    Several threads may read with it. What they look up is never changed, but replaced.
    """

    def __init__(self, plan: Plan, charsets: Charsets) -> None:
        self.known: dict[bytes, tuple[Example, ...]] = {}
        self._plan = plan
        self._charsets = charsets
        self._sequences = sequences_of(plan.top)
        self._misses: dict[int, int] = {}  # by how the file begins, and which columns it fills
        self._came_again = False  # something that was learnt, since the last miss
        self._varying = {LITTLE.key(tag) for tag in USUALLY_VARYING}  # keys of tags whose values
        self._sized = self._varying.copy()  # and whose lengths vary
        self._credit = CREDIT
        self._without = 0
        self._learning = Lock()

    def header(self, source: ByteSource, data: bytes) -> Header | None:
        """The header of ``source``, which begins with ``data``, where its template is known. Raises OSError."""
        beginning = data[_BEGINNING]
        examples = self.known.get(beginning, ())
        for example in examples:
            template = example.template
            found = template.values(data)
            if found is not None:
                if example is not examples[0]:
                    self.known[beginning] = (example, *(other for other in examples if other is not example))
                return self._header(example, template, source, data, *found)
        return None

    def _header(  # noqa: PLR0917
        self, example: Example, template: Template, source: ByteSource, data: bytes, raws: list[bytes], length: int
    ) -> Header | None:
        try:
            header = template.header(source, data, raws, length)
        except ElsewhereError as error:
            with self._learning:
                example.widen(elsewhere=error.attributes)
            return None
        if header is not None:
            example.is_of_use = True
            self._credit = min(self._credit + 1, CREDIT)
            self._came_again = True
        return header

    def learn(self, data: bytes, header: Header) -> None:
        """Keep in mind how a file that was read begins, where others that are alike were met before.

        Ever more rarely while nothing that was learnt comes again: it takes some times as long as reading.
        """
        if header.status is not HeaderStatus.PARSED or not header.has_preamble:
            return
        if len(self._misses) >= MAX_KINDS:
            self._misses.clear()
        beginning = data[_BEGINNING]
        kind = hash((beginning, frozenset(header.values)))
        before = self._misses.get(kind)
        misses = self._misses[kind] = (before or 0) + 1
        came_again, self._came_again = self._came_again, False
        if before is None or any(issue.reason in _UNUSUAL for issue in header.issues):
            return
        if self._credit > 0:
            is_time = came_again or misses & (misses - 1) == 0
        else:
            self._without += 1
            is_time = self._without % RARELY == 0
        if is_time:
            with self._learning, suppress(UnusualError, struct.error):
                self._take_in(beginning, data)

    def _take_in(self, beginning: bytes, data: bytes) -> None:
        """Widen an example, or keep another one. Raises UnusualError, struct.error."""
        found = Leaves(data, self._sequences)
        examples = self.known.get(beginning, ())
        for example in examples:
            differing = example.differing(data, found)
            if differing is None:
                continue
            values, lengths = differing
            if len(values) <= FEW or not example.is_of_use or len(examples) == MAX_ALIKE:
                self._credit -= WIDENING
                example.widen(varying=values, sized=lengths)
                if len(values) <= FEW:
                    self._varying.update(example.keys(values))
                self._sized.update(example.keys(lengths))
                return
        self._credit -= MAKING
        if found.position < LEAST:
            return
        example = Example(data, found, self._plan, self._charsets, self._varying, self._sized)
        if example.length >= LEAST:
            self._keep(beginning, example)

    def _keep(self, beginning: bytes, example: Example) -> None:
        kept = sum(map(len, self.known.values()))
        known = {} if kept >= MAX_TEMPLATES else self.known
        alike = (example, *known.get(beginning, ())[: MAX_ALIKE - 1])
        self.known = {**known, beginning: alike}
