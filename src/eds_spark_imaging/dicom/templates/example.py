"""A file that is kept in mind, and the template that is made of it and of how others differed from it."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from eds_spark_imaging.dicom.parser.byte_order import LITTLE
from eds_spark_imaging.dicom.parser.data_set import Hit
from eds_spark_imaging.dicom.parser.plan import FRAME_COUNT, Plan, Role
from eds_spark_imaging.dicom.parser.walk import walk
from eds_spark_imaging.dicom.parser.window import BLOCK
from eds_spark_imaging.dicom.resolve import Resolution
from eds_spark_imaging.dicom.result import Header, HeaderStatus
from eds_spark_imaging.dicom.templates.leaves import Leaves, UnusualError
from eds_spark_imaging.dicom.templates.template import BEGIN, LONGEST, Charsets, Segment, Stretch, Template
from eds_spark_imaging.storage.source import BytesSource

SLACK: Final = 1024  # bytes by which files may be longer than the example and still be in one block up to its end


class Located(bytes):
    """Bytes that know at which offset of the file they ``start``, as their slices do."""

    start: int = 0

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        if isinstance(key, slice):
            part = Located(part)
            part.start = self.start + key.indices(len(self))[0]
        return part


class Example:
    """A file whose beginning ``data`` with the value fields ``found`` is kept in mind.

    ``varying`` are the keys of tags whose values are known to vary, ``sized`` those whose lengths do. Raises
    UnusualError.
    """

    def __init__(  # noqa: PLR0917
        self,
        data: bytes,
        found: Leaves,
        plan: Plan,
        charsets: Charsets,
        varying: Collection[int],
        sized: Collection[int],
    ) -> None:
        number = _last_end(data, found)
        if number is None:
            raise UnusualError
        self.number = number
        leaves, spans, self.length = found.ends[number]
        self._leaves, self._spans = found.leaves[:leaves], found.spans[:spans]
        self._head = 8 if found.explicit else 4
        self._data = data[: self.length + self._head]
        self._charsets = charsets
        self._hits: list[Hit] = []
        self._hit_at: dict[int, int] = {}  # by the number of the leaf
        self._read(found, plan)
        self._skeleton = self._bones(data, found)
        free = [number for number, leaf in enumerate(self._leaves) if not leaf.is_fixed]
        self._varying = {n for n in free if self._leaves[n].key in varying or self._leaves[n].key in sized}
        self._sized = {n for n in free if self._leaves[n].key in sized and self._may_be_sized(n)}
        # Attributes whose value may also depend on what is behind.
        self._elsewhere = {slot.group for slot in plan.top.entry(FRAME_COUNT).slots}
        self.is_of_use = False  # yet: no other file was recognised by it
        self.template = self._made()

    def _read(self, found: Leaves, plan: Plan) -> None:
        """What the scanner finds must be what the leaves are. Raises UnusualError."""
        number_of = {leaf.start: number for number, leaf in enumerate(self._leaves)}
        passed = walk(BytesSource(b""), Located(self._data[: self.length]), lambda _: plan)
        if passed.context is None or passed.status is not HeaderStatus.PARSED or passed.oddities:
            raise UnusualError
        if passed.context.explicit != found.explicit:
            raise UnusualError
        self._context = passed.context
        for entry, vr, raw, context in passed.hits:
            if isinstance(raw, Located):
                number = number_of.get(raw.start, -1)
                leaf = self._leaves[number]
                if number < 0 or leaf.stop != raw.start + len(raw):
                    raise UnusualError
                self._hit_at[number] = len(self._hits)
                if entry.role != Role.LEAF:
                    self._leaves[number] = leaf._replace(is_fixed=True)
            if context.trail and context.explicit != found.explicit:
                raise UnusualError
            self._hits.append((entry, vr, bytes(raw) if isinstance(raw, bytes) else raw, context))

    def _may_be_sized(self, number: int) -> bool:
        leaf = self._leaves[number]
        around = (span for span in self._spans if span.start < leaf.start and leaf.stop <= span.stop)
        return leaf.stop - leaf.start <= LONGEST and all(span.stop - span.start <= LONGEST for span in around)

    def _bones(self, data: bytes, found: Leaves) -> bytes | None:
        """All that is neither a value nor a length; None where there are not as many elements."""
        if self.number >= len(found.ends) or len(data) < (end := found.ends[self.number]).position + self._head:
            return None
        holes = [(leaf.start - leaf.form, leaf.stop) for leaf in found.leaves[: end.leaves]]
        holes += [(span.start - 4, span.start) for span in found.spans[: end.spans]]
        parts, position = [], BEGIN
        for start, stop in sorted(holes):
            parts.append(data[position:start])
            position = stop
        parts.append(data[position : end.position + self._head])
        # So that neither the places nor the forms of values can differ.
        forms = bytes(leaf.form for leaf in found.leaves[: end.leaves])
        return b"|".join([*parts, forms])

    def differing(self, data: bytes, found: Leaves) -> tuple[set[int], set[int]] | None:
        """The leaves whose values are others and are not known to vary, and those whose lengths are, likewise.

        None where more than values and lengths differ.
        """
        if self._bones(data, found) != self._skeleton:
            return None
        values, lengths = set[int](), set[int]()
        for number, leaf in enumerate(self._leaves):
            start, stop = found.leaves[number][:2]
            if data[start:stop] != self._data[leaf.start : leaf.stop]:
                if leaf.is_fixed:
                    return None
                values.add(number)
                if stop - start != leaf.stop - leaf.start:
                    if stop - start > LONGEST or not self._may_be_sized(number):
                        return None
                    lengths.add(number)
        return values - self._varying, lengths - self._sized

    def keys(self, numbers: Iterable[int]) -> set[int]:
        """Of leaves, the keys of their tags."""
        return {self._leaves[number].key for number in numbers}

    def widen(self, *, varying: Iterable[int] = (), sized: Iterable[int] = (), elsewhere: Iterable[int] = ()) -> None:
        """Let more values or lengths vary, or more attributes be found elsewhere too."""
        self._varying.update(varying)
        self._sized.update(sized)
        self._elsewhere.update(elsewhere)
        self.template = self._made()

    def _made(self) -> Template:
        """What is known of all files, parted from what is to be looked at in each."""
        hits = self._hits
        taken = [self._hit_at[number] for number in sorted(self._varying) if number in self._hit_at]
        together = _together(hits, taken, self._elsewhere)
        settled = [hit for number, hit in enumerate(hits) if number not in set(together)]
        common = Header(HeaderStatus.PARSED)
        Resolution(common, settled, *self._charsets).resolve()
        segments, stretches = self._segments()
        return Template(
            segments,
            stretches,
            self._head,
            LITTLE.key(LITTLE.long(self._data, self.length)[0]),
            tuple(hits[number] for number in taken),
            tuple((place, hits[number]) for place, number in enumerate(together) if number not in set(taken)),
            frozenset(slot.group for hit in settled for slot in hit[0].slots),
            common,
            self._context,
            self._charsets,
        )

    def _segments(self) -> tuple[tuple[Segment, ...], tuple[Stretch, ...]]:
        """The example, cut at the values whose lengths vary."""
        cuts = [self._leaves[number] for number in sorted(self._sized)]
        begins = [BEGIN, *(leaf.stop for leaf in cuts)]
        ends = [*(leaf.start - leaf.form for leaf in cuts), self.length + self._head]
        changing = [
            span for span in self._spans if any(span.start < leaf.start and leaf.stop <= span.stop for leaf in cuts)
        ]
        holes = sorted(
            [(leaf.start, leaf.stop, n in self._hit_at) for n, leaf in enumerate(self._leaves) if self._is_hole(n)]
            + [(span.start - 4, span.start, False) for span in changing]
        )
        segments = []
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            here = [hole for hole in holes if begin <= hole[0] < end]
            fixed = _format(begin, end, [(start, stop, False) for start, stop, _ in here], outside=True)
            varied = _format(begin, end, here, outside=False)
            cut = cuts[number] if number < len(cuts) else None
            declared = number < len(cuts) and sorted(self._sized)[number] in self._hit_at
            form = 0 if cut is None else cut.form
            expected = fixed.unpack_from(self._data, begin)
            segments.append(Segment(fixed, expected, varied, end - begin, form, declared))
        stretches = [Stretch(*_place(begins, span.start), *_place(begins, span.stop)) for span in changing]
        return tuple(segments), tuple(stretches)

    def _is_hole(self, number: int) -> bool:
        return number in self._varying and number not in self._sized


def _last_end(data: bytes, found: Leaves) -> int | None:
    """Behind which element the template ends: in a file longer than a block, far enough from the block's end."""
    limit = found.position if len(data) < BLOCK else len(data) - SLACK
    numbers = [number for number, end in enumerate(found.ends) if end.position <= limit]
    return numbers[-1] if numbers else None


