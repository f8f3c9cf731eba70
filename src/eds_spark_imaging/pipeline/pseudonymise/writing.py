"""From the nominative tables to those of a tier: which exams, which values are common, and the rows."""

from __future__ import annotations

from functools import cached_property, reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.pipeline.pseudonymise.common import CommonValues
from eds_spark_imaging.privacy.dates import shift_days
from eds_spark_imaging.privacy.masking import PATIENT
from eds_spark_imaging.privacy.pseudonyms import domain, pseudonym, with_key
from eds_spark_imaging.privacy.tier import DAYS, TierCatalogue
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.workers.crash import crash_point

STUDY = "study_instance_uid"
# Each job stamps the rows that it changes: the columns of exams and series belong to several.
STAMPS = ("changed_run", "link_run", "terms_run")
_STUDIES = "imaging_study"
_NAME = "_name"  # the pseudonym of an exam


class TierWriter:
    """Writes the tables of one tier in one run."""

    def __init__(self, source: Context, tier: Context, run: Run, scratch: Scratch, key: DataFrame) -> None:
        if not isinstance(tier.catalogue, TierCatalogue):
            raise TypeError("not the context of a tier")
        self._source, self._tier, self._run, self._scratch, self._key = source, tier, run, scratch, key
        self._treated = tier.catalogue.treated
        self._project = tier.catalogue.project
        self._common = CommonValues(source, tier, run)

    @cached_property
    def studies(self) -> DataFrame:
        """The exams of the project, with what stands for their patient and the days by which it is moved.

        It is not kept: where few exams have changed, only those are hashed.
        """
        known = F.coalesce(  # an IPP in the header is the same patient as one that a link gave
            F.concat(F.lit("id "), _said("ipp")),
            F.concat(F.lit("person "), "person_id"),
            F.concat(F.lit("id "), _said("patient_id")),
        )
        # Exams without any id may all be of one patient, and count as such; they are moved each by itself.
        patient, moved = F.coalesce(known, F.lit("")), F.coalesce(known, F.concat(F.lit("exam "), STUDY))
        columns = (STUDY, patient.alias(PATIENT), shift_days(moved).alias(DAYS))
        return with_key(self._exams, self._key).select(*columns)

    @cached_property
    def _exams(self) -> DataFrame:
        rows = self._source.lake.read(_STUDIES).where("removed_at IS NULL")
        if not self._project.cohort:
            return rows
        cohort = self._scratch.keep("cohort", self._cohort(self._project.cohort))
        return rows.join(cohort, STUDY, "left_semi")

    def count(self) -> int:
        """How many exams the project has."""
        return self._exams.count()

    def _cohort(self, name: str) -> DataFrame:
        lake = self._source.lake
        if not lake.exists(name):
            raise LakeError(f"project {self._project.name}: the lake has no table {name}")
        rows = lake.spark.table(lake.identifier(name))
        if STUDY not in rows.columns:
            raise LakeError(f"project {self._project.name}: the table {name} has no column {STUDY}")
        return rows.select(STUDY)

    def write(self, seen: str | None, last_run: str) -> None:
        """Write what changed after the run ``seen``, which the run ``last_run`` of the tier took in; None: all."""
        if seen is None:
            self._write_all()
        else:
            self._write_changed(seen, last_run)
        self._complete()

    def _write_all(self) -> None:
        exams = self._scratch.keep("exams", self.studies)
        self._common.learn(exams, exams, self._scratch, everything=True)
        crash_point("common_values")
        self._write_tables(exams, None)

    def _write_changed(self, seen: str, last_run: str) -> None:
        changed = self._scratch.keep("changed", self._changed(seen))
        exams = self.studies.join(changed, STUDY, "left_semi")
        self._common.learn(exams, self.studies, self._scratch, everything=False)
        crash_point("common_values")
        more = self._common.newly_common(last_run)
        changed = self._scratch.keep("again", changed.union(more).distinct())
        exams = self._scratch.keep("exams", self.studies.join(changed, STUDY, "left_semi"))
        self._write_tables(exams, self._scratch.keep("scope", self._scope(changed)))

    def _write_tables(self, exams: DataFrame, scope: DataFrame | None) -> None:
        self._run.count(exams=exams.count())
        if scope is None or not scope.isEmpty():
            for name in self._order:
                self._sync(name, exams, scope)
                crash_point(name)

    @property
    def _order(self) -> list[str]:
        """The exams last: whoever reads meets no exam whose series are not there yet."""
        return [*(name for name in self._treated if name != _STUDIES), _STUDIES]

    def _changed(self, seen: str) -> DataFrame:
        """UIDs of exams of which a row changed, or that came into the cohort; also of those that are gone."""
        found = []
        for name in self._treated:
            rows = self._source.lake.read(name)
            stamps = [F.col(stamp) > seen for stamp in STAMPS if stamp in rows.columns]
            found.append(rows.where(reduce(lambda a, b: a | b, stamps)).select(STUDY))
        if self._project.cohort:
            there = self._tier.lake.read(_STUDIES).select(F.col(STUDY).alias(_NAME))
            found.append(self._named(self.studies).join(there, _NAME, "left_anti").select(STUDY))
        return reduce(DataFrame.union, found).distinct()

    def _named(self, exams: DataFrame) -> DataFrame:
        name = pseudonym(domain(STUDY), F.col(STUDY)).alias(_NAME)
        return with_key(exams.select(STUDY), self._key).select(STUDY, name)

    def _scope(self, changed: DataFrame) -> DataFrame:
        """Pseudonyms of the exams whose rows the run replaces or deletes."""
        scope = self._named(changed).select(F.col(_NAME).alias(STUDY))
        if self._project.cohort:
            inside = self._named(self.studies).select(F.col(_NAME).alias(STUDY))
            scope = scope.union(self._tier.lake.read(_STUDIES).select(STUDY).join(inside, STUDY, "left_anti"))
        return scope

    def _sync(self, name: str, exams: DataFrame, scope: DataFrame | None) -> None:
        table = self._treated[name]
        rows = self._source.lake.read(name).join(exams.select(STUDY, DAYS), STUDY, "inner")
        desired = table.rows(with_key(rows, self._key), self._common.of(name))
        done = self._tier.lake.sync(name, desired, self._run.run_id, scope=scope)
        self._run.count(rows=done.total, **{f"{name.removeprefix('imaging_')}_rows": done.total})

    def _complete(self) -> None:
        """Write a table again where it has not as many rows as it should: a deleted pair leaves no mark."""
        for name in self._order:
            if self._tier.lake.read(name).count() != self._of_project(self._source.lake.read(name)).count():
                self._sync(name, self.studies, None)

    def _of_project(self, rows: DataFrame) -> DataFrame:
        """The rows of the project's exams. Without a cohort by those that are removed, which are few."""
        if self._project.cohort:
            return rows.join(self.studies, STUDY, "left_semi")
        removed = self._source.lake.read(_STUDIES).where("removed_at IS NOT NULL").select(STUDY)
        return rows.join(removed, STUDY, "left_anti")


def _said(identifier: str) -> Column:
    """The identifier without the blanks around it; null where nothing is left."""
    return F.nullif(F.trim(identifier), F.lit(""))
