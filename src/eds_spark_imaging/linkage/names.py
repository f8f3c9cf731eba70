"""Names of persons as words, as the field writes them. Column expressions only.

A DICOM person name is `family^given^middle^prefix^suffix` (PS3.5 section 6.2), but the field writes the parts in any
order and place, with or without accents and hyphens: tokens are compared wherever they stand.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

_TITLES = (
    *("MME", "MADAME", "MLLE", "MADEMOISELLE", "MR", "MONSIEUR", "DR", "DOCTEUR", "PR", "PROF"),
    *("NE", "NEE", "EPOUSE", "EP", "VVE", "VEUVE", "JR", "SR", "II", "III", "IV"),
)
# Parts of names that many share: they do not make two names alike.
_PARTICLES = (
    *("DE", "DU", "DES", "LA", "LE", "LES", "EL", "AL", "BEN", "VAN", "VON", "DA", "DOS", "DI", "ST", "SAINT"),
    *("SAINTE", "ABD", "AIT", "HADJ", "OULD", "THI", "MAC", "MC"),
)
# Words beside a placeholder, or beside X, that name nobody either.
_NOBODY = (
    "HOMME|FEMME|MONSIEUR|MADAME|NOM|PRENOM|IDENTITE|SOUS|ANS|SAU|X+|[0-9]+"
    "|FILLE|GARCON|(?:BEBE|BB|NNE?|JUMEAU|JUMELLE)[0-9]*|(?:N|NOUVEAU)[ ^]NEE?"
)

_LIGATURES = {"Œ": "OE", "Æ": "AE", "Ø": "O", "Ł": "L", "Đ": "D", "ẞ": "SS"}
_ACCENTED = {
    sign: base
    for sign in map(chr, (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)))
    if (base := unicodedata.normalize("NFD", sign)[0]) != sign and base.isascii() and base.isupper()
}
# How a newborn is named who has no name yet. A foetus is examined in the mother.
_NEWBORN = (
    r"(?<![A-Z0-9])(BEBES?|BB|NNE?|JUMEAUX?|JUMELLES?|(?:N|NOUVEAU|NOUVELLE)(?= NEE?(?![A-Z0-9]))"
    r"|(?:ENFANT|FILS|FILLE|GARCON)(?= (?:DE|D|DU)(?![A-Z0-9])))[0-9]{0,2}(?![A-Z0-9])"
)
# UTF-8 that was read as Latin-1: each letter with an accent has become two signs.
_TWICE_ENCODED = r"^(?=.*[\u00C3-\u00C5])([\u0000-\u007F]|[\u00C2-\u00DF][\u0080-\u00BF])*$"
# A sign that stands for a letter that was lost: the replacement character, a question mark between letters, or what no
# name holds beside a letter (`…RIC`, `FRAN‡OIS`: bytes of another charset).
_FOREIGN_SIGN = r"[\u0080-\uFFFF&&[^\p{L}\p{M}\p{Z}\p{Pd}\p{Pi}\p{Pf}\p{Sk}\u00B0\u00B7]]"
_LOST_LETTER = rf"\uFFFD|(?<=[A-Z])\?(?=[A-Z])|(?<=[A-Z]){_FOREIGN_SIGN}|{_FOREIGN_SIGN}(?=[A-Z])"


def normalised(column: Column) -> Column:
    """Upper case without accents, `¿` for a letter that was lost; all else but digits and `^` is a blank."""
    text = F.substring_index(column, "=", 1)
    text = F.when(text.rlike(_TWICE_ENCODED), F.encode(text, "ISO-8859-1").cast("string")).otherwise(text)
    text = F.regexp_replace(F.upper(text), r"\p{M}+", "")
    for sign, letters in _LIGATURES.items():
        text = F.replace(text, F.lit(sign), F.lit(letters))
    text = F.translate(text, "".join(_ACCENTED), "".join(_ACCENTED.values()))
    return F.regexp_replace(F.regexp_replace(text, _LOST_LETTER, "¿"), "[^A-Z0-9^¿]+", " ")


def tokens(text: Column) -> Column:
    """The words of a normalised name, titles left out; empty where it is null."""
    words = F.filter(F.split(text, r"[\^ ]+"), lambda word: (word != "") & ~word.isin(*_TITLES))
    return F.coalesce(words, F.array().cast("array<string>"))


def family_tokens(text: Column) -> Column:
    """The words of the part before the first `^` of a normalised name; none where no other part is filled."""
    return tokens(F.when(text.rlike(r"\^.*[A-Z]"), F.substring_index(text, "^", 1)))


def tokens_of_all(names: str) -> Column:
    """The words of normalised names, each as often as the first name has it."""
    first = tokens(F.get(names, F.lit(0)))
    return F.concat(first, F.array_except(F.flatten(F.transform(names, tokens)), first))


def is_particle(word: Column) -> Column:
    """Whether a word is a part of many names."""
    return word.isin(*_PARTICLES)


def without_particles(words: str) -> Column:
    """Of an array of words those that tell people apart, distinct."""
    return F.array_distinct(F.filter(words, lambda word: (F.length(word) >= 2) & ~is_particle(word)))


def joined_parts(text: Column) -> Column:
    """The parts of a normalised name between `^`, each as one word: `JEAN-PIERRE` is `JEANPIERRE`."""
    parts = F.filter(F.split(F.replace(text, F.lit(" "), F.lit("")), r"\^"), lambda part: part != "")
    return F.coalesce(parts, F.array().cast("array<string>"))


def naming(text: Column, placeholders: Sequence[str]) -> Column:
    """What of a normalised name may name somebody: without placeholders and what stands for a person beside them
    (`DUBOIS^INCONNU`, `X^HOMME`), without an M that is a title; no letter is left of a name that names nobody
    (`NN^FILLE`)."""
    text = F.regexp_replace(text, r"^((?:[^^]*\^){3} *)M(?= *(?:\^|$))", "$1")
    named = F.when(~text.rlike(rf"^(?:[ ^]|{_whole_word(_NOBODY)})+$"), text).otherwise("")
    words = "|".join(placeholder_words(placeholders))
    if not words:
        return named
    found = _whole_word(f"(?:{words})[0-9]*")
    return F.when(text.rlike(found), F.regexp_replace(text, f"{found}|{_whole_word(_NOBODY)}", "")).otherwise(named)


def _whole_word(pattern: str) -> str:
    return f"(?<![A-Z0-9])(?:{pattern})(?![A-Z0-9])"


def placeholder_words(placeholders: Sequence[str]) -> list[str]:
    """Placeholders as patterns for normalised names."""
    return sorted({_words(placeholder) for placeholder in placeholders} - {""})


def _words(text: str) -> str:
    """A placeholder as a pattern for normalised names, whatever stands between its words."""
    plain = unicodedata.normalize("NFD", text.upper())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return "[ ^]+".join("".join(sign if sign.isascii() and sign.isalnum() else " " for sign in plain).split())


def newborn_word(text: Column) -> Column:
    """The word by which a normalised name says that it is a newborn's, under the mother's name; else empty."""
    return F.regexp_extract(text, _NEWBORN, 1)
