"""Hospitals and hospital groups of care sites, from the care-site tree."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.linkage.ids import unpadded

_TREE = "coalesce(domain_concept_id_1, 57) = 57 AND coalesce(relationship_concept_id, 46233688) = 46233688"
# Unit, department, hospital, group, and what lies between them.
_LEVELS = 6
_HOSPITAL = "(?i)^h[oôÔ]pital"
_GROUP = r"(?i)^groupe hospitalier|\(gh\)"


def hospitals_of_care_sites(care_site: DataFrame, fact_relationship: DataFrame) -> DataFrame:
    """Rows (``care_site_id``, ``hospital_codes``, ``group_code``), one for each care site below or at a hospital.

    ``hospital_codes`` holds the code and the short name of the nearest hospital, either of which an exam may carry, in
    the form of ``ids.unpadded``: stores write 066, 66 or psl;
    ``group_code`` is the source value of the nearest hospital group, or the hospital's own where it is in none.
    """
    edges = (
        fact_relationship.where(_TREE).groupBy(F.col("fact_id_1").alias("_child")).agg(F.min("fact_id_2").alias("_up"))
    )
    paths = care_site.select("care_site_id", F.array("care_site_id").alias("path"))
    for _ in range(_LEVELS):
        longer = F.when(F.col("_up").isNotNull(), F.concat("path", F.array("_up"))).otherwise(F.col("path"))
        paths = paths.join(edges, F.element_at("path", -1) == F.col("_child"), "left").select(
            "care_site_id", longer.alias("path")
        )
    kind = F.col("care_site_type_source_value")
    codes = care_site.select(
        F.col("care_site_id").alias("ancestor_id"),
        F.trim("care_site_source_value").alias("code"),
        F.upper(F.trim("care_site_short_name")).alias("short_name"),
        F.when(kind.rlike(_GROUP), "group").when(kind.rlike(_HOSPITAL), "hospital").alias("kind"),
    ).where("kind IS NOT NULL")
    place = F.struct("level", "code", "short_name")
    return (
        paths.select("care_site_id", F.posexplode("path").alias("level", "ancestor_id"))
        .join(codes, "ancestor_id", "inner")
        .groupBy("care_site_id")
        .agg(
            F.min(F.when(F.col("kind") == "hospital", place)).alias("hospital"),
            F.min(F.when(F.col("kind") == "group", place)).alias("group"),
        )
        .where("hospital IS NOT NULL")
        .select(
            "care_site_id",
            F.array_distinct(
                F.array_compact(F.transform(F.array("hospital.code", "hospital.short_name"), unpadded))
            ).alias("hospital_codes"),
            F.coalesce("group.code", "hospital.code").alias("group_code"),
        )
    )


def nip_domains(care_sites: DataFrame) -> DataFrame:
    """Rows (``hospital_code``, ``nip_domain``), one for each hospital, of ``hospitals_of_care_sites``."""
    return (
        care_sites.select(F.explode("hospital_codes").alias("hospital_code"), "group_code")
        .groupBy("hospital_code")
        .agg(F.min("group_code").alias("nip_domain"))
    )


def configured_domain(hospital_code: Column, domains: Mapping[str, str]) -> Column:
    """The NIP domain that the configuration gives a hospital, or null."""
    cases = [F.when(hospital_code == code, F.lit(domain)) for code, domain in domains.items()]
    return F.coalesce(*cases) if cases else F.lit(None).cast("string")
