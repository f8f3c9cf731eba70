"""The directory of persons: every key of the base centrale that may name a person, one row a key and person."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.linkage.base import BaseCentrale
from eds_spark_imaging.linkage.exam_keys import ACCESSION, IPP, NIP, TRAITS, VISIT, traits_key
from eds_spark_imaging.linkage.ids import plain, unpadded, visit_number

# A key of more persons than this names nobody: a number used again and again, a placeholder that nobody declared.
MOST_PERSONS = 50

_DETAILS = {"domain": "string", "first_day": "date", "last_day": "date", "care_site_id": "bigint"}


def directory(base: BaseCentrale, persons: DataFrame, wanted: DataFrame | None = None) -> DataFrame:
    """Rows (``kind``, ``key``, ``person_id``, ``matched_ipp``, ``surviving_ipp``, and what limits the key).

    ``person_id`` is the surviving person, ``matched_ipp`` the IPP before merges. A NIP holds in its ``domain``, a
    visit or accession number between ``first_day`` and ``last_day`` and at the hospital of ``care_site_id``; null
    limits nothing. ``persons`` are of :func:`traits_of_persons`. ``wanted`` are the (``kind``, ``key``) to give; all
    without it.
    """
    rows = reduce(DataFrame.unionByName, _parts(base, persons))
    if wanted is not None:
        rows = rows.join(wanted, ["kind", "key"], "left_semi")
    key = Window.partitionBy("kind", "key")
    return (
        rows.where("key IS NOT NULL")
        .withColumn("_rows", F.count(F.lit(1)).over(key))
        .where((F.col("_rows") <= MOST_PERSONS) | (F.col("kind") == TRAITS))
        .drop("_rows")
    )


def _parts(base: BaseCentrale, persons: DataFrame) -> Iterator[DataFrame]:
    by_ipp = base.survivors.where("ipp IS NOT NULL AND surviving_person_id IS NOT NULL")
    yield by_ipp.select(*_row(IPP, F.col("ipp")))
    if base.identity is not None:
        nips = base.identity.where("nip IS NOT NULL").select(F.trim("ipp").alias("ipp"), "nip", "nip_domain").distinct()
        yield nips.join(by_ipp, "ipp", "inner").select(
            *_row(NIP, unpadded(F.col("nip")), domain=plain(F.col("nip_domain")))
        )
        yield persons.select(F.explode(_traits()).alias("key"), "person_id", "ipp").select(
            *_row(TRAITS, F.col("key"), person=F.col("person_id"), surviving_ipp=F.col("ipp"))
        )
    events = list(_events(base))
    if events:
        moved = base.survivors.where("person_id IS NOT NULL")
        numbers, number = reduce(DataFrame.unionByName, events), F.col("number")
        yield numbers.join(moved, "person_id", "inner").select(
            *_row(
                F.col("kind"),
                F.when(F.col("kind") == VISIT, visit_number(number)).otherwise(plain(number)),
                first_day=F.col("first_day"),
                last_day=F.col("last_day"),
                care_site_id=F.col("care_site_id"),
            )
        )


def _row(
    kind: str | Column,
    key: Column,
    person: Column | None = None,
    surviving_ipp: Column | None = None,
    **details: Column,
) -> list[Column]:
    return [
        (F.lit(kind) if isinstance(kind, str) else kind).alias("kind"),
        key.alias("key"),
        (F.col("surviving_person_id") if person is None else person).alias("person_id"),
        F.col("ipp").alias("matched_ipp"),
        (F.col("surviving_ipp") if surviving_ipp is None else surviving_ipp).alias("surviving_ipp"),
        *[details.get(name, F.lit(None)).cast(kind).alias(name) for name, kind in _DETAILS.items()],
    ]


def _events(base: BaseCentrale) -> Iterator[DataFrame]:
    """Visits by their number, acts and reports by their accession number; an open visit has no last day."""
    if base.visits is not None:
        yield base.visits.where("visit_occurrence_source_value IS NOT NULL").select(
            F.lit(VISIT).alias("kind"),
            F.col("visit_occurrence_source_value").alias("number"),
            "person_id",
            F.to_date("visit_start_datetime").alias("first_day"),
            F.to_date("visit_end_datetime").alias("last_day"),
            "care_site_id",
        )
    for frame, when in ((base.procedures, "procedure_datetime"), (base.notes, "note_datetime")):
        if frame is not None:
            own_site = F.col("care_site_id") if "care_site_id" in frame.columns else F.lit(None).cast("bigint")
            numbered = frame.where("accession_number IS NOT NULL").withColumn("own_site", own_site)
            yield _with_visit_site(numbered, base.visits).select(
                F.lit(ACCESSION).alias("kind"),
                F.col("accession_number").alias("number"),
                "person_id",
                F.to_date(when).alias("first_day"),
                F.to_date(when).alias("last_day"),
                F.coalesce("own_site", "visit_site").alias("care_site_id"),
            )


def _with_visit_site(events: DataFrame, visits: DataFrame | None) -> DataFrame:
    if visits is None:
        return events.withColumn("visit_site", F.lit(None).cast("bigint"))
    sites = visits.select("visit_occurrence_id", F.col("care_site_id").alias("visit_site"))
    return events.join(sites, "visit_occurrence_id", "left")


def _traits() -> Column:
    """The keys of a person's traits: each word of the family names, and each of these as one word, with each word of
    the given names."""

    def words(names: str) -> Column:
        return F.flatten(F.transform(names, lambda name: F.split(name, " ")))

    birth_date = F.col("person_birth_date")
    as_one = F.transform("family_names", lambda name: F.replace(name, F.lit(" "), F.lit("")))
    pairs = F.transform(
        F.concat(words("family_names"), as_one),
        lambda a: F.transform(words("given_names"), lambda b: traits_key(birth_date, a, b)),
    )
    return F.when(birth_date.isNotNull(), F.array_distinct(F.flatten(pairs)))