def _place(begins: Sequence[int], position: int) -> tuple[int, int]:
    """In which segment an offset lies, and where in it."""
    number = max(number for number, begin in enumerate(begins) if begin <= position)
    return number, position - begins[number]


def _format(begin: int, end: int, holes: Iterable[tuple[int, int, bool]], *, outside: bool) -> struct.Struct:
    """What unpacks the bytes outside of holes, or those in the holes that are marked."""
    parts, position = ["="], begin
    for start, stop, taken in holes:
        between, within = ("s", "x") if outside else ("x", "s" if taken else "x")
        parts.append(f"{start - position}{between}{stop - start}{within}")
        position = stop
    parts.append(f"{end - position}{'s' if outside else 'x'}")
    return struct.Struct("".join(parts))


def _together(hits: Sequence[Hit], chosen: Iterable[int], elsewhere: Collection[int]) -> list[int]:
    """The numbers of ``chosen`` hits, of those of the groups ``elsewhere``, and of all that tell of the same."""
    ties = [_ties(hit) for hit in hits]
    found = set(chosen)
    wanted = set(elsewhere).union(*(ties[number] for number in found))
    while more := {number for number, its in enumerate(ties) if its & wanted} - found:
        found |= more
        wanted.update(*(ties[number] for number in more))
    return sorted(found)


def _ties(hit: Hit) -> set[int]:
    """What else has to be known to choose: all of the same groups of attributes, and all that is in a sequence."""
    entry, _, _, context = hit
    return {slot.group for slot in entry.slots} | {-tag for tag, _ in context.trail[:1]}
