"""Names of persons as tokens, and how far two people's names agree. Column expressions only.

A DICOM person name is `family^given^middle^prefix^suffix` (PS3.5 section 6.2), but the field writes the parts in any
order and place, with or without accents and hyphens: tokens are compared wherever they stand.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from pyspark.sql import Column
from pyspark.sql import functions as F

AGREE, COMPATIBLE, MISSING, DIFFER = "agree", "compatible", "missing", "differ"

_TITLES = ("MME", "MLLE", "MR", "DR", "NEE", "EPOUSE", "EP", "VVE")
# Parts of names that many share: they do not make two names alike.
_PARTICLES = ("DE", "DU", "DES", "LA", "LE", "LES", "EL", "AL", "BEN", "VAN", "VON", "DA", "DOS", "DI", "ST", "SAINT")

_LIGATURES = {"Œ": "OE", "Æ": "AE", "Ø": "O", "Ł": "L", "Đ": "D", "ẞ": "SS"}
_ACCENTED = {
    sign: base
    for sign in map(chr, range(0xC0, 0x250))
    if (base := unicodedata.normalize("NFD", sign)[0]) != sign and base.isascii() and base.isupper()
}


def normalised(column: Column) -> Column:
    """Upper case without accents; everything but letters, digits and `^` is a blank."""
    text = F.upper(F.substring_index(column, "=", 1))
    text = F.regexp_replace(text, r"\p{M}+", "")
    for sign, letters in _LIGATURES.items():
        text = F.replace(text, F.lit(sign), F.lit(letters))
    text = F.translate(text, "".join(_ACCENTED), "".join(_ACCENTED.values()))
    return F.regexp_replace(text, "[^A-Z0-9^]+", " ")


def tokens(column: Column) -> Column:
    """The words of a name, titles left out; empty where the name is null."""
    words = F.split(F.regexp_replace(normalised(column), r"\^", " "), " ")
    kept = F.filter(words, lambda word: (word != "") & ~word.isin(*_TITLES))
    return F.coalesce(kept, F.array().cast("array<string>"))


def joined_parts(column: Column) -> Column:
    """The parts between `^`, each as one word: `JEAN-PIERRE` is `JEANPIERRE`."""
    parts = F.transform(F.split(normalised(column), r"\^"), lambda part: F.regexp_replace(part, " ", ""))
    return F.coalesce(F.filter(parts, lambda part: part != ""), F.array().cast("array<string>"))


def is_placeholder_name(column: Column, placeholders: Sequence[str]) -> Column:
    """Whether a name holds a placeholder (`INCONNU^HOMME`): it names nobody."""
    words = F.concat(F.lit(" "), F.array_join(tokens(column), " "), F.lit(" "))
    wanted = sorted({_words(placeholder) for placeholder in placeholders} - {"  "})
    named = [F.contains(words, F.lit(text)) for text in wanted]
    nobody = F.coalesce(words.rlike("^( X+)+ $"), F.lit(False))
    for found in named:
        nobody = nobody | found
    return nobody


def _words(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.upper())
    return f" {' '.join(''.join(s if s.isascii() and s.isalnum() else ' ' for s in plain).split())} "


class Agreement(NamedTuple):
    """Columns: the state of the family name and of the given name, and whether not one word is shared."""

    family: Column
    given: Column
    nothing_shared: Column


def compare_names(header: Column, header_joined: Column, family_names: Column, given_names: Column) -> Agreement:
    """How the names of a header agree with a person's.

    ``header`` are its tokens, ``header_joined`` its tokens and joined parts. ``family_names`` (birth and used names)
    and ``given_names`` are arrays of names, each as its tokens with blanks between. A name agrees when all its words
    are in the header, or all of it as one word; it is compatible when one word is, whole, cut short or mistyped.
    """
    family = _state(header, header_joined, family_names, initials=False)
    given = _state(header, header_joined, given_names, initials=True)
    # Where the family name takes every word of the header, it has no given name to compare, and the other way round.
    no_given = ~F.exists(header, lambda word: ~_in_names(word, family_names))
    no_family = ~F.exists(header, lambda word: ~_in_names(word, given_names))
    known = (F.size(header) > 0) & (F.size(F.concat(family_names, given_names)) > 0)
    return Agreement(
        family=F.when((family == DIFFER) & (given != DIFFER) & no_family, MISSING).otherwise(family),
        given=F.when((given == DIFFER) & (family != DIFFER) & no_given, MISSING).otherwise(given),
        nothing_shared=known & family.isin(DIFFER, MISSING) & given.isin(DIFFER, MISSING),
    )


def _state(header: Column, header_joined: Column, names: Column, initials: bool) -> Column:
    def whole(name: Column) -> Column:
        every = F.forall(F.split(name, " "), lambda word: F.array_contains(header, word))
        return every | F.array_contains(header_joined, F.replace(name, F.lit(" "), F.lit("")))

    def partly(name: Column) -> Column:
        shared = F.exists(
            F.split(name, " "), lambda word: F.exists(header, lambda other: _alike(word, other, initials))
        )
        one_word = F.replace(name, F.lit(" "), F.lit(""))
        return shared | F.exists(header_joined, lambda other: _alike(one_word, other, False))

    return (
        F.when((F.size(header) == 0) | (F.size(names) == 0), MISSING)
        .when(F.exists(names, whole), AGREE)
        .when(F.exists(names, partly), COMPATIBLE)
        .otherwise(DIFFER)
    )


def _in_names(word: Column, names: Column) -> Column:
    return F.exists(names, lambda name: F.exists(F.split(name, " "), lambda other: _alike(word, other, True)))


def _alike(word: Column, other: Column, initials: bool) -> Column:
    """Equal but not a particle, one cut short to three letters or more, one letter off in five, or an initial."""
    shorter = F.least(F.length(word), F.length(other))
    starts = F.startswith(word, other) | F.startswith(other, word)
    same = (word == other) & ~word.isin(*_PARTICLES) & (shorter >= 2)
    mistyped = (shorter >= 5) & (F.levenshtein(word, other, 1) >= 0)
    alike = same | (starts & (shorter >= 3)) | mistyped
    return alike | ((shorter == 1) & starts) if initials else alike
