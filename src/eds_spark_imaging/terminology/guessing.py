"""What an unknown word may stand for: words written together, an abbreviation, a misspelling, a spelling by ear."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from eds_spark_imaging.terminology.data_files import group
from eds_spark_imaging.terminology.lexicon import AGENTS, Lexicon
from eds_spark_imaging.terminology.text import begun, stem, stems
from eds_spark_imaging.terminology.word_tree import LexiconEntry

_SHORTEST_ABBREVIATION = 5
_LEFT_OUT = 8
_SHORTEST_TYPO = 5
_TWO_SLIPS_FROM = 12
_ENOUGH = 4
# Names of techniques differ by few letters: `remnographie`, `rétinographie`.
_NAMES_OF_EXAMS = group("names_of_exams_end")


@lru_cache(maxsize=65536)
def guesses(lexicon: Lexicon, word: str) -> tuple[tuple[str, str], ...]:
    """What an unknown word may stand for: words of the lexicon, each with how it was found; empty if nothing."""
    return _joined(lexicon, word) or _abbreviation(lexicon, word) or _typo(lexicon, word) or _sounding(lexicon, word)


_JOINABLE = frozenset({"right", "left"})
_LETTERS = stems("french_letters")
_SIDES = _LETTERS | stems("english_letters")
_FRENCH_CODES = group("french_exam_codes")
_EXAM_CODES = (*_FRENCH_CODES, *group("english_exam_codes"))
_ENDINGS = group("joined_endings")
_CODED_ENDINGS = (*_ENDINGS, *group("english_sides"), "iv", "w", *sorted(_SIDES))
# Letters that a word written together needs: one that begins with the code of an exam, and another.
_SHORTEST_CODED, _SHORTEST_JOINED = 5, 7


def _joined(lexicon: Lexicon, word: str) -> tuple[tuple[str, str], ...]:
    """`chestabdomen`, `irmgenou`, `lknee`, `genoug`: words written together, at least one of them a place."""
    if word[0] in "lr" and any(entry.paired for entry in lexicon.singles.get(word[1:], ())):
        return (word[0], "joined"), (word[1:], "joined")
    if (
        word[-1] in _LETTERS
        and word[:-1] in lexicon.french
        and any(entry.paired for entry in lexicon.singles.get(word[:-1], ()))
    ):
        return (word[:-1], "joined"), (word[-1], "joined")
    pieces = _pieces_with_ending(lexicon, word) or _pieces(lexicon, word)
    return tuple((piece, "joined") for piece in pieces)


def _pieces(lexicon: Lexicon, word: str) -> tuple[str, ...]:
    """Words of the lexicon that make up a word, one of them a place; empty if none do."""
    coded = word.startswith(_EXAM_CODES)
    if len(word) < (_SHORTEST_CODED if coded else _SHORTEST_JOINED):
        return ()
    best: dict[int, tuple[str, ...]] = {0: ()}
    for end in range(2, len(word) + 1):
        for start in sorted(best):
            piece = word[start:end]
            if start < end and len(piece) >= 2 and end not in best and _piece(lexicon, piece):
                best[end] = (*best[start], piece)
    pieces = best.get(len(word), ())
    named = any(_names_place(lexicon, piece, shortest=3 if coded else 4) for piece in pieces)
    return pieces if named else ()


def _pieces_with_ending(lexicon: Lexicon, word: str) -> tuple[str, ...]:
    """`ctchestwo`, `tdmthoraxiv`, `rxgenoug`, `headwo`: the kind of exam and a place, then contrast or a side."""
    coded = word.startswith(_EXAM_CODES)
    for ending in _CODED_ENDINGS if coded else _ENDINGS:
        rest = word.removesuffix(ending)
        if rest == word:
            continue
        if coded:
            pieces = _pieces_with_ending(lexicon, rest) or _pieces(lexicon, rest)
        else:
            pieces = (rest,) if _names_place(lexicon, rest, shortest=4) else ()
        if pieces and _fits(lexicon, pieces, ending):
            return (*pieces, ending)
    return ()


def _fits(lexicon: Lexicon, pieces: tuple[str, ...], ending: str) -> bool:
    """Whether an ending goes with what stands before: a letter that is a side with a paired place of its language."""
    if ending not in _SIDES:
        return True
    paired = any(entry.paired for entry in lexicon.singles.get(pieces[-1], ()))
    return paired and pieces[0].startswith(_FRENCH_CODES) == (ending in _LETTERS)


def _names_place(lexicon: Lexicon, piece: str, *, shortest: int) -> bool:
    """Whether a word is a place; one of three letters in exams of every category."""
    if len(piece) < shortest:
        return False
    return any(entry.place and (len(piece) > 3 or not entry.only) for entry in lexicon.singles.get(piece, ()))


def _piece(lexicon: Lexicon, piece: str) -> bool:
    entries = lexicon.singles.get(piece, ())
    if len(piece) == 2:
        return any(entry.role in _JOINABLE or (entry.category and not entry.place) for entry in entries)
    if any(entry.side for entry in entries):
        return False
    return any((entry.place and entry.parts) or entry.category or entry.role in _JOINABLE for entry in entries)


def _abbreviation(lexicon: Lexicon, word: str) -> tuple[tuple[str, str], ...]:
    """The beginning of words that all name the same parts."""
    near = begun(lexicon.spellings.get(word[0], ()), word)
    whole = (full for full in near if len(full) <= len(word) + _LEFT_OUT)
    longer = [full for full in whole if any(entry.role not in AGENTS for entry in lexicon.singles.get(full, ()))]
    longer = [full for full in longer if not any(full != one and full.startswith(one) for one in longer)]
    meanings = {meaning for full in longer for meaning in _meanings(lexicon.singles[full])}
    return ((longer[0], "abbreviated"),) if longer and len(meanings) == 1 else ()


def _meanings(entries: tuple[LexiconEntry, ...]) -> set[tuple[str, ...]]:
    """The places that a word names, else its roles."""
    general = [entry for entry in entries if not entry.only]
    return {entry.parts for entry in general if entry.place} or {(entry.role,) for entry in general}


def _typo(lexicon: Lexicon, word: str) -> tuple[tuple[str, str], ...]:
    """The one spelling within a slip or two of the keyboard, if no other is as near."""
    if len(word) < _SHORTEST_TYPO:
        return ()
    slips = 2 if len(word) >= _TWO_SLIPS_FROM else 1
    if word.endswith(_NAMES_OF_EXAMS):
        slips = 1
    forms = (word, *_unstemmed(word), *_stems_turned(lexicon, word))
    near = next(filter(None, (_nearest(lexicon, form, slips) for form in forms)), "")
    if not near or (len(word) == _SHORTEST_TYPO == len(near) and sorted(word) != sorted(near)):
        return ()
    return ((near, "typo"),)


# What sounds the same in French, in this order.
_SOUNDS = tuple(pair.split() for pair in group("same_sounds"))
_DOUBLED = re.compile(r"(.)\1")
_SHORTEST_SOUND = 4


def _sound(word: str) -> str:
    for spelt, sound in _SOUNDS:
        if spelt in word:
            word = word.replace(spelt, sound)
    return _DOUBLED.sub(r"\1", word.replace("h", "")).rstrip("es")


@lru_cache(maxsize=8)
def _by_sound(lexicon: Lexicon) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for spelt in itertools.chain.from_iterable(lexicon.spellings.values()):
        found.setdefault(_sound(spelt), []).append(spelt)
    return found


def _sounding(lexicon: Lexicon, word: str) -> tuple[tuple[str, str], ...]:
    """`epole`, `lombere`: written as it is said, if all that sound so mean the same."""
    sound = _sound(word) if len(word) >= _SHORTEST_TYPO else ""
    near = _by_sound(lexicon).get(sound, []) if len(sound) >= _SHORTEST_SOUND else []
    return ((near[0], "typo"),) if near and all(_same(lexicon, near[0], other) for other in near[1:]) else ()


def _unstemmed(word: str) -> tuple[str, ...]:
    """As the word would end if it were no feminine adjective, or had not been taken for one: `epu-ale`."""
    if word.endswith("le"):
        return (word[:-1],)
    if word.endswith("nne"):
        return (word[:-2],)  # `pelvinne`
    return (f"{word}e",) if word.endswith("al") else ()


def _stems_turned(lexicon: Lexicon, word: str) -> tuple[str, ...]:
    """What a word of two letters in the wrong order comes to, where they hid its ending: `cerebrlae`."""
    known = lexicon.spellings.get(word[0], ())
    turned = (stem(word[:i] + word[i + 1] + word[i] + word[i + 2 :]) for i in range(1, len(word) - 1))
    return tuple(form for form in turned if form in known)


def _nearest(lexicon: Lexicon, word: str, slips: int) -> str:
    """The nearest spelling, if all that are as near mean the same."""
    known = lexicon.spellings.get(word[0], ())
    near = process.extract(word, known, scorer=OSA.distance, score_cutoff=slips, limit=_ENOUGH)
    best = [spelt for spelt, distance, _ in near if distance == near[0][1]]
    if not best or not all(_same(lexicon, best[0], other) for other in best[1:]):
        return ""
    return next((spelt for spelt in best if lexicon.root.next[spelt].entries), best[0])


def _same(lexicon: Lexicon, one: str, other: str) -> bool:
    mine, theirs = (_meanings(lexicon.root.next[word].entries) for word in (one, other))
    return not mine or not theirs or mine == theirs
