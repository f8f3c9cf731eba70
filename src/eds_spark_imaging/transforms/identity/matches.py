"""Equi-joins from the keys of exams to persons, one function a kind of key.

Each gives rows (``study_instance_uid``, ``method``, ``matched_on``, ``matched_ipp``, ``person_id``): the column of the
exam that led there, the IPP found before merges, and the surviving person.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.transforms.identity.ids import cleaned_ipp, one_digit_variants, plain, unpadded
from eds_spark_imaging.transforms.identity.sites import configured_domain


def identifiers(exams: DataFrame) -> DataFrame:
    """Rows (exam, ``place``, ``value``): every text of an exam that may identify its patient."""
    own = F.struct(F.lit("patient_id").alias("place"), F.col("patient_id").alias("value"))
    others = F.transform(
        "other_ids", lambda value: F.struct(F.lit("other_patient_ids").alias("place"), value.alias("value"))
    )
    places = F.filter(F.concat(F.array(own), others), lambda p: p["value"].isNotNull())
    return exams.select("study_instance_uid", "hospital_code", "issuer", F.inline(places))


def by_ipp(identifiers: DataFrame, survivors: DataFrame, config: LinkConfig) -> DataFrame:
    """Identifiers that are an IPP as they stand or after cleaning, merges followed."""
    cleaned = cleaned_ipp(F.col("value"), F.col("hospital_code"), config.ipp_pattern)
    keys = identifiers.withColumn("key", F.explode(F.array_distinct(F.array_compact(F.array(F.col("value"), cleaned)))))
    method = (
        F.when(F.col("place") != "patient_id", "other_patient_id")
        .when(F.col("value") != F.col("key"), "ipp_cleaned")
        .when(F.col("ipp") != F.col("surviving_ipp"), "ipp_merged")
        .otherwise("ipp")
    )
    found = keys.join(_by_ipp(survivors), F.col("key") == F.col("ipp"), "inner")
    return found.withColumns({"method": method, "matched_on": F.col("place"), "matched_ipp": F.col("key")}).transform(
        _found
    )


def by_nip(
    identifiers: DataFrame, identity: DataFrame, survivors: DataFrame, domains: DataFrame | None, config: LinkConfig
) -> DataFrame:
    """Identifiers that are a NIP: of the exam's hospital group or of its issuer, or, to be confirmed, of any group.

    ``domains`` holds (``hospital_code``, ``nip_domain``); the configuration's own come before.
    """
    nips = identity.select(
        F.trim("ipp").alias("matched_ipp"),
        unpadded(F.col("nip")).alias("key"),
        plain(F.col("nip_domain")).alias("domain"),
    ).where("matched_ipp IS NOT NULL AND key IS NOT NULL")
    if domains is None:
        placed = identifiers.withColumn("nip_domain", F.lit(None).cast("string"))
    else:
        placed = identifiers.join(domains, "hospital_code", "left")
    configured = configured_domain(F.col("hospital_code"), config.nip_domains)
    keys = placed.withColumns(
        {"key": unpadded(F.col("value")), "own_domain": plain(F.coalesce(configured, F.col("nip_domain")))}
    )
    at_home = F.coalesce(F.col("domain") == F.col("own_domain"), F.lit(False)) | F.coalesce(
        F.col("domain") == F.col("issuer"), F.lit(False)
    )
    method = F.when(~at_home, "nip_elsewhere").when(F.col("place") == "patient_id", "nip").otherwise("other_patient_id")
    found = keys.join(nips, "key", "inner").withColumns({"method": method, "matched_on": F.col("place")})
    return found.join(_by_ipp(survivors), F.col("matched_ipp") == F.col("ipp"), "inner").transform(_found)


def by_visit(exams: DataFrame, visits: DataFrame, survivors: DataFrame, config: LinkConfig) -> DataFrame:
    """Visit numbers (NDA) in any place of the exam, of visits that the exam's date does not rule out."""
    places = {
        "patient_id": F.array("patient_id"),
        "other_patient_ids": F.col("other_ids"),
        "admission_id": F.col("visit_numbers"),
    }
    numbers = visits.select(
        plain(F.col("visit_occurrence_source_value")).alias("key"),
        "person_id",
        F.to_date("visit_start_datetime").alias("first_day"),
        F.to_date("visit_end_datetime").alias("last_day"),
    )
    slack = config.key_days
    in_time = (F.col("exam_date") >= F.date_sub("first_day", slack)) & (
        F.col("last_day").isNull() | (F.col("exam_date") <= F.date_add("last_day", slack))
    )
    found = _keyed(exams, places).join(numbers, "key", "inner").where(F.coalesce(in_time, F.lit(True)))
    return _of_persons(found, survivors, "visit_number")


