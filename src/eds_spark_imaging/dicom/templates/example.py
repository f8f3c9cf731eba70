"""A file that is kept in mind, and the template that is made of it and of how others differed from it."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from eds_spark_imaging.dicom.parser.byte_order import LITTLE
from eds_spark_imaging.dicom.parser.data_set import Hit
from eds_spark_imaging.dicom.parser.plan import FRAME_COUNT, Plan, Role
from eds_spark_imaging.dicom.parser.walk import walk
from eds_spark_imaging.dicom.resolve import Resolution
from eds_spark_imaging.dicom.result import Header, HeaderStatus
from eds_spark_imaging.dicom.templates.leaves import Leaves, UnusualError
from eds_spark_imaging.dicom.templates.outline import BEGIN, Differing, Outline
from eds_spark_imaging.dicom.templates.template import Charsets, Segment, Stretch, Template
from eds_spark_imaging.storage.source import BytesSource

_part: Final = bytes.__getitem__


class Located(bytes):
    """Bytes that know at which offset of the file they ``start``, as their slices from an offset on do."""

    start: int = 0

    def __getitem__(self, key: Any) -> Any:
        part = _part(self, key)
        if type(key) is slice:
            part = Located(part)
            part.start = self.start + (key.start or 0)
        return part


class Example:
    """A file whose beginning ``outline`` is kept in mind, and from which another one differed in ``differing``.

    ``varying`` are the keys of tags whose values are known to vary, ``sized`` those whose lengths do. Raises
    UnusualError.
    """

    def __init__(  # noqa: PLR0917
        self,
        outline: Outline,
        differing: Differing,
        plan: Plan,
        charsets: Charsets,
        varying: Collection[int],
        sized: Collection[int],
    ) -> None:
        self._outline = outline
        self._leaves = outline.leaves
        self._charsets = charsets
        self._hits: list[Hit] = []
        self._hit_at: dict[int, int] = {}  # by the number of the leaf
        self._fixed: set[int] = set()
        self._read(plan)
        if self._fixed & differing.values:
            raise UnusualError
        self._ties = [_ties(hit) for hit in self._hits]
        free = {n: leaf[2] for n, leaf in enumerate(self._leaves) if not (leaf[3] or n in self._fixed)}
        sizes = {n for n, key in free.items() if key in sized}
        self._varying = {n for n, key in free.items() if key in varying} | sizes | differing.values
        self._sized = {n for n in sizes if outline.may_be_sized(n)} | differing.lengths
        # Attributes whose value may also depend on what is behind.
        self._elsewhere = {slot.group for slot in plan.top.entry(FRAME_COUNT).slots}
        self.is_of_use = False  # yet: no other file was recognised by it
        self.template = self._made()

    @property
    def length(self) -> int:
        """Where what is kept in mind ends."""
        return self._outline.length

    def _read(self, plan: Plan) -> None:
        """What the scanner finds must be what the leaves are. Raises UnusualError."""
        number_of = {leaf[:2]: number for number, leaf in enumerate(self._leaves)}
        data, explicit = self._outline.data, self._outline.explicit
        passed = walk(BytesSource(b""), Located(data[: self.length]), lambda _: plan)
        if passed.context is None or passed.status is not HeaderStatus.PARSED or passed.oddities:
            raise UnusualError
        if passed.context.explicit != explicit:
            raise UnusualError
        self._context = passed.context
        for entry, vr, raw, context in passed.hits:
            if context.trail and context.explicit != explicit:
                raise UnusualError
            if isinstance(raw, Located):
                place = raw.start, raw.start + len(raw)
                if place not in number_of:
                    raise UnusualError
                number = number_of[place]
                self._hit_at[number] = len(self._hits)
                if entry.role != Role.LEAF:
                    self._fixed.add(number)
                self._hits.append((entry, vr, data[slice(*place)], context))
            else:
                self._hits.append((entry, vr, raw, context))

    def differing(self, data: bytes, found: Leaves) -> Differing | None:
        """What differs in another file and is not known to vary; None where more than values and lengths differ."""
        differing = self._outline.differing(data, found)
        if differing is None or self._fixed & differing.values:
            return None
        return Differing(differing.values - self._varying, differing.lengths - self._sized)

    def keys(self, numbers: Iterable[int]) -> set[int]:
        """Of leaves, the keys of their tags."""
        return {self._leaves[number][2] for number in numbers}

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
        together = _together(self._ties, taken, self._elsewhere)
        settled = [hit for number, hit in enumerate(hits) if number not in together]
        common = Header(HeaderStatus.PARSED)
        Resolution(common, settled, *self._charsets).resolve()
        segments, stretches = self._segments()
        chosen = set(taken)
        return Template(
            segments,
            stretches,
            self._outline.head,
            LITTLE.key(LITTLE.long(self._outline.data, self.length)[0]),
            tuple(hits[number] for number in taken),
            tuple((place, hits[number]) for place, number in enumerate(sorted(together)) if number not in chosen),
            frozenset(slot.group for hit in settled for slot in hit[0].slots),
            common,
            self._context,
            self._charsets,
        )

    def _segments(self) -> tuple[tuple[Segment, ...], tuple[Stretch, ...]]:
        """The example, cut at the values whose lengths vary."""
        data, leaves, spans = self._outline.data, self._leaves, self._outline.spans
        sized = sorted(self._sized)
        cuts = [leaves[number] for number in sized]
        begins = [BEGIN, *(stop for _, stop, *_ in cuts)]
        ends = [*(start - form for start, _, _, _, form in cuts), len(data)]
        changing = [
            (begin, end) for begin, end in spans if any(begin < start and stop <= end for start, stop, *_ in cuts)
        ]
        holes = [(*leaves[number][:2], number in self._hit_at) for number in self._varying - self._sized]
        holes += [(begin - 4, begin, False) for begin, _ in changing]
        holes.sort()
        segments = []
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            here = [hole for hole in holes if begin <= hole[0] < end]
            fixed = _format(begin, end, [(start, stop, False) for start, stop, _ in here], outside=True)
            varied = _format(begin, end, here, outside=False)
            declared = number < len(cuts) and sized[number] in self._hit_at
            form = cuts[number][4] if number < len(cuts) else 0
            segments.append(Segment(fixed, fixed.unpack_from(data, begin), varied, end - begin, form, declared))
        stretches = [Stretch(*_place(begins, begin), *_place(begins, end)) for begin, end in changing]
        return tuple(segments), tuple(stretches)


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


def _together(ties: Sequence[set[int]], chosen: Iterable[int], elsewhere: Collection[int]) -> set[int]:
    """The numbers of ``chosen`` hits, of those of the groups ``elsewhere``, and of all that tell of the same."""
    found = set(chosen)
    wanted = set(elsewhere).union(*(ties[number] for number in found))
    while more := {number for number, its in enumerate(ties) if number not in found and not its.isdisjoint(wanted)}:
        found |= more
        wanted.update(*(ties[number] for number in more))
    return found


def _ties(hit: Hit) -> set[int]:
    """What else has to be known to choose: all of the same groups of attributes, and all that is in a sequence."""
    entry, _, _, context = hit
    return {slot.group for slot in entry.slots} | {-tag for tag, _ in context.trail[:1]}
