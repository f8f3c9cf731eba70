"""Exams and the persons that they meet on a key: all that a link is made from, before anything is judged."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pyspark.sql import DataFrame

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.linkage.base import BaseCentrale
from eds_spark_imaging.linkage.exam_keys import exam_keys
from eds_spark_imaging.linkage.exams import exams as exams_of
from eds_spark_imaging.linkage.manual_decisions import last_decisions, manual_matches
from eds_spark_imaging.linkage.matching import matches
from eds_spark_imaging.linkage.person_keys import directory

_STUDY = "study_instance_uid"


@dataclass(frozen=True, slots=True)
class Meeting:
    """``exams``: of :func:`exams`, one row an exam. ``persons``: of :func:`traits_of_persons`, one row a person.

    ``keys``: of :func:`exam_keys`. ``found``: of :func:`matches`, which exam met which person on what. ``decisions``:
    of :func:`last_decisions`; None where nobody decides.
    """

    exams: DataFrame
    persons: DataFrame
    keys: DataFrame
    found: DataFrame
    decisions: DataFrame | None = None

    def of(self, chosen: DataFrame) -> Meeting:
        """The same for the exams of ``chosen`` alone."""
        return replace(
            self, exams=self.exams.join(chosen, _STUDY, "left_semi"), found=self.found.join(chosen, _STUDY, "left_semi")
        )


def meet(
    studies: DataFrame, base: BaseCentrale, persons: DataFrame, config: LinkConfig, names: DataFrame | None = None
) -> Meeting:
    """Look all keys of the exams of ``studies``, rows of ``imaging_study``, up among the keys of persons.

    ``names`` is their whole :func:`directory`; without it, what these exams ask for is made.
    """
    exams = exams_of(studies, config)
    keys = exam_keys(exams.where("NOT is_phantom"), base.survivors.select("ipp"), config)
    if names is None:
        names = directory(base, persons, keys.select("kind", "key").distinct())
    found = matches(keys, names, base, config)
    if base.decisions is None:
        return Meeting(exams, persons, keys, found)
    decisions = last_decisions(base.decisions, base.survivors, config.ipp_pattern)
    return Meeting(exams, persons, keys, found.unionByName(manual_matches(decisions)), decisions)