def by_accession(exams: DataFrame, events: DataFrame, survivors: DataFrame, config: LinkConfig) -> DataFrame:
    """Accession numbers of acts or reports near the exam; numbers are used again at other sites and later.

    ``events`` holds (``person_id``, ``accession_number``, ``event_date``, ``hospital_codes``), the last null where
    the hospital of the event is not known.
    """
    numbers = events.select(plain(F.col("accession_number")).alias("key"), "person_id", "event_date", "hospital_codes")
    near = F.abs(F.date_diff("event_date", "exam_date")) <= config.key_days
    here = F.coalesce(F.array_contains("hospital_codes", F.col("hospital_code")), F.lit(True))
    found = _keyed(exams, {"accession_number": F.col("accession_numbers")}).join(numbers, "key", "inner")
    return _of_persons(found.where(near & here), survivors, "accession_number")


def by_one_digit(exams: DataFrame, survivors: DataFrame, config: LinkConfig) -> DataFrame:
    """Patient identifiers that are one error of typing away from an IPP; for exams whose birth date is known."""
    keys = exams.where("birth_date IS NOT NULL").withColumn(
        "key", F.explode(one_digit_variants(F.col("patient_id"), config.ipp_pattern))
    )
    found = keys.join(_by_ipp(survivors), F.col("key") == F.col("ipp"), "inner")
    return found.withColumns(
        {"method": F.lit("ipp_one_digit"), "matched_on": F.lit("patient_id"), "matched_ipp": F.col("key")}
    ).transform(_found)


def by_hand(decisions: DataFrame, survivors: DataFrame) -> DataFrame:
    """Links that a person decided on: rows of :func:`last_decisions` that accept."""
    taken = decisions.where("decision = 'accept'").join(_by_ipp(survivors), "ipp", "inner")
    return taken.withColumns(
        {"method": F.lit("manual"), "matched_on": F.lit("link_decision"), "matched_ipp": F.col("ipp")}
    ).transform(_found)


def by_traits(exams: DataFrame, persons: DataFrame) -> DataFrame:
    """Exams and persons that share a birth date, the start of a word of the name, and the initial of another.

    ``persons`` are of ``traits_of_persons``. The starts make the join selective: the names are compared afterwards.
    """
    words = F.slice(F.filter("name_tokens", lambda word: F.length(word) >= 2), 1, 6)
    pairs = F.flatten(F.transform(words, lambda a: F.transform(words, lambda b: _name_key(a, b))))
    keys = exams.where("birth_date IS NOT NULL").select(
        "study_instance_uid", "birth_date", F.explode(F.array_distinct(pairs)).alias("key")
    )

    def every_word(names: str) -> Column:
        return F.flatten(F.transform(names, lambda name: F.split(name, " ")))

    known = F.flatten(
        F.transform(
            every_word("family_names"), lambda a: F.transform(every_word("given_names"), lambda b: _name_key(a, b))
        )
    )
    people = persons.where("person_birth_date IS NOT NULL").select(
        "person_id", F.col("person_birth_date").alias("birth_date"), F.explode(F.array_distinct(known)).alias("key")
    )
    return keys.join(people, ["birth_date", "key"], "inner").select(
        "study_instance_uid",
        F.lit("traits").alias("method"),
        F.lit("patient_name").alias("matched_on"),
        F.lit(None).cast("string").alias("matched_ipp"),
        "person_id",
    )


def _name_key(family: Column, given: Column) -> Column:
    return F.concat(F.substring(family, 1, 3), F.lit("|"), F.substring(given, 1, 1))


def _keyed(exams: DataFrame, places: dict[str, Column]) -> DataFrame:
    """Rows (exam, ``matched_on``, ``key``), one for each value of the named arrays."""

    def values(place: str, array: Column) -> Column:
        return F.transform(array, lambda value: F.struct(F.lit(place).alias("matched_on"), plain(value).alias("key")))

    pairs = F.concat(*[values(place, F.array_compact(array)) for place, array in places.items()])
    return exams.select("study_instance_uid", "hospital_code", "exam_date", F.inline(pairs)).where("key IS NOT NULL")


def _of_persons(found: DataFrame, survivors: DataFrame, method: str) -> DataFrame:
    """Matches that lead to a person of the base centrale, not to an IPP."""
    moved = survivors.where("person_id IS NOT NULL")
    return (
        found.join(moved, "person_id", "inner")
        .withColumns({"method": F.lit(method), "matched_ipp": F.col("ipp")})
        .transform(_found)
    )


def _found(matched: DataFrame) -> DataFrame:
    return matched.select(
        "study_instance_uid",
        "method",
        "matched_on",
        "matched_ipp",
        F.col("surviving_person_id").alias("person_id"),
    )


def _by_ipp(survivors: DataFrame) -> DataFrame:
    """The way from an IPP to the surviving person, for those that have one."""
    return survivors.where("ipp IS NOT NULL AND surviving_person_id IS NOT NULL").drop("person_id")
