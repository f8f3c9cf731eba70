"""Names of persons as tokens, and how far two people's names agree. Column expressions only.

A DICOM person name is `family^given^middle^prefix^suffix` (PS3.5 section 6.2), but the field writes the parts in any
order and place, with or without accents and hyphens: tokens are compared wherever they stand.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.tables.link_words import TraitState

_TITLES = ("MME", "MLLE", "MR", "DR", "NEE", "EPOUSE", "EP", "VVE")
# Parts of names that many share: they do not make two names alike.
_PARTICLES = ("DE", "DU", "DES", "LA", "LE", "LES", "EL", "AL", "BEN", "VAN", "VON", "DA", "DOS", "DI", "ST", "SAINT")

_NOTHING = (str(TraitState.DIFFER), str(TraitState.MISSING))

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


def tokens(text: Column) -> Column:
    """The words of a normalised name, titles left out; empty where it is null."""
    words = F.filter(F.split(text, r"[\^ ]+"), lambda word: (word != "") & ~word.isin(*_TITLES))
    return F.coalesce(words, F.array().cast("array<string>"))


def without_particles(words: str) -> Column:
    """Of an array of words those that tell people apart, distinct."""
    return F.array_distinct(F.filter(words, lambda word: (F.length(word) >= 2) & ~word.isin(*_PARTICLES)))


def joined_parts(text: Column) -> Column:
    """The parts of a normalised name between `^`, each as one word: `JEAN-PIERRE` is `JEANPIERRE`."""
    parts = F.filter(F.split(F.replace(text, F.lit(" "), F.lit("")), r"\^"), lambda part: part != "")
    return F.coalesce(parts, F.array().cast("array<string>"))


def is_placeholder_name(text: Column, placeholders: Sequence[str]) -> Column:
    """Whether a normalised name holds a placeholder (`INCONNU^HOMME`), or nothing but X: it names nobody."""
    words = placeholder_words(placeholders)
    return text.rlike(rf"(^|[ ^])({'|'.join(words)})($|[ ^])|^[X^ ]+$" if words else r"^[X^ ]+$")


def placeholder_words(placeholders: Sequence[str]) -> list[str]:
    """Placeholders as patterns for normalised names."""
    return sorted({_words(placeholder) for placeholder in placeholders} - {""})


def _words(text: str) -> str:
    """A placeholder as a pattern for normalised names, whatever stands between its words."""
    plain = unicodedata.normalize("NFD", text.upper())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return "[ ^]+".join("".join(sign if sign.isascii() and sign.isalnum() else " " for sign in plain).split())


def compare_names(pairs: DataFrame) -> DataFrame:
    """Adds ``family_name`` and ``given_name`` (agree, compatible, missing, differ) and ``nothing_shared``.

    ``name_tokens`` are the words of the header, ``name_forms`` these and its joined parts; ``family_names`` (birth
    and used names) and ``given_names`` are those of the person, each as its words with blanks between. A name agrees
    when all its words are in the header, or all of it as one word; it is compatible when one word is, whole, cut
    short or mistyped.
    """
    states = pairs.withColumns(
        {
            "family_name": _state("family_names", initials=False),
            "given_name": _state("given_names", initials=True),
            # Where one name takes every word of the header, there is nothing to compare the other with.
            "_family_alone": ~F.exists("name_tokens", lambda word: ~_in_names(word, "family_names")),
            "_given_alone": ~F.exists("name_tokens", lambda word: ~_in_names(word, "given_names")),
        }
    )
    family, given = F.col("family_name"), F.col("given_name")
    differ, missing = F.lit(str(TraitState.DIFFER)), F.lit(str(TraitState.MISSING))
    no_family = (family == differ) & (given != differ) & F.col("_given_alone")
    no_given = (given == differ) & (family != differ) & F.col("_family_alone")
    known = (F.size("name_tokens") > 0) & ((F.size("family_names") > 0) | (F.size("given_names") > 0))
    return states.withColumns(
        {
            "nothing_shared": known & family.isin(*_NOTHING) & given.isin(*_NOTHING),
            "family_name": F.when(no_family, missing).otherwise(family),
            "given_name": F.when(no_given, missing).otherwise(given),
        }
    ).drop("_family_alone", "_given_alone")


def _state(names: str, initials: bool) -> Column:
    header, forms = F.col("name_tokens"), F.col("name_forms")

    def whole(name: Column) -> Column:
        every = F.forall(F.split(name, " "), lambda word: F.array_contains(header, word))
        return every | F.array_contains(forms, F.replace(name, F.lit(" "), F.lit("")))

    def partly(name: Column) -> Column:
        one_word = F.replace(name, F.lit(" "), F.lit(""))
        words = F.concat(F.split(name, " "), F.array(one_word))
        return F.exists(words, lambda word: F.exists(forms, lambda other: _alike(word, other, initials)))

    return (
        F.when((F.size(header) == 0) | (F.size(names) == 0), str(TraitState.MISSING))
        .when(F.exists(names, whole), str(TraitState.AGREE))
        .when(F.exists(names, partly), str(TraitState.COMPATIBLE))
        .otherwise(str(TraitState.DIFFER))
    )


def _in_names(word: Column, names: str) -> Column:
    return F.exists(names, lambda name: F.exists(F.split(name, " "), lambda other: _alike(word, other, True)))


def _alike(word: Column, other: Column, initials: bool) -> Column:
    """Equal but not a particle, one cut short to three letters or more, one letter off in five, or an initial."""
    shorter = F.least(F.length(word), F.length(other))
    starts = F.startswith(word, other) | F.startswith(other, word)
    same = (word == other) & ~word.isin(*_PARTICLES) & (shorter >= 2)
    mistyped = (shorter >= 5) & (F.levenshtein(word, other, 1) >= 0)
    alike = same | (starts & (shorter >= 3)) | mistyped
    return alike | ((shorter == 1) & starts) if initials else alike
