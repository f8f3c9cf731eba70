"""The keys by which an exam may be found: every identifier in every place, and its traits."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.linkage.ids import (
    cleaned_ipp,
    digits,
    one_digit_variants,
    plain,
    unlabelled,
    unpadded,
    visit_number,
)
from eds_spark_imaging.tables.link_words import LinkMethod

# Kinds of key: exams and the directory of persons meet on kind and key.
IPP, NIP, VISIT, ACCESSION, TRAITS = "ipp", "nip", "visit", "accession", "traits"
_KEYS = "array<struct<kind:string,key:string,method:string,matched_on:string,own_issuer:string>>"
# An identifier that may be a mistyped IPP: no person has a key of this kind.
MISTYPED = "mistyped"


def exam_keys(exams: DataFrame, known_ipps: DataFrame, config: LinkConfig) -> DataFrame:
    """Rows (``study_instance_uid``, ``hospital_code``, ``issuer``, ``exam_dates``, ``kind``, ``key``,
    ``method``, ``matched_on``), one for each key of an exam of ``exams``.

    A key whose own issuer is known (``other_issuers``) is that issuer's, and not the hospital's.

    Errors of one digit are tried where the identifier is no IPP of ``known_ipps`` (``ipp``) and the birth date is
    there to confirm what they find.
    """
    known = known_ipps.select(F.col("ipp").alias("cleaned_ipp"), F.lit(True).alias("is_known")).distinct()
    places = exams.join(known, "cleaned_ipp", "left")
    own = F.array_compact(F.array("patient_id"))
    own_number = F.transform(own, unlabelled)
    doubtful = F.when(F.col("is_known").isNull() & F.col("birth_date").isNotNull(), F.col("patient_id"))

    def cleaned(value: Column) -> Column:
        return cleaned_ipp(value, F.col("hospital_code"), config.ipp_pattern)

    keys = F.concat(
        _each(own, IPP, LinkMethod.IPP, "patient_id"),
        _each(F.array_except(F.array_compact(F.array("cleaned_ipp")), own), IPP, LinkMethod.IPP_CLEANED, "patient_id"),
        _each(F.col("other_ids"), IPP, LinkMethod.OTHER_PATIENT_ID, "other_patient_ids"),
        _each(F.transform("other_ids", cleaned), IPP, LinkMethod.OTHER_PATIENT_ID, "other_patient_ids"),
        _each(one_digit_variants(doubtful, config.ipp_pattern), IPP, LinkMethod.IPP_ONE_DIGIT, "patient_id"),
        _each(F.array_compact(F.array(digits(doubtful))), MISTYPED, LinkMethod.IPP_ONE_DIGIT, "patient_id"),
        _each(F.transform(own_number, unpadded), NIP, LinkMethod.NIP, "patient_id"),
        _each(
            F.transform("other_ids", unpadded), NIP, LinkMethod.OTHER_PATIENT_ID, "other_patient_ids", "other_issuers"
        ),
        _each(F.transform(own_number, visit_number), VISIT, LinkMethod.VISIT_NUMBER, "patient_id"),
        _each(F.transform("other_ids", visit_number), VISIT, LinkMethod.VISIT_NUMBER, "other_patient_ids"),
        _each(F.transform("visit_numbers", visit_number), VISIT, LinkMethod.VISIT_NUMBER, "admission_id"),
        _each(F.transform("accession_numbers", plain), ACCESSION, LinkMethod.ACCESSION_NUMBER, "accession_number"),
        _each(_selective(own), ACCESSION, LinkMethod.ACCESSION_NUMBER, "patient_id"),
        _each(_own_traits(), TRAITS, LinkMethod.TRAITS, "patient_name"),
    )
    each = places.select("study_instance_uid", "hospital_code", "issuer", "exam_dates", F.inline(keys))
    return (
        each.withColumns(
            {
                "hospital_code": F.when(F.col("own_issuer").isNull(), F.col("hospital_code")),
                "issuer": F.coalesce("own_issuer", "issuer"),
            }
        )
        .drop("own_issuer")
        .where("key IS NOT NULL")
    )


def traits_key(birth_date: Column, family: Column, given: Column) -> Column:
    """Birth date, first three letters of a word of the family name and initial of one of the given name.

    Selective enough for a join, coarse enough for names cut short; names are compared afterwards.
    """
    return F.concat(
        birth_date.cast("string"), F.lit(" "), F.substring(family, 1, 3), F.lit(" "), F.substring(given, 1, 1)
    )


def _each(values: Column, kind: str, method: LinkMethod, matched_on: str, issuers: str | None = None) -> Column:
    """One key for each value of an array, with its issuer in the array ``issuers``; an array that is null has none."""
    no_issuer = F.lit(None).cast("string")
    keys = F.transform(
        values,
        lambda value, place: F.struct(
            F.lit(kind).alias("kind"),
            value.alias("key"),
            F.lit(str(method)).alias("method"),
            F.lit(matched_on).alias("matched_on"),
            (F.get(issuers, place) if issuers else no_issuer).alias("own_issuer"),
        ),
    )
    return F.coalesce(keys, F.array().cast(_KEYS))


def _selective(numbers: Column) -> Column:
    """Those numbers that are long enough to be few people's: other identifiers may be equal to a short one."""
    return F.filter(F.transform(numbers, plain), lambda number: F.length(number) >= 7)


def _own_traits() -> Column:
    """The keys of an exam's traits; each word of the name may be of the family or the given name, and all the words of
    a part may be one of a family name."""
    words = F.slice(F.filter(F.array_union("name_tokens", "name_parts"), lambda word: F.length(word) >= 2), 1, 8)
    initials, birth_date = F.slice("name_tokens", 1, 6), F.col("birth_date")

    def without(word: Column) -> Column:
        first = F.array_position(initials, word)
        return F.filter(initials, lambda _, place: first != place + 1)

    pairs = F.transform(words, lambda a: F.transform(without(a), lambda b: traits_key(birth_date, a, b)))
    return F.when(birth_date.isNotNull(), F.array_distinct(F.flatten(pairs)))
