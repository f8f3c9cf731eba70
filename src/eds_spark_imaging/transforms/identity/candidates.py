"""The cascade: every person that an exam may belong to, with evidence, and the one that is accepted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.transforms.identity import matches
from eds_spark_imaging.transforms.identity.acceptance import accepted, last_decisions
from eds_spark_imaging.transforms.identity.accessions import accession_events
from eds_spark_imaging.transforms.identity.exams import exams as exams_of
from eds_spark_imaging.transforms.identity.methods import METHODS, Standing
from eds_spark_imaging.transforms.identity.persons import traits_of_persons
from eds_spark_imaging.transforms.identity.sites import hospitals_of_care_sites, nip_domains
from eds_spark_imaging.transforms.identity.traits import compared, identified_by_traits

_STANDS_ALONE = [method.name for method in METHODS if method.alone > Standing.NONE]


@dataclass(frozen=True, slots=True)
class BaseCentrale:
    """The frames of the base centrale that the link reads, canonical columns; None where a table is absent.

    ``survivors`` is that of :func:`survivors`; it is used several times: persist it. ``decisions`` are decisions by
    hand: ``study_instance_uid``, ``ipp``, ``decision`` (accept or reject), ``decided_by``, ``decided_at``.
    """

    person: DataFrame
    survivors: DataFrame
    identity: DataFrame | None = None
    visits: DataFrame | None = None
    procedures: DataFrame | None = None
    notes: DataFrame | None = None
    care_site: DataFrame | None = None
    fact_relationship: DataFrame | None = None
    decisions: DataFrame | None = None


def candidates(studies: DataFrame, base: BaseCentrale, config: LinkConfig) -> DataFrame:
    """Rows of ``imaging_study_person`` (key: exam, person) for the exams of ``studies``, rows of ``imaging_study``.

    The identifiers of the exam come first. Only exams that they do not lead to a person whose traits agree are
    looked for by their traits and by one error in their IPP, so the two sets share no pair of exam and person.
    """
    known = exams_of(studies, config)
    persons = traits_of_persons(base.identity, base.person, base.survivors)
    decisions = None if base.decisions is None else last_decisions(base.decisions)
    patients = known.where("NOT is_phantom")
    found = _by_identifiers(patients, base, config)
    if decisions is not None:
        found = found.unionByName(matches.by_hand(decisions, base.survivors))
    pairs = _compared(found, known, persons).where(
        F.exists("methods", lambda method: method.isin(*_STANDS_ALONE)) | F.col("confirmed")
    )
    settled = pairs.where("verified").select("study_instance_uid").distinct()
    rest = patients.join(settled, "study_instance_uid", "left_anti")
    searched = _compared(_by_search(rest, persons, base, config), rest, persons).where(
        F.when(F.array_contains("methods", "ipp_one_digit"), F.col("confirmed")).otherwise(identified_by_traits())
    )
    return accepted(pairs.unionByName(searched), decisions, base.survivors)


def _by_identifiers(patients: DataFrame, base: BaseCentrale, config: LinkConfig) -> DataFrame:
    identifiers = matches.identifiers(patients)
    sites = None
    if base.care_site is not None and base.fact_relationship is not None:
        sites = hospitals_of_care_sites(base.care_site, base.fact_relationship)
    found = [matches.by_ipp(identifiers, base.survivors, config)]
    if base.identity is not None:
        domains = None if sites is None else nip_domains(sites)
        found.append(matches.by_nip(identifiers, base.identity, base.survivors, domains, config))
    if base.visits is not None:
        found.append(matches.by_visit(patients, base.visits, base.survivors, config))
    events = accession_events(base.procedures, base.notes, base.visits, sites)
    if events is not None:
        found.append(matches.by_accession(patients, events, base.survivors, config))
    return reduce(DataFrame.unionByName, found)


def _by_search(rest: DataFrame, persons: DataFrame, base: BaseCentrale, config: LinkConfig) -> DataFrame:
    found = matches.by_one_digit(rest, base.survivors, config)
    return found if base.identity is None else found.unionByName(matches.by_traits(rest, persons))


def _compared(found: DataFrame, exams: DataFrame, persons: DataFrame) -> DataFrame:
    """One row for each exam and person found, with all the methods, best first, and the comparison of traits."""
    rank = F.array_position(F.array(*[F.lit(method.name) for method in METHODS]), F.col("method"))
    pairs = (
        found.withColumn("_found", F.struct(rank.alias("rank"), "method", "matched_on", "matched_ipp"))
        .groupBy("study_instance_uid", "person_id")
        .agg(F.array_sort(F.collect_set("_found")).alias("_found"))
        .withColumns(
            {
                "methods": F.array_distinct(F.col("_found.method")),
                "best": F.element_at("_found", 1),
            }
        )
        .drop("_found")
    )
    return compared(pairs.join(exams, "study_instance_uid", "inner").join(persons, "person_id", "inner"))
