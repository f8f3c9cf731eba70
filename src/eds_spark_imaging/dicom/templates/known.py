"""The templates that one reader keeps in mind: which are learnt, and how the one of a file is found."""

from __future__ import annotations

import struct
from contextlib import suppress
from threading import Lock
from typing import Final, NamedTuple

from pydicom.datadict import tag_for_keyword

from eds_spark_imaging.dicom.parser.byte_order import LITTLE
from eds_spark_imaging.dicom.parser.plan import Plan
from eds_spark_imaging.dicom.reason import Reason
from eds_spark_imaging.dicom.result import Header, HeaderStatus
from eds_spark_imaging.dicom.templates.example import Example
from eds_spark_imaging.dicom.templates.leaves import Leaves, UnusualError, sequences_of
from eds_spark_imaging.dicom.templates.outline import Outline
from eds_spark_imaging.dicom.templates.template import Charsets, ElsewhereError, Template
from eds_spark_imaging.storage.source import ByteSource

LEAST: Final = 512  # bytes that are worth it
MAX_TEMPLATES: Final = 256
MAX_ALIKE: Final = 4  # of files that begin alike
MAX_KINDS: Final = 256  # of each, a block is kept
FEW: Final = 12  # values that newly vary; where more do, it is another series than one that was recognised
SIGHTS: Final = 3  # of a kind, before a template is made of it: two files that are alike are often all there are
RARELY: Final = 256  # files of a kind of which nothing was learnt before it is tried again, at most

# In files that are then recognised, each of which saves about half of what reading it takes:
LOOKING: Final = 0.5  # what it costs to see whether the first elements of two files are the same
COMPARING: Final = 2.5  # to compare a file with another, or with an example
MAKING: Final = 4.5  # to make a template of two files that are alike
WIDENING: Final = 1
CREDIT: Final = 36  # the most that is saved up
START: Final = 14  # to begin with: a template, widened twice
ALLOWANCE: Final = 1 / 32  # for every file that is not recognised

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


class Met(NamedTuple):
    """Files of one kind that were not recognised: how many since something was to be learnt of one, and of how many.

    ``block`` is the first one of a file to compare others with; of the first file it is not kept, since most kinds are
    met once.
    """

    waited: int = 1
    wait: int = SIGHTS
    block: bytes = b""


class Templates:
    """What one reader has met: examples by how files begin, the latest first.

    Several threads may read with it. What they look up is never changed, but replaced.
    """

    def __init__(self, plan: Plan, charsets: Charsets) -> None:
        self.known: dict[bytes, tuple[Example, ...]] = {}
        self._plan = plan
        self._charsets = charsets
        self._sequences = sequences_of(plan.top)
        self._met: dict[tuple[bytes, int, int], Met] = {}  # by beginning, and how many elements and values
        self._varying = {LITTLE.key(tag) for tag in USUALLY_VARYING}  # keys of tags whose values
        self._sized = self._varying.copy()  # and whose lengths vary
        self._credit: float = START
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
        return header

    def learn(self, data: bytes, header: Header, elements: int) -> None:
        """Keep in mind how a file in which so many ``elements`` were found begins, where others alike were met before.

        That takes some times as long as reading, so it is paid with what was saved before, and is tried ever more
        rarely with files of a kind where it came to nothing.
        """
        if header.status is not HeaderStatus.PARSED or not header.has_preamble:
            return
        beginning = data[_BEGINNING]
        kind = beginning, elements, len(header.values)
        self._credit = min(self._credit + ALLOWANCE, CREDIT)
        met = self._met.get(kind)
        if met is None:
            if len(self._met) >= MAX_KINDS:
                self._met.clear()
            self._met[kind] = Met()
            return
        waited = met.waited + 1
        if waited < met.wait or self._credit <= 0:
            self._met[kind] = Met(waited, met.wait, met.block or data)
        elif self._learnt(beginning, data, met.block, header):
            self._met[kind] = Met(0, 1, data)
        else:
            self._met[kind] = Met(0, min(2 * met.wait, RARELY), data)

    def _learnt(self, beginning: bytes, data: bytes, before: bytes, header: Header) -> bool:
        """Whether something was learnt from two files."""
        if any(issue.reason in _UNUSUAL for issue in header.issues):
            return False
        with self._learning, suppress(UnusualError, struct.error):
            return self._take_in(beginning, data, before)
        return False

    def _take_in(self, beginning: bytes, data: bytes, before: bytes) -> bool:
        """Widen an example, or keep another one; false where there is nothing to learn. Raises UnusualError."""
        examples = self.known.get(beginning, ())
        if not examples and not self._are_alike(data[:LEAST], before[: 2 * LEAST]):
            return False
        self._credit -= COMPARING
        found = Leaves(data, self._sequences)
        for example in examples:
            differing = example.differing(data, found)
            if differing is None:
                continue
            if not (differing.values or differing.lengths):  # it is something else that keeps it from being recognised
                return False
            few = len(differing.values) <= FEW
            if few or not example.is_of_use or len(examples) == MAX_ALIKE:
                self._credit -= WIDENING
                example.widen(varying=differing.values, sized=differing.lengths)
                if few:
                    self._varying.update(example.keys(differing.values))
                self._sized.update(example.keys(differing.lengths))
                return True
        self._credit -= COMPARING
        outline = Outline(data, found)
        differing = outline.differing(before, Leaves(before, self._sequences))
        if differing is None or outline.length < LEAST:
            return False
        self._credit -= MAKING
        example = Example(outline, differing, self._plan, self._charsets, self._varying, self._sized)
        self._keep(beginning, example)
        return True

    def _are_alike(self, data: bytes, before: bytes) -> bool:
        """Whether the first elements are the same, which takes little time to see."""
        self._credit -= LOOKING
        outline = Outline(data, Leaves(data, self._sequences))
        return outline.differing(before, Leaves(before, self._sequences)) is not None

    def _keep(self, beginning: bytes, example: Example) -> None:
        kept = sum(map(len, self.known.values()))
        known = {} if kept >= MAX_TEMPLATES else self.known
        alike = (example, *known.get(beginning, ())[: MAX_ALIKE - 1])
        self.known = {**known, beginning: alike}
