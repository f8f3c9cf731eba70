"""Identifiers as the field writes them: cleaned, and told apart from placeholders. Column expressions only."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

_DIGITS = [str(digit) for digit in range(10)]


def plain(column: Column) -> Column:
    """Letters and digits in upper case: the form in which identifiers are compared."""
    return F.nullif(F.regexp_replace(F.upper(column), "[^A-Z0-9]", ""), F.lit(""))


def unpadded(column: Column) -> Column:
    """``plain`` without zeros in front, which stores add and drop."""
    return F.nullif(F.regexp_replace(plain(column), "^0+", ""), F.lit(""))


def unlabelled(column: Column) -> Column:
    """``plain`` without what says which number it is: `NIP 3176`, `NDA:661234567`."""
    return F.regexp_replace(plain(column), "^(?:NIP|NDA|IEP)(?=[0-9])", "")


def visit_number(column: Column) -> Column:
    """``plain`` without zeros in front, where seven signs or more are left, which are few people's."""
    return F.regexp_replace(plain(column), "^0+(?=.{7})", "")


def accession_number(column: Column) -> Column:
    """``plain``, with a last single digit kept apart that stands apart: the line of an order (`66-1234567/2`:
    `661234567-2`).
    """
    signs = F.regexp_replace(F.upper(F.trim(column)), "[^A-Z0-9](?![0-9]$)", "")
    return F.nullif(F.regexp_replace(F.ltrim(F.regexp_replace(signs, "[^A-Z0-9]", " ")), " ", "-"), F.lit(""))


def is_placeholder(column: Column, placeholders: Sequence[str]) -> Column:
    """Whether a text stands for no identity: a placeholder, numbered or not (`INCONNU 3`), or one sign, or repeated."""
    letters = F.regexp_replace(plain(column), "[0-9]", "")
    words = [F.lit(word) for word in sorted({_letters(p) for p in placeholders} - {""})]
    repeated = plain(column).rlike(r"^(.)\1*$")
    nothing = plain(column).isNull()
    return F.coalesce(nothing | repeated | letters.isin(*words), F.lit(False))


def _letters(text: str) -> str:
    return "".join(sign for sign in text.upper() if sign.isascii() and sign.isalpha())


def cleaned_ipp(column: Column, hospital_code: Column, ipp_pattern: str) -> Column:
    """The IPP in a patient identifier: what is left of blanks, zeros in front, a prefix (`IPP:`, the hospital's code),
    an issuer behind `^`; null where that is not exactly one text of the form ``ipp_pattern``.

    Only for fields that hold a patient's identifier: other numbers have the form of an IPP too.
    """
    value = F.regexp_replace(F.substring_index(F.upper(column), "^", 1), r"\s", "")
    value = F.regexp_replace(value, r"\.0+$", "")
    after_code = F.when(F.startswith(value, hospital_code), F.substring(value, F.length(hospital_code) + 1, F.lit(99)))
    whole = f"^0*({ipp_pattern})$"
    found = [
        F.regexp_extract(value, f"(?<![0-9])0*({ipp_pattern})(?![0-9])", 1),
        F.regexp_extract(after_code, whole, 1),
        F.regexp_extract(digits(value), whole, 1),
    ]
    return F.coalesce(*[F.nullif(ipp, F.lit("")) for ipp in found])


def digits(column: Column) -> Column:
    """The digits of a text, one after another."""
    return F.regexp_replace(column, "[^0-9]", "")


def one_digit_variants(column: Column, ipp_pattern: str) -> Column:
    """The texts of the form of an IPP that are one error of typing away from the digits of ``column``.

    One digit is another, two neighbours are swapped, one is missing or one too many: about 200 variants.
    """
    text = digits(column)
    size = F.length(text)
    places = F.sequence(F.lit(1), F.greatest(size, F.lit(1)))
    figures = F.array(*[F.lit(figure) for figure in _DIGITS])

    def head(place: Column) -> Column:
        return F.substring(text, F.lit(1), place - 1)

    def tail(place: Column) -> Column:
        return F.substring(text, place, size)

    def each_figure(place: Column, rest: Column) -> Column:
        return F.transform(figures, lambda figure: F.concat(head(place), figure, rest))

    swapped = F.transform(
        places,
        lambda p: F.concat(head(p), F.substring(text, p + 1, F.lit(1)), F.substring(text, p, F.lit(1)), tail(p + 2)),
    )
    dropped = F.transform(places, lambda p: F.concat(head(p), tail(p + 1)))
    changed = F.flatten(F.transform(places, lambda p: each_figure(p, tail(p + 1))))
    gaps = F.concat(places, F.array(size + 1))
    inserted = F.flatten(F.transform(gaps, lambda p: each_figure(p, tail(p))))
    variants = F.concat(swapped, dropped, changed, inserted)
    fitting = F.filter(variants, lambda v: v.rlike(f"^(?:{ipp_pattern})$") & (v != text))
    return F.when(size.between(7, 13), F.array_distinct(fitting))
