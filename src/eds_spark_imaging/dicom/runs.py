"""Runs of elements that follow each other in many files with the same tags, VRs and lengths.

The files of a series, and of a device, are alike: their elements differ in the value, if at all. A run that was met
before is recognised by all its element headers at once. Where these are the same, each element begins where the one
before ends, so that going through them one by one would come to the same elements.
"""

from __future__ import annotations

from itertools import repeat
from struct import Struct
from typing import TYPE_CHECKING, Final

from eds_spark_imaging.dicom.element import UNDEFINED, VRS, element
from eds_spark_imaging.dicom.plan import Entry, Order, Role

if TYPE_CHECKING:
    from eds_spark_imaging.dicom.context import Context

LENGTH: Final = 32  # elements of a run: the more, the likelier that one of them has another length
LEAST: Final = 4  # elements worth keeping in mind
KEY: Final = 8  # bytes of the element header with which a run begins
MAX_PLACES: Final = 256
MAX_RUNS: Final = 4  # of one place
PATIENCE: Final = 4  # times in a row that a place is gone through element by element before it is learnt
GIVEN_UP: Final = 8  # times in a row after which its runs are tried ``RARELY``: comparing in vain costs too
RARELY: Final = 16  # one in so many
FADING: Final = 7 / 8  # what counts of the files before one
TRIES: Final = 6  # files, of ``AMONG``, that are tried while hardly any run is known
AMONG: Final = 64


class Run:
    """Up to ``LENGTH`` elements that lie one after another in ``size`` bytes, none of them to be gone into.

    ``heads`` gives their headers, ``values`` the value fields of those that are ``declared`` (entry and VR).
    """

    __slots__ = ("entries", "expected", "heads", "size", "values", "vrs")

    def __init__(self, data: bytes, start: int, end: int, entries: dict[int, Entry], order: Order) -> None:
        position, passed = start, 0
        heads, values = ["="], ["="]
        declared: list[tuple[Entry, bytes]] = []
        while len(heads) <= LENGTH and position + 12 <= end:
            vr = data[position + 4 : position + 6]
            if vr not in VRS:  # what it is depends on more than its header
                break
            tag, _, length, value = element(data, position, True, order)
            entry, size = entries.get(tag), value - position
            special = length == UNDEFINED or (entry is not None and entry.role != Role.LEAF)
            if special or value + length > end:
                break
            heads.append(f"{size}s{length}x")
            if entry is None:
                passed += size + length
            else:
                values.append(f"{passed + size}x{length}s")
                declared.append((entry, vr))
                passed = 0
            position = value + length
        self.size = position - start
        self.entries = tuple(entry for entry, _ in declared)
        self.vrs = tuple(vr for _, vr in declared)
        self.values = Struct("".join(values)).unpack_from
        self.heads = Struct("".join(heads)).unpack_from
        self.expected = self.heads(data, start)


class Place:
    """The runs that begin with one element header, the latest first."""

    __slots__ = ("misses", "runs")

    def __init__(self) -> None:
        self.misses = 0
        self.runs: tuple[Run, ...] = ()


class Runs:
    """What one reader has met at the top level of data sets in explicit form."""

    __slots__ = ("_files", "_found", "_missed", "places")

    def __init__(self) -> None:
        self.places: dict[bytes, Place] = {}
        self._files = 0
        self._found = self._missed = 0.0  # of the last files, the latest counting most

    def for_next_file(self) -> Runs | None:
        """These; for most files None, while the last files had hardly any run that was known."""
        self._files += 1
        if 2 * self._found < self._missed and not 1 <= self._files % AMONG <= TRIES:
            return None
        self._found *= FADING
        self._missed *= FADING
        return self

    def follow(self, data: bytes, position: int, end: int, context: Context) -> int:
        """Note the declared elements of the known runs that lie at ``position``, and give the offset after them."""
        places, note = self.places, context.hits.extend
        while place := places.get(data[position : position + KEY]):
            if place.misses >= GIVEN_UP and place.misses % RARELY:
                break
            for run in place.runs:
                after = position + run.size
                if after <= end and run.heads(data, position) == run.expected:
                    note(zip(run.entries, run.vrs, run.values(data, position), repeat(context)))
                    place.misses = 0
                    self._found += 1
                    position = after
                    break
            else:
                break
        return position

    def learn(self, data: bytes, start: int, end: int, context: Context) -> None:
        """Keep in mind what was gone through from ``start`` on, where that has happened several times.

        Ever more rarely while nothing of what was learnt comes again.
        """
        key = data[start : start + KEY]
        place = self.places.get(key)
        if place is None:
            if len(self.places) >= MAX_PLACES:
                self.places.clear()
            place = self.places[key] = Place()
        place.misses += 1
        self._missed += 1
        if place.misses >= PATIENCE and place.misses & (place.misses - 1) == 0 and context.node is not None:
            run = Run(data, start, end, context.node.entries, context.order)
            if len(run.expected) >= LEAST:
                place.runs = (run, *place.runs[: MAX_RUNS - 1])
