"""From the elements that were found to one value for each attribute."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import groupby
from typing import Any, Final

from eds_spark_imaging.dicom.candidates import Candidate, by_attribute, other_frames, rank, way_of
from eds_spark_imaging.dicom.declaration.attribute import WIDEST, Kind
from eds_spark_imaging.dicom.element_values import ElementValues
from eds_spark_imaging.dicom.items import Items, is_blank
from eds_spark_imaging.dicom.naming import path
from eds_spark_imaging.dicom.parser.data_set import DataSet, Hit
from eds_spark_imaging.dicom.parser.plan import FRAME_COUNT, Slot
from eds_spark_imaging.dicom.reason import Reason
from eds_spark_imaging.dicom.result import Header
from eds_spark_imaging.dicom.values.charset import Charset
from eds_spark_imaging.dicom.values.decoders import SLOW
from eds_spark_imaging.dicom.values.typed import is_rounding

_ORDERED: Final = frozenset((Kind.DOUBLE, Kind.BIGINT, Kind.DATE, Kind.TIME, Kind.DATETIME))


class Resolution(ElementValues):
    """Fills ``header`` from the elements that were found, of which ``frames`` are items of functional groups."""

    def __init__(
        self,
        header: Header,
        hits: list[Hit],
        default: str | None,
        override: Charset | None,
        frames: int | None = None,
        *,
        explain: bool = False,
    ) -> None:
        super().__init__(header, default, override, explain=explain)
        self._hits = hits
        self._frames = frames
        self._later_items = False  # whether frames have values in other items of sequences than the first

    def resolve(self, oddities: Iterable[Reason] = ()) -> None:
        """Fill in values, sources, frame ranges, offsets and issues; ``oddities`` are those of the file as a whole."""
        unsettled, ordered = self._short_ways(self._hits)
        if self._explain or not ordered:
            self._header.values = {}
            unsettled = by_attribute(self._hits)
        for candidates in unsettled:
            self._choose(candidates)
        self._header.frame_conflicts.sort()
        for oddity in (*oddities, *(() if ordered else (Reason.TAG_ORDER,))):
            self.issue(None, None, None, oddity)
        if self._dropped:
            self.end_issues()

    def _short_ways(  # noqa: PLR0912 - one loop: it is gone through for every value of every file
        self, hits: list[Hit]
    ) -> tuple[Iterable[list[Candidate]], bool]:
        """Take the values where there is nothing to choose or to mend; gives what was found of the other attributes.

        Also tells whether the tags of the top level ascend: where they do not, a repeated one may count twice here.
        """
        values = self._header.values
        places: dict[int, list[Candidate]] = {}
        late: list[Candidate] = []  # where what was found directly wins
        last, ordered = 0, True
        for hit in hits:
            entry, vr, raw, context = hit
            direct = entry.direct
            if direct is not None and raw and (vr == direct.vr or vr is None):  # as most are
                value = direct.known.get(raw)  # type: ignore[arg-type]
                if value is None:
                    value = direct.learn(raw)  # type: ignore[arg-type]
                if value is not SLOW:
                    ordered = ordered and entry.tag > last
                    last = entry.tag
                    values[direct.column] = value
                    continue
            slots = entry.slots
            if not slots:
                if isinstance(raw, Reason):
                    self.issue(None, path(hit), None, raw)
                continue
            if entry.top:
                ordered = ordered and entry.tag > last
                last = entry.tag
            if not raw and entry.tag != FRAME_COUNT.tag:
                continue
            first = context.first
            if slots[0].frame:
                self._later_items = self._later_items or not first
                first = not self._later_items  # else the item that an earlier frame chose may be another
            for slot in slots:
                number = slot.attribute
                if slot.converted:
                    late.append((slot, hit))
                    continue
                if number in places:
                    places[number].append((slot, hit))
                    continue
                value = SLOW
                if slot.simple and first and (vr == slot.vr or vr is None):
                    value = slot.known.get(raw)  # type: ignore[arg-type]
                    if value is None:
                        value = slot.learn(raw)  # type: ignore[arg-type]
                if value is not SLOW:
                    values[slot.column] = value
                    if slot.direct:
                        continue
                places[number] = [(slot, hit)]
        for slot, hit in late:
            if slot.attribute in places or slot.column not in values:
                places.setdefault(slot.attribute, []).append((slot, hit))
        return [found for found in places.values() if len(found) > 1 or found[0][0].column not in values], ordered

    def _choose(self, candidates: list[Candidate]) -> None:
        """The value of an attribute is that of the best place that has one."""
        usual = [candidate for candidate in candidates if not candidate[0].finer]
        found = self._best(usual)
        if len(usual) < len(candidates):
            finer = self._best([candidate for candidate in candidates if candidate[0].finer])
            if finer is not None and (found is None or is_rounding(found[0], finer[0])):
                found = finer
        if found is None:
            return
        value, (slot, hit) = found
        self._header.values[slot.column] = value
        if self._explain:
            self._header.sources[slot.column] = slot.source.text
            self._header.tags.setdefault(slot.column, path(hit))

    def _best(self, candidates: list[Candidate]) -> tuple[Any, Candidate] | None:
        """The value of the best place that has one, and the element that gives it."""
        for same_place in self._by_place(candidates):
            slot = same_place[0][0]
            if slot.top:
                del same_place[:-1]
            if slot.each:
                value = self._listed(same_place)
            else:
                value = self._scalar(same_place) if slot.wanted.single else self._array(same_place)
            if slot.top and same_place[-1][1][0].tag == FRAME_COUNT.tag:
                value = self._frame_count(value, same_place[-1])
            if value is not None:
                return value, same_place[-1]
        return None

    def _by_place(self, candidates: list[Candidate]) -> Iterable[list[Candidate]]:
        """What was found of an attribute, place by place, the best first.

        Attributes of the same sequences have one place, the best where any of them has a value.
        """
        if not candidates:
            return []
        candidates.sort(key=rank)
        way = None if candidates[0][0].only else self._items.way(candidates[0][0].group)
        if way is None:
            return [list(group) for _, group in groupby(candidates, key=way_of)]
        there = [candidate for candidate in candidates if way_of(candidate) == way]
        return [there] if there else []

    @cached_property
    def _items(self) -> Items:
        return Items(self._hits)

    def _of_chosen(self, candidates: list[Candidate]) -> list[Candidate]:
        """What is in the items that single values are taken from; an issue tells of a value in another item."""
        if all(hit[3].first and not (slot.frame and self._later_items) for slot, hit in candidates):
            return candidates
        chosen = [candidate for candidate in candidates if self._items.is_chosen(candidate[1][3].trail)]
        for candidate in candidates:
            _, vr, raw, context = candidate[1]
            if not is_blank(vr or candidate[0].vr, raw) and not self._items.is_chosen(context.trail):
                self.report(candidate, Reason.MULTIPLE_ITEMS)
                break
        return chosen

    def _scalar(self, candidates: list[Candidate]) -> Any:
        """The first value; over frames also the smallest and largest."""
        first: Any = None
        candidates = self._of_chosen(candidates)
        slot = candidates[0][0] if candidates else None
        frame = self._items.frame(slot) if slot is not None and not slot.only else None
        for number, candidate in enumerate(candidates):
            if frame is not None and candidate[1][3].trail[0] != frame:
                continue
            if values := self.values(candidate):
                first = values[0]
                slot = candidate[0]
                if slot.wanted.kind is Kind.DATETIME:
                    first, offset = first
                    if offset is not None:
                        self._header.offsets[slot.column] = offset
                if slot.frame and slot.wanted.kind in _ORDERED:
                    self._range(first, candidates[number:])
                elif slot.frame:
                    self._compare([first], candidate, candidates)
                break
        return first

    def _range(self, first: Any, candidates: list[Candidate]) -> None:
        different = {hit[2]: (slot, hit) for slot, hit in candidates}
        values = [first, *(value for candidate in different.values() for value in self.plain(candidate))]
        if min(values) < max(values):
            self._header.frame_ranges[candidates[0][0].column] = (min(values), max(values))

    def _compare(self, first: list[Any], giver: Candidate, candidates: list[Candidate]) -> None:
        """Note where another frame than that of ``giver``, which gave ``first``, has another value."""
        for frame in other_frames(candidates, giver[1][3].trail[0]):
            if next(filter(None, map(self.plain, frame)), first) != first:
                self._header.frame_conflicts.append(giver[0].column)
                return

    def _array(self, candidates: list[Candidate]) -> list[Any] | None:
        """All values of one element, of the first frame that has any; or the sorted and distinct ones of all."""
        slot = candidates[0][0]
        if not slot.wanted.many:
            different = {candidate[1][1:3]: candidate for candidate in candidates}
            return sorted({value for candidate in different.values() for value in self.plain(candidate)}) or None
        chosen = self._of_chosen(candidates)
        if slot.wanted.frames:
            return self._of_all_frames(chosen, slot.wanted.frames)
        for candidate in chosen:
            if values := self.plain(candidate):
                if slot.frame:
                    self._compare(values, candidate, chosen)
                return values
        return None

    def _of_all_frames(self, candidates: list[Candidate], width: int) -> list[Any] | None:
        """The different values of all frames, ``width`` of each, in the order of frames."""
        different = dict.fromkeys(tuple(self.plain(candidate)) for candidate in candidates)
        return [value for values in different if len(values) == width for value in values] or None

    def _listed(self, candidates: list[Candidate]) -> list[Any] | None:
        """The values of every item of a sequence, as many for each: None where there is none."""
        slot = candidates[0][0]
        by_item: dict[int, list[Any]] = {}
        for candidate in candidates:
            key = id(candidate[1][3])
            if not by_item.get(key):
                by_item[key] = self.plain(candidate)
        node = candidates[0][1][3].node
        items = [] if node is None else self._items.listed(slot, node)
        values = self._padded(slot, items, by_item)
        there = set(map(id, items))
        for candidate in candidates:
            key = id(candidate[1][3])
            if slot.each != WIDEST and key in there and len(by_item[key]) > slot.each:
                self.report(candidate, Reason.MULTIPLE_VALUES)
                break
        known = _without_end(values)
        frame = self._items.frame(slot)
        if known and slot.frame and node is not None and frame is not None:
            for other in other_frames(candidates, frame):
                items = self._items.in_frame(node, other[0][1][3].trail[0])
                if _without_end(self._padded(slot, items, by_item)) not in (known, []):
                    self._header.frame_conflicts.append(slot.column)
                    break
        return values if known else None

    def _padded(self, slot: Slot, items: list[DataSet | None], by_item: dict[int, list[Any]]) -> list[Any]:
        """As many values for each item: None where there is none."""
        found = [by_item.get(id(item), []) for item in items]
        width = max(map(len, found), default=0) if slot.each == WIDEST else slot.each
        return [value for its in found for value in (*its[:width], *[None] * (width - len(its)))]

    def _frame_count(self, value: Any, candidate: Candidate) -> Any:
        """NumberOfFrames that is empty or not positive means one frame (PS3.3 section C.7.6.6)."""
        raw = candidate[1][2]
        blank = isinstance(raw, bytes) and not raw.strip(b" \0")
        frames = self._frames
        if blank or (isinstance(value, int) and (value < 1 or (frames is not None and frames != value))):
            self.report(candidate, Reason.FRAME_COUNT)
            return value if isinstance(value, int) and value > 0 else 1
        return value


def _without_end(values: list[Any]) -> list[Any]:
    """The values without the nulls behind them."""
    end = next((n for n in range(len(values), 0, -1) if values[n - 1] is not None), 0)
    return values[:end]
