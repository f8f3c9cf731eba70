"""How far the names of a header and of a person agree. Column expressions only."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.linkage.names import is_particle
from eds_spark_imaging.tables.link_words import TraitState

_NOTHING = (str(TraitState.DIFFER), str(TraitState.MISSING))
# Given names that are written together with a second one, and such a whole: JEANPIERRE, but not JEANNETTE.
_FIRST_OF_TWO = ("JEAN", "MARIE", "ANNE")
_TWO_IN_ONE = r"^(JEAN(?!N[EI])|MARIE|ANNE)[A-Z]{4}"


def compare_names(pairs: DataFrame) -> DataFrame:
    """Adds ``family_name`` and ``given_name`` (agree, compatible, missing, differ), ``nothing_shared`` and
    ``other_family``: whether the header has a word where its family name stands that is none of the person's.

    ``name_tokens`` are the words of the header, ``name_parts`` its joined parts, ``name_family`` the words of its part
    for the family name; ``family_names`` (birth and used names) and ``given_names`` are those of the person, each as
    its words with blanks between. A name agrees when all its words are in the header, or all of it as one word; it is
    compatible when one word is, whole, cut short or mistyped; JEAN-MARC is not JEAN-FRANCOIS. A word of the header that
    is of the family name counts for the given name only where it stands there twice.
    """
    family, given = F.col("family_name"), F.col("given_name")
    differ, missing = F.lit(str(TraitState.DIFFER)), F.lit(str(TraitState.MISSING))
    pairs = pairs.withColumns(
        {"_family_words": _all_words("family_names", 1), "_given_words": _all_words("given_names", 2)}
    )
    # Where one name takes every word of the header, there is nothing to compare the other with.
    pairs = pairs.withColumns(
        {
            "_family_alone": F.forall("name_tokens", lambda word: is_particle(word) | _is_of_family(word)),
            "_given_alone": F.forall("name_tokens", lambda word: is_particle(word) | _is_of_given(word)),
        }
    )
    pairs = pairs.withColumn("family_name", _state("family", "name_tokens", "name_parts", F.col("_given_alone")))
    pairs = pairs.withColumns(
        {
            "_left_tokens": F.filter(
                "name_tokens",
                lambda word, place: ~_is_taken(word) | (F.array_position("name_tokens", word) != place + 1),
            ),
            "_left_parts": F.filter("name_parts", lambda part: ~_is_taken(part)),
        }
    )
    only_particles = F.forall("_left_tokens", is_particle)
    pairs = pairs.withColumn("given_name", _state("given", "_left_tokens", "_left_parts", only_particles))
    other_compound = (given == str(TraitState.COMPATIBLE)) & _other_compound()
    pairs = pairs.withColumn("given_name", F.when(other_compound, differ).otherwise(given))
    no_family = (family == differ) & (given != differ) & F.col("_given_alone")
    no_given = (given == differ) & (family != differ) & F.col("_family_alone")
    known = (F.size("name_tokens") > 0) & ((F.size("family_names") > 0) | (F.size("given_names") > 0))
    return pairs.withColumns(
        {
            "nothing_shared": known & family.isin(*_NOTHING) & given.isin(*_NOTHING),
            "other_family": _other_family(),
            "family_name": F.when(no_family, missing).otherwise(family),
            "given_name": F.when(no_given, missing).otherwise(given),
        }
    ).drop("_family_words", "_given_words", "_family_alone", "_given_alone", "_left_tokens", "_left_parts")


def _all_words(names: str, shortest: int) -> Column:
    """The words of names, those shorter left out, and each name as one word."""
    return F.flatten(
        F.transform(
            names,
            lambda name: F.concat(
                F.filter(F.split(name, " "), lambda word: F.length(word) >= shortest), F.array(_as_one(name))
            ),
        )
    )


def _as_one(name: Column) -> Column:
    return F.replace(name, F.lit(" "), F.lit(""))


def _is_of_family(word: Column) -> Column:
    return F.exists("_family_words", lambda own: (own == word) | _alike_family(own, word))


def _is_of_given(word: Column) -> Column:
    return F.exists("_given_words", lambda own: (own == word) | _alike_given(own, word))


def _is_taken(word: Column) -> Column:
    """Whether a word of the header is of the family name, so that it does not count for the given name too."""
    in_part = F.col("family_name") == str(TraitState.COMPATIBLE)
    return F.array_contains("_family_words", word) | (in_part & _is_of_family(word))


def _other_family() -> Column:
    """In the other order the given name stands for the family name, and the rest of the header is the family name."""
    in_order = F.exists("name_family", _is_of_family)
    words = F.when(in_order, F.col("name_family")).otherwise(F.col("name_tokens"))
    return (F.size("name_family") > 0) & F.exists(words, _is_strange)


def _other_compound() -> Column:
    """Whether the header has the first word of a given name of two, and behind it a word that is none of the person's
    in place of the second: JEAN-MARC for JEAN-FRANCOIS."""

    def is_other(name: Column) -> Column:
        own = F.split(name, " ")
        second = F.slice(own, 2, F.size(own))
        told = F.exists("name_tokens", lambda word: F.exists(second, lambda part: _alike_given(part, word)))
        behind = F.transform(
            "name_tokens",
            lambda word, place: F.when(word == F.get(own, F.lit(0)), F.get("name_tokens", place + 1)),
        )
        return (F.size(own) >= 2) & ~told & F.exists(behind, lambda word: word.rlike("^[A-Z]{2}") & _is_strange(word))

    return F.exists("given_names", lambda name: F.coalesce(is_other(name), F.lit(False)))


def _is_strange(word: Column) -> Column:
    return ~(is_particle(word) | _is_of_family(word) | _is_of_given(word))


def _state(name: str, words: str, parts: str, nothing_else: Column) -> Column:
    """The state of the family or given name beside the words and parts of a header."""
    names, alike = f"{name}_names", _alike_family if name == "family" else _alike_given

    def whole(name: Column) -> Column:
        own, as_one = F.split(name, " "), _as_one(name)
        every = F.forall(own, lambda word: F.array_contains(words, word))
        # A particle may be of another name, where it is no part of its own and other words stand beside it.
        tells = nothing_else | F.exists(own, lambda word: ~is_particle(word))
        return F.array_contains(parts, as_one) | (tells & (every | F.array_contains(words, as_one)))

    forms = F.concat(words, parts)
    partly = F.exists(f"_{name}_words", lambda own: F.exists(forms, lambda word: alike(own, word)))
    return (
        F.when((F.size(words) == 0) | (F.size(names) == 0), str(TraitState.MISSING))
        .when(F.exists(names, whole), str(TraitState.AGREE))
        .when(partly, str(TraitState.COMPATIBLE))
        .otherwise(str(TraitState.DIFFER))
    )


def _alike(own: Column, word: Column) -> Column:
    """Whether a word of the header is one of the person's: equal, cut short to three letters or more, one letter off
    in five, with two neighbours in the wrong order, or behind the mark of what stands at the end of a list (ZZDUBOIS).
    A particle is like nothing."""
    shorter = F.least(F.length(own), F.length(word))
    same = (own == word) & (shorter >= 2)
    cut = F.startswith(own, word) & (shorter >= 3)
    mistyped = ((shorter >= 5) | F.contains(word, F.lit("¿"))) & (F.levenshtein(own, word, 1) >= 0)
    marked = F.regexp_replace(word, "^ZZ+", "") == own
    return ~is_particle(own) & ~is_particle(word) & (same | cut | mistyped | marked | _transposed(own, word))


def _transposed(own: Column, word: Column) -> Column:
    """Whether two neighbours of four letters or more are in the wrong order: MARITN for MARTIN."""

    def swapped(place: Column) -> Column:
        neighbours = F.reverse(F.substring(own, place, F.lit(2)))
        return F.concat(F.substring(own, F.lit(1), place - 1), neighbours, F.substring(own, place + 2, F.length(own)))

    places = F.sequence(F.lit(1), F.length(own) - 1)
    of_one_length = (F.length(own) == F.length(word)) & (F.length(own) >= 4) & (F.levenshtein(own, word, 2) == 2)
    return of_one_length & F.exists(places, lambda place: swapped(place) == word)


def _alike_family(own: Column, word: Column) -> Column:
    """The same for a family name, which may be written as one with the other of the person's."""
    rest = F.substring(word, F.length(own) + 1, F.length(word))
    return _alike(own, word) | (F.startswith(word, own) & F.array_contains("_family_words", rest))


def _alike_given(own: Column, word: Column) -> Column:
    """The same for a given name: its first letter or two, too, and the first of two that are written as one."""
    starts = F.startswith(own, word) | F.startswith(word, own)
    first_two = F.startswith(own, word) & (F.length(word) == 2) & ~is_particle(word)
    initial = (starts & (F.least(F.length(own), F.length(word)) == 1)) | first_two
    first_of_two = own.isin(*_FIRST_OF_TWO) & F.startswith(word, own) & word.rlike(_TWO_IN_ONE)
    return _alike(own, word) | initial | first_of_two
