"""The layouts that one reader keeps in mind: which are learnt, and how the one of a file is found."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from threading import Lock
from typing import Final

from eds_spark_imaging.dicom.parser.plan import Plan
from eds_spark_imaging.dicom.reason import Reason
from eds_spark_imaging.dicom.result import Header, Status
from eds_spark_imaging.dicom.templates.leaves import MARGIN, UnusualError, leaves_of, sequences_of
from eds_spark_imaging.dicom.templates.template import Charsets, ElsewhereError, Example, Layout
from eds_spark_imaging.storage.source import ByteSource

LEAST: Final = 512  # bytes that are worth it
MAX_LAYOUTS: Final = 256
MAX_ALIKE: Final = 4  # of one length
MAX_LENGTHS: Final = 1024
MAX_MARKS: Final = 4
FEW: Final = 12  # values that newly vary; where more do, it is another series than one that was recognised
MAKING: Final = 12  # what a layout costs, in files that are then recognised
WIDENING: Final = 3
CREDIT: Final = 2 * (MAKING + WIDENING)  # to begin with, and the most that is saved up
RARELY: Final = 128  # without credit, one in so many files is learnt

_MARK: Final = 4  # bytes of a tag
_UNUSUAL: Final = frozenset((Reason.WRONG_TRANSFER_SYNTAX, Reason.TAG_ORDER, Reason.ISSUES_DROPPED))

ByLength = dict[int, tuple[Example, ...]]


class Layouts:
    """What one reader has met: examples by the tag behind them and their length, the latest first.

    Several threads may read with it. What they look up is never changed, but replaced.
    """

    def __init__(self, plan: Plan, charsets: Charsets) -> None:
        self.known: dict[bytes, ByLength] = {}
        self._plan = plan
        self._charsets = charsets
        self._sequences = sequences_of(plan.top)
        self._misses: dict[int, int] = {}  # in a row, by length of the header
        self._varying: set[int] = set()  # keys of tags
        self._credit = CREDIT
        self._without = 0
        self._learning = Lock()

    def header(self, source: ByteSource, data: bytes) -> Header | None:
        """The header of ``source``, which begins with ``data``, where its layout is known. Raises OSError."""
        for by_length, length in self._at(data):
            examples = by_length[length]
            for example in examples:
                layout = example.layout
                if layout.has(data):
                    if example is not examples[0]:
                        by_length[length] = (example, *(other for other in examples if other is not example))
                    return self._header(example, layout, source, data)
        return None

    def _header(self, example: Example, layout: Layout, source: ByteSource, data: bytes) -> Header | None:
        try:
            header = layout.header(source, data)
        except ElsewhereError as error:
            with self._learning:
                example.widen(elsewhere=error.attributes)
            return None
        if header is not None:
            example.is_of_use = True
            self._credit = min(self._credit + 1, CREDIT)
            self._misses[header.header_bytes] = 0
        return header

    def _at(self, data: bytes) -> Iterator[tuple[ByLength, int]]:
        """Where to find the examples that end where a tag lies that is known to be behind one."""
        for mark, by_length in self.known.items():
            length = data.find(mark)
            if length in by_length and len(data) >= length + MARGIN:
                yield by_length, length

    def learn(self, data: bytes, header: Header) -> None:
        """Keep in mind how a file that was read begins, where others of its length were met before.

        Ever more rarely while nothing that was learnt comes again: it takes some times as long as reading.
        """
        if header.status is not Status.PARSED or not header.has_preamble:
            return
        if len(self._misses) >= MAX_LENGTHS:
            self._misses.clear()
        before = self._misses.get(header.header_bytes)
        misses = self._misses[header.header_bytes] = (before or 0) + 1
        if before is None or any(issue.reason in _UNUSUAL for issue in header.issues):
            return
        if self._credit > 0:
            is_time = misses & (misses - 1) == 0
        else:
            self._without += 1
            is_time = self._without % RARELY == 0
        if is_time:
            with self._learning, suppress(UnusualError, struct.error):
                self._take_in(data)

    def _take_in(self, data: bytes) -> None:
        """Widen an example, or keep another one. Raises UnusualError, struct.error."""
        for by_length, length in self._at(data):
            for example in by_length[length]:
                differing = example.differing(data)
                if differing is None:
                    continue
                if len(differing) <= FEW or not example.is_of_use or len(by_length[length]) == MAX_ALIKE:
                    self._credit -= WIDENING
                    example.widen(varying=differing)
                    if len(differing) <= FEW:
                        self._varying.update(leaf.key for leaf in differing)
                    return
        self._credit -= MAKING
        leaves, length = leaves_of(data, self._sequences)
        mark = data[length : length + _MARK]
        if length < LEAST or data.find(mark) != length or len({*self.known, mark}) > MAX_MARKS:
            return
        varying = [leaf for leaf in leaves if leaf.key in self._varying]
        self._keep(mark, length, Example(data, length, leaves, self._plan, self._charsets, varying))

    def _keep(self, mark: bytes, length: int, example: Example) -> None:
        kept = sum(len(examples) for by_length in self.known.values() for examples in by_length.values())
        known = {} if kept >= MAX_LAYOUTS else self.known
        by_length = known.get(mark, {})
        alike = (example, *by_length.get(length, ())[: MAX_ALIKE - 1])
        self.known = {**known, mark: {**by_length, length: alike}}
