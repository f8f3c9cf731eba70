"""The elements at the beginning of a file that is kept in mind, and how those of another file differ from them."""

from __future__ import annotations

from typing import Final, NamedTuple

from eds_spark_imaging.dicom.parser.window import BLOCK
from eds_spark_imaging.dicom.templates.leaves import Leaf, Leaves, UnusualError

BEGIN: Final = 128  # what the preamble holds does not matter
LONGEST: Final = 16_384  # of a value whose length varies: as two bytes, no such length looks like a VR
SLACK: Final = 1024  # bytes by which files may be longer than the example and still be in one block up to its end


class Differing(NamedTuple):
    """Numbers of the leaves whose values are others than in the outline, and of those whose lengths are, too."""

    values: set[int]
    lengths: set[int]


class Outline:
    """The elements at the beginning of ``data``, whose value fields are ``found``. Raises UnusualError."""

    def __init__(self, data: bytes, found: Leaves) -> None:
        # Behind which element it ends: in a file longer than a block, far enough from the block's end.
        limit = found.position if len(data) < BLOCK else len(data) - SLACK
        self._number = len(found.ends) - 1
        while self._number >= 0 and found.ends[self._number][2] > limit:
            self._number -= 1
        if self._number < 0:
            raise UnusualError
        self._end = leaves, spans, self.length = found.ends[self._number]
        self.leaves: list[Leaf] = found.leaves[:leaves]
        self.spans = found.spans[:spans]
        self.explicit = found.explicit
        self.head = 8 if found.explicit else 4  # bytes of the element behind that count, too
        self.data = data[: self.length + self.head]
        self._bones = self._bones_of(data, found)

    def may_be_sized(self, number: int) -> bool:
        """Whether the length of a value may vary."""
        start, stop, *_ = self.leaves[number]
        around = (end - begin for begin, end in self.spans if begin < start and stop <= end)
        return stop - start <= LONGEST and all(size <= LONGEST for size in around)

    def differing(self, data: bytes, found: Leaves) -> Differing | None:
        """What differs in another file; None where that is more than values and lengths that may vary."""
        if self._number >= len(found.ends) or found.ends[self._number][:2] != self._end[:2]:
            return None
        if self._bones_of(data, found) != self._bones:
            return None
        values, lengths = set[int](), set[int]()
        own = self.data
        for number, ((begin, end, _, is_fixed, _), (start, stop, *_)) in enumerate(
            zip(self.leaves, found.leaves, strict=False)
        ):
            if data[start:stop] != own[begin:end]:
                if is_fixed:
                    return None
                values.add(number)
                if stop - start != end - begin:
                    if stop - start > LONGEST or not self.may_be_sized(number):
                        return None
                    lengths.add(number)
        return Differing(values, lengths)

    def _bones_of(self, data: bytes, found: Leaves) -> bytes:
        """All that is neither a value nor a length."""
        leaves, spans, end = found.ends[self._number]
        holes = [(start - form, stop) for start, stop, _, _, form in found.leaves[:leaves]]
        if spans:
            holes += [(start - 4, start) for start, _ in found.spans[:spans]]
            holes.sort()
        parts, position = [], BEGIN
        for start, stop in holes:
            parts.append(data[position:start])
            position = stop
        parts.append(data[position : end + self.head])
        # So that neither the places nor the forms of values can differ.
        parts.append(bytes([leaf[4] for leaf in found.leaves[:leaves]]))
        return b"|".join(parts)
