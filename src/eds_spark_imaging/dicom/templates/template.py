"""Beginnings of headers that were met before: the same elements and lengths, and most of the values the same too.

The files of a series are alike. A layout keeps the beginning of one header in mind, and which of its values were
others in other files. Where a file has the same bytes everywhere else, all that they say is known: only the values that
vary are taken out and decoded, and the scanner goes on behind them.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from eds_spark_imaging.dicom.parser.context import Context, Hit
from eds_spark_imaging.dicom.parser.plan import FRAME_COUNT, LITTLE, PIXELS, Plan, Role
from eds_spark_imaging.dicom.parser.walk import walk, walk_on
from eds_spark_imaging.dicom.parser.window import DIGEST_SIZE
from eds_spark_imaging.dicom.resolve import MAX_ISSUES, Resolution
from eds_spark_imaging.dicom.result import Header, Status
from eds_spark_imaging.dicom.templates.leaves import Leaf, UnusualError
from eds_spark_imaging.dicom.values.charset import Charset
from eds_spark_imaging.storage.source import ByteSource, BytesSource

_HEAD: Final = 8  # bytes of the element behind a layout that are compared

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


class ElsewhereError(Exception):
    """Behind a layout there is something of attributes that were taken to be settled by it."""

    def __init__(self, attributes: Collection[int]) -> None:
        super().__init__()
        self.attributes = attributes


@dataclass(frozen=True)
class Layout:
    """The beginning of files up to ``length``, where the tag ``behind`` follows.

    ``fixed`` gives the bytes that must be ``expected``. These settle the attributes ``settled``, whose values are in
    ``common``. ``varied`` gives the values of ``taken``. Of the same attributes as these is what stays the same, but is
    needed to choose: ``constant``, with its place among them. ``context`` is the data set's where the scanner goes on.
    """

    length: int
    behind: int
    fixed: struct.Struct
    expected: tuple[bytes, ...]
    varied: struct.Struct
    taken: tuple[Hit, ...]
    constant: tuple[tuple[int, Hit], ...]
    settled: frozenset[int]
    common: Header
    context: Context
    charsets: Charsets

    def has(self, data: bytes) -> bool:
        """Whether the file that begins with ``data`` is laid out like this."""
        return self.fixed.unpack_from(data) == self.expected

    def header(self, source: ByteSource, data: bytes) -> Header | None:
        """The header of such a file; None where it has to be read in the usual way. Raises ElsewhereError, OSError."""
        raws = self.varied.unpack_from(data)
        hits = [(entry, vr, raw, context) for (entry, vr, _, context), raw in zip(self.taken, raws, strict=True)]
        for place, hit in self.constant:
            hits.insert(place, hit)
        if self.behind in PIXELS:
            header = Header(Status.PARSED, has_preamble=True, has_pixel_data=True)
            header.header_bytes = self.length
            header.bytes_read = len(data)
            header.digest = blake2b(data[: self.length], digest_size=DIGEST_SIZE).hexdigest()
            Resolution(header, hits, *self.charsets).resolve()
        else:
            known = len(hits)
            found = walk_on(source, data, self.length, self.context.again(hits))
            if not self._fits(hits[known:]):
                return None
            header = found.header()
            Resolution(header, hits, *self.charsets, found.frames).resolve(found.oddities)
            hits.clear()
        return self._with_common(header)

    def _fits(self, hits: Iterable[Hit]) -> bool:
        """Whether the tags of what was found behind still ascend. Raises ElsewhereError."""
        entries = {hit[0] for hit in hits}
        elsewhere = self.settled.intersection(slot.group for entry in entries for slot in entry.slots)
        if elsewhere:
            raise ElsewhereError(elsewhere)
        return all(entry.tag >= self.behind for entry in entries if entry.top)

    def _with_common(self, header: Header) -> Header | None:
        header.issues = self.common.issues + header.issues
        if len(header.issues) > MAX_ISSUES:
            return None
        header.offsets = {**self.common.offsets, **header.offsets}
        header.share(self.common.values)
        return header


class Example:
    """A file whose elements ``data[:length]``, with the values ``leaves``, are kept in mind, and the ``layout`` by it.

    Raises UnusualError.
    """

    def __init__(  # noqa: PLR0917
        self, data: bytes, length: int, leaves: Iterable[Leaf], plan: Plan, charsets: Charsets, varying: Iterable[Leaf]
    ) -> None:
        self._data = data[: length + _HEAD]
        self._length = length
        self._charsets = charsets
        self._hits: list[Hit] = []
        self._hit_at: dict[int, int] = {}
        by_start = {leaf.start: leaf for leaf in leaves}
        found = walk(BytesSource(b""), Located(data[:length]), plan, plan)
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
        self._varying = set(varying) & set(self._leaves)
        # Attributes whose value may also depend on what is behind.
        self._elsewhere = {slot.group for slot in plan.top.entry(FRAME_COUNT).slots}
        self.is_of_use = False  # yet: no other file was recognised by it
        self.layout = self._laid_out()

    def differing(self, data: bytes) -> set[Leaf] | None:
        """The values that are others in ``data`` and are not known to vary; None where more than values differ."""
        if self._structure.unpack_from(data) != self._known_structure:
            return None
        own = self._data
        leaves = {leaf for leaf in self._leaves if data[leaf.start : leaf.stop] != own[leaf.start : leaf.stop]}
        return leaves - self._varying

    def widen(self, *, varying: Iterable[Leaf] = (), elsewhere: Iterable[int] = ()) -> None:
        """Let more values vary, or more attributes be found elsewhere too."""
        self._varying.update(varying)
        self._elsewhere.update(elsewhere)
        self.layout = self._laid_out()

    def _laid_out(self) -> Layout:
        """What is known of all files, parted from what is to be looked at in each."""
        hits = self._hits
        varying = sorted(self._varying)
        declared = [leaf for leaf in varying if leaf.start in self._hit_at]
        taken = [self._hit_at[leaf.start] for leaf in declared]
        together = _together(hits, taken, self._elsewhere)
        settled = [hit for number, hit in enumerate(hits) if number not in set(together)]
        common = Header(Status.PARSED)
        Resolution(common, settled, *self._charsets).resolve()
        fixed = _between(varying, self._length)
        return Layout(
            self._length,
            LITTLE.key(LITTLE.long(self._data, self._length)[0]),
            fixed,
            fixed.unpack_from(self._data),
            _within(declared),
            tuple(hits[number] for number in taken),
            tuple((place, hits[number]) for place, number in enumerate(together) if number not in set(taken)),
            frozenset(slot.group for hit in settled for slot in hit[0].slots),
            common,
            self._context,
            self._charsets,
        )


def _together(hits: Sequence[Hit], some: Iterable[int], elsewhere: Collection[int]) -> list[int]:
    """The numbers of ``some`` hits, of those of the attributes ``elsewhere``, and of all that tell of the same ones."""
    attributes = [_ties(hit) for hit in hits]
    wanted = set(elsewhere).union(*(attributes[number] for number in some))
    found = set(some)
    while more := {number for number, its in enumerate(attributes) if its & wanted} - found:
        found |= more
        wanted.update(*(attributes[number] for number in more))
    return sorted(found)


def _ties(hit: Hit) -> set[int]:
    """What else has to be known to choose: all of the same groups of attributes, and all that is in a sequence."""
    entry, _, _, context = hit
    return {slot.group for slot in entry.slots} | {-tag for tag, _ in context.trail[:1]}


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
