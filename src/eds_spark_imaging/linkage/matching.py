"""Exams and persons that share a key, with the method that the key stands for."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.linkage.base import BaseCentrale
from eds_spark_imaging.linkage.care_sites import configured_domain, hospitals_of_care_sites, nip_domains
from eds_spark_imaging.linkage.exam_keys import ACCESSION, IPP, NIP, VISIT
from eds_spark_imaging.linkage.ids import plain, unpadded
from eds_spark_imaging.tables.link_words import LinkMethod

_MATCH = ("study_instance_uid", "person_id", "method", "matched_on", "matched_ipp")


def matches(exam_keys: DataFrame, directory: DataFrame, base: BaseCentrale, config: LinkConfig) -> DataFrame:
    """Rows (``study_instance_uid``, ``person_id``, ``method``, ``matched_on``, ``matched_ipp``): one equi-join.

    A NIP outside of its domain needs traits to be believed. A visit or accession number counts near its dates, by
    the date of the exam or of one of its series, an accession number only at its hospital, where that is known.
    """
    met = exam_keys.join(directory, ["kind", "key"], "inner")
    if base.care_site is None or base.fact_relationship is None:
        placed = met.withColumns(
            {"nip_domain": F.lit(None).cast("string"), "hospital_codes": F.lit(None).cast("array<string>")}
        )
    else:
        sites = hospitals_of_care_sites(base.care_site, base.fact_relationship)
        domains = nip_domains(sites).withColumnRenamed("hospital_code", "_hospital")
        own = met.withColumn("_hospital", unpadded(F.col("hospital_code"))).join(domains, "_hospital", "left")
        placed = own.join(sites.select("care_site_id", "hospital_codes"), "care_site_id", "left")
    near = F.exists(
        "exam_dates",
        lambda day: day.between(
            F.date_sub("first_day", config.key_days), F.date_add(F.coalesce("last_day", day), config.key_days)
        ),
    )
    # A code that the tree of care sites does not have names no other hospital.
    unknown = F.col("nip_domain").isNull()
    here = unknown | F.coalesce(F.array_contains("hospital_codes", unpadded(F.col("hospital_code"))), F.lit(True))
    kept = (
        F.when(F.col("kind") == VISIT, F.coalesce(near, F.lit(True)) | (F.size("exam_dates") == 0))
        .when(F.col("kind") == ACCESSION, F.coalesce(near, F.lit(False)) & here)
        .otherwise(F.lit(True))
    )
    return placed.where(kept).withColumn("method", _method(config)).select(*_MATCH)


def _method(config: LinkConfig) -> Column:
    configured = configured_domain(F.col("hospital_code"), config.nip_domains)
    own_domain = plain(F.coalesce(configured, F.col("nip_domain")))
    at_home = F.coalesce(F.col("domain") == own_domain, F.lit(False)) | F.coalesce(
        F.col("domain") == F.col("issuer"), F.lit(False)
    )
    merged = (F.col("kind") == IPP) & (F.col("matched_ipp") != F.col("surviving_ipp"))
    return (
        F.when((F.col("kind") == NIP) & ~at_home, str(LinkMethod.NIP_ELSEWHERE))
        .when((F.col("method") == str(LinkMethod.IPP)) & merged, str(LinkMethod.IPP_MERGED))
        .otherwise(F.col("method"))
    )
