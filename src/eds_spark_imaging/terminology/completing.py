"""Phrases that were cut at the end of a text: what all that go on like this agree on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from eds_spark_imaging.terminology.lexicon import Lexicon
from eds_spark_imaging.terminology.parts import lies_within
from eds_spark_imaging.terminology.span import Span
from eds_spark_imaging.terminology.text import Words, begun, stems
from eds_spark_imaging.terminology.word_tree import LexiconEntry, WordNode, meaning_of

# Words, and where each leads.
Continued = tuple[tuple[str, WordNode], ...]

# Systems cut descriptions at 16 characters (SH), some at 64 (LO); a shorter text was not cut.
SHORT_TEXT = 16
SHORT_CUT = frozenset({SHORT_TEXT - 1, SHORT_TEXT})
_CUT_AT = SHORT_CUT | {63, 64}
_CUT_FROM = 15
# Letters that the beginning of a word needs: at the lengths where systems cut, and elsewhere.
_SHORTEST_CUT = 3
_SHORTEST_ELSEWHERE = 5
SHORTEST_SECOND = 2
LONGEST_PHRASE = 4
_CONNECTORS, _BEFORE_EXAMS = stems("joining_places"), stems("before_exams")
# Letters that a DICOM term, which is one word, may have after a beginning.
_LONGEST_REST = 8
# Roles of words that may be places too, or that say nothing here.
_BESIDE_PLACES = frozenset({"noun", "right", "left", "both_sides", "kernel", "plain_exam", "slight"})
# Roles of words that are not taken for the end of one that was cut.
_NEVER_MEANT = frozenset({"", "kernel", "slight", "noun", "plain_exam", "vessels_exam", "fluoroscopy_exam"})


def shortest_cut(length: int) -> int:
    """How many letters the last word of a text of this length needs to count as cut: few where systems cut texts."""
    return _SHORTEST_CUT if length in _CUT_AT else _SHORTEST_ELSEWHERE if length >= _CUT_FROM else 0


def cut_phrase(
    lexicon: Lexicon, text: Words, i: int, category: str, *, cut: int, earlier: Sequence[Span]
) -> tuple[Span, int] | None:
    """The last words of a text that was cut, where all phrases that go on like this agree on something.

    ``LONGEST_PHRASE`` words at most are looked at. ``cut``: how many letters one word alone needs (``shortest_cut``); a
    word after others of a phrase needs fewer. ``earlier``: the spans before; where one names a place, few letters need
    not begin another.
    """
    forms, breaks = text
    length = len(forms) - i
    entry = _completed(lexicon, forms[i:], category, cut) if _after(lexicon, forms[i:-1]) else None
    if entry is None:
        return None
    named = any(span.place for span in earlier)
    joined = i > 0 and forms[i - 1] in _CONNECTORS
    adjoining = named and breaks[-1] == " " and not joined
    if entry.place and _unsure(lexicon, forms[i:], category, named=named, adjoining=adjoining):
        return None
    return Span(forms[i:], breaks[i], meaning_of(entry), "cut"), length


@lru_cache(maxsize=65536)
def _completed(lexicon: Lexicon, words: tuple[str, ...], category: str, cut: int) -> LexiconEntry | None:
    """What all phrases that begin with these words, the last of which may be cut, agree on."""
    first, last = lexicon.root.next.get(words[0]), words[-1]
    combining = len(words) > 2 or (len(words) > 1 and first is not None and _combines(first))
    node = _after(lexicon, words[:-1])
    if node is None or not _may_be_cut(lexicon, last, node, cut, alone=len(words) == 1, combining=combining):
        return None
    which = _goes_on_from(lexicon, words, first, category)
    entry = _agreed(lexicon, continued(lexicon, node, last), category, which)
    if entry is None or (len(words) > 1 and not _goes_on(entry, first, lexicon.root.next.get(last))):
        return None
    return entry


def _unsure(lexicon: Lexicon, words: Sequence[str], category: str, *, named: bool, adjoining: bool) -> bool:
    """Whether the last word may also begin one that is no place: `SCA`; `POUMONS HAUT`, just after another place."""
    last = words[-1]
    short = len(last) < _SHORTEST_ELSEWHERE
    if len(words) == 1:
        if adjoining and any(word.startswith(last) for word in lexicon.plain):
            return True
        return short and begins_else(lexicon, last, category, diseases=named)
    return short and words[0] in _BEFORE_EXAMS and _begins_exam(lexicon, last)


def _after(lexicon: Lexicon, forms: Sequence[str]) -> WordNode | None:
    node = lexicon.root
    for word in forms:
        following = node.next.get(word)
        if following is None:
            return None
        node = following
    return node


def _may_be_cut(lexicon: Lexicon, last: str, node: WordNode, cut: int, *, alone: bool, combining: bool) -> bool:
    """Whether the last word has letters enough, and is not a whole word already."""
    needed = SHORTEST_SECOND if combining else cut
    if combining and cut == _SHORTEST_CUT and not alone and not node.entries:
        needed = 1  # `MASSIF F`
    if len(last) < needed or (last in node.next and cut != _SHORTEST_CUT):
        return False
    entry = lexicon.root.next.get(last)
    whole = (entry is not None and _told(entry, alone=alone)) or (alone and last in lexicon.plain)
    return combining or not whole


def _told(node: WordNode, *, alone: bool) -> bool:
    """Whether the word says something itself; after others of a phrase, not what counts where nothing else does."""
    return any(alone or not entry.weak for entry in node.entries)


def _goes_on(entry: LexiconEntry, first: WordNode | None, last: WordNode | None) -> bool:
    """Whether several words may be a phrase: a place, or words of which neither is one; `DROITE ET` is not both."""
    if entry.place or entry.role == "noise":
        return True
    return entry.role != "both_sides" and first is not None and not any(map(_names_place, filter(None, (first, last))))


def doubtful_end(lexicon: Lexicon, text: Words, span: Span, cut: int, earlier: Sequence[Span]) -> bool:
    """`CORONARY CTA PROS`: after a place, an abbreviation where texts are cut that begins another word."""
    last = text.forms[-1]
    if cut != _SHORTEST_CUT or not _SHORTEST_CUT <= len(last) < _SHORTEST_ELSEWHERE or text.breaks[-1] != " ":
        return False
    place = span.place
    abbreviates = place is not None and len(place.parts) == 1 and all(entry.only for entry in span.entries)
    after_place = abbreviates and any(one.place for one in earlier)
    return after_place and any(word.startswith(last) and word != last for word in lexicon.plain)


def _begins_exam(lexicon: Lexicon, beginning: str) -> bool:
    """`SOUS SCA`: with the kind of exam it is no name of a place."""
    return any(
        entry.category and not entry.place
        for _, node in continued(lexicon, lexicon.root, beginning)
        for entry in node.entries
    )


def begins_else(lexicon: Lexicon, beginning: str, category: str, *, diseases: bool) -> bool:
    """Whether few letters may also begin a word that is no place: `SCA` begins scapula and, of a CT, scanner."""
    return any(
        entry.role not in _BESIDE_PLACES
        and not entry.place
        and (diseases or entry.role != "disease")
        and (not category or entry.category in {"", category})
        for _, node in continued(lexicon, lexicon.root, beginning)
        for entry in node.entries
    )


def _names_place(node: WordNode) -> bool:
    return any(entry.place for entry in node.entries)


def _combines(first: WordNode) -> bool:
    """A word that needs another: a combining form (`sacro`), or the noun of an adjective (`rachis`)."""
    places = [entry for entry in first.entries if entry.place]
    return all(entry.parts == ("SPINE",) for entry in places)


def may_begin(lexicon: Lexicon, beginning: str) -> bool:
    """Whether a phrase begins with a word that begins like this; long terms of DICOM count, as they do not below."""
    return bool(begun(lexicon.first_words, beginning))


def begins_words(lexicon: Lexicon, beginning: str) -> bool:
    """Whether words that a phrase may begin with begin like this."""
    return bool(continued(lexicon, lexicon.root, beginning))


# Which phrases a beginning may be of: as much those that go on; those where one ends, else others; those alone.
_ALL, _ENDING_FIRST, _ENDING = 0, 1, 2


def _goes_on_from(lexicon: Lexicon, words: Sequence[str], first: WordNode | None, category: str) -> int:
    """`FOIE PANCREA`: two words that are places each are not the beginning of a phrase of three."""
    if len(words) == 1:
        return _ALL
    if first is None or not _names_place(first) or _combines(first) or words[0].endswith("o"):
        return _ENDING_FIRST
    alone = _agreed(lexicon, continued(lexicon, lexicon.root, words[-1]), category, _ALL)
    return _ENDING if alone is not None and alone.place else _ENDING_FIRST


def _agreed(lexicon: Lexicon, words: Continued, category: str, which: int) -> LexiconEntry | None:
    """What completions share."""
    plain = [(word, node) for word, node in words if not _run_together(lexicon, word, words)]
    own = [(_said(node, category), node) for _, node in plain]
    if which == _ALL:
        meant = [one for said, node in own for one in said or _leaves(node, category)]
        return common(lexicon, [one for one in meant if one.place] or meant)
    found = common(lexicon, [one for said, _ in own for one in said])
    if which == _ENDING:
        return found
    return found or common(lexicon, [leaf for _, node in words for leaf in _leaves(node, category)])


def _run_together(lexicon: Lexicon, word: str, words: Continued) -> bool:
    """A DICOM term of several words (`cranialvenoussystem`), of which the first is there too."""
    return word.upper() in lexicon.parts and any(
        word != other and word.startswith(other) and node.next for other, node in words
    )


def continued(lexicon: Lexicon, node: WordNode, beginning: str) -> Continued:
    """The words with this beginning that may follow, and where they lead."""
    if node is lexicon.root:
        return _first_words(lexicon, beginning)
    return tuple((word, child) for word, child in node.next.items() if word.startswith(beginning))


@lru_cache(maxsize=65536)
def _first_words(lexicon: Lexicon, beginning: str) -> Continued:
    return tuple(
        (word, lexicon.root.next[word])
        for word in begun(lexicon.first_words, beginning)
        if word.upper() not in lexicon.parts or len(word) <= len(beginning) + _LONGEST_REST
    )


def _said(node: WordNode, category: str) -> list[LexiconEntry]:
    return [entry for entry in node.meaning(category).entries if entry.place or entry.role not in _NEVER_MEANT]


def _leaves(node: WordNode, category: str) -> Iterator[LexiconEntry]:
    yield from _said(node, category)
    for child in node.next.values():
        yield from (leaf for leaf in _leaves(child, category) if leaf.place)  # `SPGR` is not yet `SPGR POST`


def common(lexicon: Lexicon, entries: Iterable[LexiconEntry]) -> LexiconEntry | None:
    """What several meanings share: their common parts, or their one role; None where they share nothing."""
    entries = list(entries)
    if not entries:
        return None
    roles = {entry.role for entry in entries}
    if roles != {""}:
        return next((entry for entry in entries if entry.role), None) if len(roles) == 1 else None
    sets = [{member for part in entry.parts for member in lexicon.composites.get(part, (part,))} for entry in entries]
    inside = set.intersection(*sets)
    shared = tuple(part for part in lexicon.parts if part in inside) or _around(lexicon, sets)
    if not shared:
        return None
    regions = tuple(dict.fromkeys(region for part in shared for region in lexicon.parts[part].regions))
    paired = any(lexicon.parts[part].paired for part in shared)
    return LexiconEntry(shared, regions, paired, place=True, weak=all(entry.weak for entry in entries))


def _around(lexicon: Lexicon, sets: Sequence[set[str]]) -> tuple[str, ...]:
    """The one part that all others lie within: `CERVE` begins brain and cerebellum."""
    found = set[str]().union(*sets)
    candidates = (part for part in lexicon.parts if part in found)
    return tuple(part for part in candidates if all(part in one or _one_within(lexicon, one, part) for one in sets))


def _one_within(lexicon: Lexicon, parts: Iterable[str], place: str) -> bool:
    return any(lies_within(lexicon, part, (place,)) for part in parts)
