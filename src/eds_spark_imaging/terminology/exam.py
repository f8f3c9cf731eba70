"""What an exam is, from all that is written about it: category, parts, regions, side, contrast, each with its source.

Attributes come first for side and contrast. For parts, texts win over Body Part Examined, two texts that agree win over
a third, description and request win over the protocol, and a series that names its own part wins over its study, even
where the protocol repeats it, unless the place is elsewhere. What disagrees is listed in ``conflicts``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from eds_spark_imaging.terminology import reading as texts
from eds_spark_imaging.terminology.agents import contrast_of
from eds_spark_imaging.terminology.data_files import group
from eds_spark_imaging.terminology.exam_category import category_of
from eds_spark_imaging.terminology.lexicon import Lexicon, lexicon
from eds_spark_imaging.terminology.parts import agree, general, lies_within, members, near, vague
from eds_spark_imaging.terminology.reading import Reading, text_category
from eds_spark_imaging.terminology.sides import MIXED
from eds_spark_imaging.terminology.sources import (
    CODED,
    MODALITY,
    OF_STUDY,
    PROTOCOL,
    SERIES,
    SIDES,
    TEXTS,
    Sources,
    sources,
)
from eds_spark_imaging.terminology.terms import UNSAID, Said, Terms

_CACHED = 200_000


def read_terms(row: Mapping[str, object]) -> Terms:
    """What an exam or series is, from its columns by name (``sources.KEYS``); without the terms that a site adds.

    >>> terms = read_terms({"modality": "MR", "study_description": "IRM genou D sans inj"})
    >>> terms.category, terms.body_parts, terms.laterality, terms.contrast
    ('irm', ('KNEE',), 'R', 'without')
    """
    return _reader().read(row)


@cache
def _reader() -> Reader:
    return Reader()


@dataclass(slots=True)
class Reader:
    """Reads exams with one lexicon; texts that were read before are not read again."""

    lexicon: Lexicon = field(default_factory=lexicon)
    _texts: dict[tuple[str, str, bool, bool], Reading] = field(default_factory=dict)
    _categories: dict[str, str] = field(default_factory=dict)

    def read(self, row: Mapping[str, object]) -> Terms:
        """The terms of a row of columns (see ``sources.KEYS``); any of them may be missing or of any type."""
        return self.terms(sources(row))

    def terms(self, given: Sources) -> Terms:
        """The terms of one exam or series."""
        category = self._category(given)
        known = category.value if category.source else ""
        read = {column: self._text(text, known, column) for column, text in given.values.items() if column in _READ}
        source, chosen, conflicts = self._choose(read)
        parts, regions, rule = chosen.parts, chosen.regions, chosen.rule
        if not read or not (parts or regions):
            parts, regions, rule, source = self._default(given, source)
        paired = chosen.paired or any(self.lexicon.parts[p].paired for p in members(self.lexicon, parts))
        side = self._side(given, read, parts, paired)
        contrast = contrast_of(given, read)
        sure = 0.8 if rule == "modality" else self._confidence(chosen, source, read)
        confidence = round(sure * 0.8 if conflicts else sure, 2)
        codes = tuple(self.lexicon.parts[part].code for part in parts)
        return Terms(
            category.value,
            category.source,
            category.rule,
            category.confidence,
            parts,
            codes,
            source if parts else "",
            rule if parts else "",
            confidence if parts else 0.0,
            tuple(self.lexicon.regions[region] for region in dict.fromkeys(regions)),
            source if regions else "",
            rule if regions else "",
            confidence if regions else 0.0,
            side.value,
            side.source,
            side.rule,
            side.confidence,
            contrast.value,
            contrast.source,
            contrast.rule,
            contrast.confidence,
            (*category.conflicts, *conflicts, *side.conflicts, *contrast.conflicts),
            self.lexicon.version,
        )

    def explain(self, row: Mapping[str, object]) -> dict[str, object]:
        """For each text: the words that named its parts, what was set aside and why, side and contrast said."""
        given = sources(row)
        said = self._category(given)
        category = said.value if said.source else ""
        read = {column: self._text(text, category, column) for column, text in given.values.items() if column in _READ}
        return {
            column: {
                "body_parts": list(one.parts),
                "words": list(one.words),
                "set_aside": list(one.reasons),
                "laterality": one.side,
                "contrast": one.contrast or one.implied,
                "rule": "kernel" if one.kernel else one.rule,
            }
            for column, one in read.items()
        }

    def _text(self, text: str, category: str, column: str) -> Reading:
        series = column in {SERIES, PROTOCOL}
        coded = column in CODED
        key = (text, category, series, coded)
        found = self._texts.get(key)
        if found is None:
            if len(self._texts) >= _CACHED:
                self._texts.clear()
            found = self._texts[key] = texts.read(self.lexicon, text, category, series=series, coded=coded)
        return found

    def _told(self, text: str) -> str:
        found = self._categories.get(text)
        if found is None:
            if len(self._categories) >= _CACHED:
                self._categories.clear()
            found = self._categories[text] = text_category(self.lexicon, text)
        return found

    def _category(self, given: Sources) -> Said:
        told = ((column, self._told(given.values[column])) for column in _TELLING if column in given.values)
        return category_of(self.lexicon, given.get(MODALITY), [one for one in told if one[1]])

    def _choose(self, read: Mapping[str, Reading]) -> tuple[str, Reading, tuple[str, ...]]:
        named = {column: one for column, one in read.items() if one.parts or one.regions}
        if not named:
            return "", _NOTHING, ()
        naming = {column: one for column, one in named.items() if column in TEXTS and not one.kernel}
        if SERIES in naming and self._only_why(naming):
            del naming[SERIES]
        elif SERIES in naming:
            naming[SERIES] = self._beside(read, SERIES, naming[SERIES])
        source = self._closer(naming, self._winner(naming))
        coded = next((column for column in CODED if column in named), "")
        if not source:
            return (coded, read[coded], ()) if coded else ("", _NOTHING, ())
        chosen = self._beside(read, source, naming[source])
        others = [column for column in (*TEXTS, *CODED) if column in read and column != source]
        speaking = [column for column in others if (column in naming or column in CODED) and read[column].parts]
        against = [column for column in speaking if not agree(self.lexicon, chosen.parts, read[column].parts)]
        if not against:
            return source, chosen, ()
        parts = {column: "+".join(read[column].parts) for column in (source, *against)}
        conflicts = tuple(f"body_part: {source}={parts[source]}, {other}={parts[other]}" for other in against)
        return source, chosen, conflicts

    def _only_why(self, naming: Mapping[str, Reading]) -> bool:
        """`LOW DOSE COLIQUE NEPHRETIQUE` of `ABDO-PELVIEN`: a series that tells why what holds its parts is seen."""
        series = naming[SERIES]
        wholes = [self._members(one) for one in naming.values() if one.rule != "context" == series.rule]
        return any(len(one) > 1 and all(lies_within(self.lexicon, p, one) for p in series.parts) for one in wholes)

    def _winner(self, naming: Mapping[str, Reading]) -> str:
        """The text that is taken for the parts, by column; empty where no text names any."""
        if len(naming) == 1:
            return next(iter(naming))
        order = [column for column in TEXTS if column in naming]
        with_parts = [column for column in order if naming[column].parts]
        exact = [column for column in with_parts if not vague(naming[column].parts)]
        order = exact or with_parts or order
        if len(order) < 3:
            return order[0] if order else ""

        def backed(column: str) -> bool:
            return any(
                agree(self.lexicon, naming[column].parts, naming[other].parts) for other in order if other != column
            )

        winner = next(filter(backed, order), order[0])
        if winner == SERIES or (SERIES in order and near(naming[SERIES].regions, naming[winner].regions)):
            return SERIES  # `HANCHE D` of `BASSIN`, protocol `BASSIN`
        same = [
            column
            for column in order
            if any(self._members(naming[column]) == self._members(naming[other]) for other in order if other != column)
        ]
        return winner if winner in same or not same else same[0]  # `EPAULE`, `CLAVICULE`, `CLAVICULE`

    def _beside(self, read: Mapping[str, Reading], source: str, chosen: Reading) -> Reading:
        """`SAG T2 CERVICAL` of an exam of the spine: words that mean another place beside what other columns name."""
        told = self.lexicon.by_neighbour.get(tuple(chosen.words[0].split())) if len(chosen.words) == 1 else None
        if told is None:
            return chosen
        places, entry = told
        named = {part for column, one in read.items() if column != source for part in self._members(one)}
        if not any(part in places or lies_within(self.lexicon, part, places) for part in named):
            return chosen
        return chosen._replace(parts=entry.parts, regions=entry.regions)

    def _members(self, reading: Reading) -> frozenset[str]:
        return members(self.lexicon, reading.parts)

    def _closer(self, naming: Mapping[str, Reading], source: str) -> str:
        """Of a text that says `RACHIS` or `MEMBRE SUPERIEUR` alone: the text that names one part of it."""
        if source not in _DESCRIBING or not general(naming[source].parts) or len(naming[source].parts) > 1:
            return source
        if any(" " in word for word in naming[source].words) and source == SERIES:
            return source  # `RACHIS ENTIER`
        return next((other for other in TEXTS if other in naming and self._is_piece(naming, other, source)), source)

    def _is_piece(self, naming: Mapping[str, Reading], one: str, whole: str) -> bool:
        piece = naming[one]
        alone = len(piece.parts) == 1 and piece.rule != "context"  # `TVP jambe G` is why `DOPPLER MI` was made
        return alone and lies_within(self.lexicon, piece.parts[0], naming[whole].parts)

    def _confidence(self, chosen: Reading, source: str, read: Mapping[str, Reading]) -> float:
        """Of parts: how the words were found, less for a lesser source, more where another source says the same."""
        sure = chosen.confidence * (0.85 if source in _LESSER else 1)
        here = members(self.lexicon, chosen.parts)
        agreed = any(column != source and here & members(self.lexicon, one.parts) for column, one in read.items())
        return sure + (1 - sure) / 2 if agreed else sure

    def _default(self, given: Sources, source: str) -> tuple[tuple[str, ...], tuple[str, ...], str, str]:
        modality = self.lexicon.modalities.get(given.get(MODALITY).upper())
        part = modality.default_part if modality else ""
        if not part:
            return (), (), "", source
        return (part,), self.lexicon.parts[part].regions, "modality", MODALITY

    def _side(self, given: Sources, read: Mapping[str, Reading], parts: Sequence[str], paired: bool) -> Said:
        if not paired:
            return UNSAID
        said = [(c, _SIDES[given.get(c).upper()]) for c in SIDES if given.get(c).upper() in _SIDES]
        # An image of a pair has its own.
        stored = next((one for one in said if one[1] != "B"), said[0] if said else None)
        told = self._told_side(read, parts)
        if stored:
            differs = told.value and told.value != stored[1] and "B" not in {told.value, stored[1]}
            conflicts = (f"laterality: {stored[0]}={stored[1]}, {told.source}={told.value}",) if differs else ()
            return Said(stored[1], stored[0], "attribute", 0.7 if conflicts else 0.97, conflicts)
        return told

    @staticmethod
    def _contradicted(sides: Mapping[str, str], of_study: Sequence[str]) -> bool:
        return any(side not in {sides[SERIES], "B", MIXED} for side in of_study)

    def _sided_too(self, parts: Sequence[str], one: Reading) -> bool:
        """Whether the side of a text is that of parts; a disease's only of the same: `STENOSE CAROTIDE D` of `TSA`."""
        if one.rule == "context":
            return not members(self.lexicon, parts).isdisjoint(self._members(one))
        return agree(self.lexicon, parts, one.parts)

    def _told_side(self, read: Mapping[str, Reading], parts: Sequence[str]) -> Said:
        sides = {c: one.side for c, one in read.items() if one.side and (not one.parts or self._sided_too(parts, one))}
        if not sides:
            return UNSAID
        of_study = [sides[column] for column in OF_STUDY if column in sides]
        clash = len(set(of_study) - {"B"}) > 1
        said = "laterality: " + ", ".join(f"{column}={side}" for column, side in sides.items())
        if SERIES in sides and sides[SERIES] != MIXED:
            if not read[SERIES].parts and self._contradicted(sides, of_study):
                return Said("", "", "", 0.0, (said,))  # `PROFIL DROIT` of a left knee
            against = [side for side in of_study if side not in {sides[SERIES], "B"}]
            if len(against) > 1 and not clash:
                return Said("", "", "", 0.0, (said,))
            return Said(sides[SERIES], SERIES, "text", 0.75 if against else 0.9, (said,) if against else ())
        if clash or MIXED in sides.values():
            return Said("", "", "", 0.0, (said,))
        source = next((column for column in (*OF_STUDY, PROTOCOL, *CODED) if column in sides), "")
        return Said(sides[source], source, "text", 0.9) if source else UNSAID


_READ = frozenset({*TEXTS, *CODED})
_NOTHING = Reading()
_DESCRIBING = frozenset({SERIES, *OF_STUDY})
# Sources of parts that are trusted less.
_LESSER = frozenset({PROTOCOL, *CODED})
# The texts that may tell a category, in the order in which one of several is taken.
_TELLING = (*OF_STUDY, SERIES, PROTOCOL)
_SIDES = {
    value: side
    for side, values in (("R", "right_values"), ("L", "left_values"), ("B", "both_values"))
    for value in group(values)
}
