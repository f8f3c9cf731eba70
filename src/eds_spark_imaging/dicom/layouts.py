"""Beginnings of headers that were met before: the same elements and lengths, and most of the values the same too.

The files of a series are alike. A layout keeps the beginning of one header in mind, and which of its values were
others in other files. Where a file has the same bytes everywhere else, all that they say is known: only the values that
vary are taken out and decoded, and the scanner goes on behind them.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any, Final

from eds_spark_imaging.dicom.charset import Charset
from eds_spark_imaging.dicom.context import Hit
from eds_spark_imaging.dicom.leaves import MARGIN, PIXELS, Leaf, UnusualError, leaves_of, sequences_of
from eds_spark_imaging.dicom.plan import FRAME_COUNT, LITTLE, Plan, Role
from eds_spark_imaging.dicom.reason import Reason
from eds_spark_imaging.dicom.resolve import MAX_ISSUES, Resolution
from eds_spark_imaging.dicom.result import Header, Status
from eds_spark_imaging.dicom.runs import Runs
from eds_spark_imaging.dicom.storage import ByteSource, BytesSource
from eds_spark_imaging.dicom.walk import walk, walk_on
from eds_spark_imaging.dicom.window import DIGEST_SIZE

LEAST: Final = 512  # bytes that are worth it
MAX_LAYOUTS: Final = 256
MAX_ALIKE: Final = 4  # of one length
MAX_LENGTHS: Final = 1024
MAX_MARKS: Final = 4
FEW: Final = 12  # values that newly vary; where more do, it is another series
MAKING: Final = 12  # what a layout costs, in files that are then recognised
WIDENING: Final = 3
CREDIT: Final = 4 * MAKING  # to begin with, and the most that is saved up
RARELY: Final = 64  # without credit, one in so many is learnt

_MARK: Final = 4  # bytes of a tag
_HEAD: Final = 8  # bytes of the element behind a layout that are compared
_UNUSUAL: Final = frozenset((Reason.WRONG_TRANSFER_SYNTAX, Reason.TAG_ORDER, Reason.ISSUES_DROPPED))

Charsets = tuple[str | None, Charset | None]  # the default, and what overrides all others


class Located(bytes):
    """Bytes that know at which offset of the file they ``start``, as their slices do."""

    start: int = 0

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        if isinstance(key, slice):
            part = Located(part)
            part.start = self.start + key.indices(len(self))[0]
        return part


class Layout:
    """The elements ``data[:length]`` of a file, whose values are ``leaves``; those ``varying`` differ in other files.

    Raises UnusualError.
    """

    def __init__(  # noqa: PLR0917
        self, data: bytes, length: int, leaves: Iterable[Leaf], plan: Plan, charsets: Charsets, varying: Iterable[Leaf]
    ) -> None:
        self._data = data[: length + _HEAD]
        self._length = length
        self._next = LITTLE.key(LITTLE.long(data, length)[0])
        self._charsets = charsets
        self._hits: list[Hit] = []
        self._hit_at: dict[int, int] = {}
        by_start = {leaf.start: leaf for leaf in leaves}
        found = walk(BytesSource(b""), Located(data[:length]), plan, plan, Runs())
        if found.context is None or found.status is not Status.PARSED or found.oddities:
            raise UnusualError
        self._context = found.context
        for entry, vr, raw, context in found.hits:
            if isinstance(raw, Located) and raw:
                leaf = by_start.get(raw.start)
                if leaf is None or leaf.stop != raw.start + len(raw):
                    raise UnusualError
                self._hit_at[leaf.start] = len(self._hits)
                if entry.role != Role.LEAF:
                    by_start[leaf.start] = leaf._replace(is_fixed=True)
            self._hits.append((entry, vr, bytes(raw) if isinstance(raw, bytes) else raw, context))
        self._leaves = [leaf for leaf in by_start.values() if not leaf.is_fixed]
        self._structure = _between(self._leaves, length)
        self._known_structure = self._structure.unpack_from(data)
        # Attributes whose value also depends on what is behind the layout.
        self._elsewhere = {slot.attribute for slot in plan.top.entry(FRAME_COUNT).slots}
        self.varying = set(varying) & set(self._leaves)
        self._arrange()

    def differing(self, data: bytes) -> set[Leaf] | None:
        """The values that are others in ``data`` and are not known to vary; None where more than values differ."""
        if self._structure.unpack_from(data) != self._known_structure:
            return None
        own = self._data
        leaves = {leaf for leaf in self._leaves if data[leaf.start : leaf.stop] != own[leaf.start : leaf.stop]}
        return leaves - self.varying

    def vary(self, leaves: Iterable[Leaf]) -> None:
        """Let these values vary too."""
        self.varying.update(leaves)
        self._arrange()

    def _arrange(self) -> None:
        """Part what is known of all files from what is to be looked at in each."""
        varying = sorted(self.varying)
        self._fixed = _between(varying, self._length)
        self._expected = self._fixed.unpack_from(self._data)
        declared = [leaf for leaf in varying if leaf.start in self._hit_at]
        self._varied = _within(declared)
        taken = [self._hit_at[leaf.start] for leaf in declared]
        # An attribute's value is chosen from all its places: those that do not vary are needed there too.
        together = _together(self._hits, taken, self._elsewhere)
        self._taken = [self._hits[number] for number in taken]
        self._constant = [(at, self._hits[n]) for at, n in enumerate(together) if n not in set(taken)]
        settled = [hit for number, hit in enumerate(self._hits) if number not in set(together)]
        self._settled = {slot.attribute for hit in settled for slot in hit[0].slots}
        self._common = Header(Status.PARSED)
        Resolution(self._common, settled, *self._charsets).resolve()

    def has(self, data: bytes) -> bool:
        """Whether the file that begins with ``data`` is laid out like this."""
        return self._fixed.unpack_from(data) == self._expected

    def header(self, source: ByteSource, data: bytes) -> Header | None:
        """The header of ``source``, which begins with ``data``; None where it has to be read in the usual way.

        Raises OSError.
        """
        raws = self._varied.unpack_from(data)
        hits = [(entry, vr, raw, context) for (entry, vr, _, context), raw in zip(self._taken, raws, strict=True)]
        for place, hit in self._constant:
            hits.insert(place, hit)
        if self._next in PIXELS:
            header = Header(Status.PARSED, has_preamble=True, has_pixel_data=True)
            header.header_bytes = self._length
            header.bytes_read = len(data)
            header.digest = blake2b(data[: self._length], digest_size=DIGEST_SIZE).hexdigest()
            Resolution(header, hits, *self._charsets).resolve()
        else:
            known = len(hits)
            found = walk_on(source, data, self._length, self._context.again(hits))
            if not self._fits(hits[known:]):
                return None
            header = found.header()
            Resolution(header, hits, *self._charsets, found.frames).resolve(found.oddities)
            hits.clear()
        return self._with_common(header)

    def _fits(self, hits: Iterable[Hit]) -> bool:
        """Whether what was found behind the layout leaves what is settled as it is."""
        entries = {hit[0] for hit in hits}
        elsewhere = {slot.attribute for entry in entries for slot in entry.slots} & self._settled
        if elsewhere:
            self._elsewhere |= elsewhere
            self._arrange()
        return not elsewhere and all(entry.tag >= self._next for entry in entries if entry.top)

    def _with_common(self, header: Header) -> Header | None:
        common = self._common
        header.issues = common.issues + header.issues
        if len(header.issues) > MAX_ISSUES:
            return None
        header.offsets = {**common.offsets, **header.offsets}
        header.share(common.values)
        return header


class Layouts:
    """What one reader has met: by the tag behind it and its length, the latest first."""

    def __init__(self, plan: Plan, charsets: Charsets) -> None:
        self.known: dict[bytes, dict[int, list[Layout]]] = {}
        self._plan = plan
        self._charsets = charsets
        self._sequences = sequences_of(plan.top)
        self._misses: dict[int, int] = {}  # in a row, by length of the header
        self._varying: set[int] = set()  # keys of tags
        self._credit = CREDIT
        self._without = 0

    def header(self, source: ByteSource, data: bytes) -> Header | None:
        """The header of ``source``, which begins with ``data``, where its layout is known. Raises OSError."""
        for layouts, number, layout in self._at(data):
            if layout.has(data):
                if number:
                    layouts.insert(0, layouts.pop(number))
                header = layout.header(source, data)
                if header is not None:
                    self._credit = min(self._credit + 1, CREDIT)
                    self._misses[header.header_bytes] = 0
                return header
        return None

    def _at(self, data: bytes) -> Iterator[tuple[list[Layout], int, Layout]]:
        """The layouts that end where a tag lies that is known to be behind one."""
        for mark, by_length in self.known.items():
            layouts = by_length.get(length := data.find(mark))
            if layouts is not None and len(data) >= length + MARGIN:
                for number, layout in enumerate(layouts):
                    yield layouts, number, layout

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
        if before is None or misses & (misses - 1) or any(issue.reason in _UNUSUAL for issue in header.issues):
            return
        self._without += 1
        if self._credit > 0 or self._without % RARELY == 0:
            with suppress(UnusualError, struct.error):
                self._take_in(data)

    def _take_in(self, data: bytes) -> None:
        """Widen a layout, or make one. Raises UnusualError, struct.error."""
        for layouts, _, layout in list(self._at(data)):
            differing = layout.differing(data)
            if differing is not None and (len(differing) <= FEW or len(layouts) == MAX_ALIKE):
                self._credit -= WIDENING
                layout.vary(differing)
                if len(differing) <= FEW:
                    self._varying.update(leaf.key for leaf in differing)
                return
        self._credit -= MAKING
        leaves, length = leaves_of(data, self._sequences)
        mark = data[length : length + _MARK]
        if length < LEAST or data.find(mark) != length or len({*self.known, mark}) > MAX_MARKS:
            return
        varying = {leaf for leaf in leaves if leaf.key in self._varying}
        layout = Layout(data, length, leaves, self._plan, self._charsets, varying)
        if sum(len(layouts) for by_length in self.known.values() for layouts in by_length.values()) >= MAX_LAYOUTS:
            self.known.clear()
        layouts = self.known.setdefault(mark, {}).setdefault(length, [])
        layouts.insert(0, layout)
        del layouts[MAX_ALIKE:]


def _together(hits: Sequence[Hit], some: Iterable[int], elsewhere: Collection[int]) -> list[int]:
    """The numbers of ``some`` hits, of those of the attributes ``elsewhere``, and of all that tell of the same ones."""
    attributes = [{slot.attribute for slot in hit[0].slots} for hit in hits]
    wanted = set(elsewhere).union(*(attributes[number] for number in some))
    found = set(some)
    while more := {number for number, its in enumerate(attributes) if its & wanted} - found:
        found |= more
        wanted.update(*(attributes[number] for number in more))
    return sorted(found)


def _between(leaves: Iterable[Leaf], length: int) -> struct.Struct:
    """The bytes of ``length``, and of the element header behind them, that are not those of ``leaves``."""
    parts, position = ["="], 0
    for start, stop, *_ in leaves:
        parts.append(f"{start - position}s{stop - start}x")
        position = stop
    return struct.Struct("".join([*parts, f"{length + _HEAD - position}s"]))


def _within(leaves: Iterable[Leaf]) -> struct.Struct:
    """The bytes of ``leaves``."""
    parts, position = ["="], 0
    for start, stop, *_ in leaves:
        parts.append(f"{start - position}x{stop - start}s")
        position = stop
    return struct.Struct("".join(parts))
