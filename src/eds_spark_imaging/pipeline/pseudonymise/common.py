"""Which texts of masked columns are common: learnt in each run from the rows that it writes, and remembered.

A text that was common in one release stays so in the next ones; only a tier made anew forgets. What is remembered
lies in the nominative lake, for rare texts may name people.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.privacy.masking import PATIENT, is_common, patients_by_value
from eds_spark_imaging.privacy.tier import TierCatalogue
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.storage.uri import resolved
from eds_spark_imaging.tables.access import TIER_VALUE
from eds_spark_imaging.tables.spec import STRING, Column

STUDY = "study_instance_uid"
_KEYS = ["table_name", "column_name", "value"]


class CommonValues:
    """The common texts of one tier."""

    def __init__(self, source: Context, tier: Context, run: Run) -> None:
        if not isinstance(tier.catalogue, TierCatalogue):
            raise TypeError("not the context of a tier")
        self._source, self._run = source, run
        self._treated = tier.catalogue.treated
        self._k = tier.catalogue.project.k
        place = hashlib.blake2b(resolved(tier.lake.root).encode(), digest_size=4).hexdigest()
        self._tier = f"{tier.catalogue.project.name}-{place}"
        self._known: dict[str, dict[str, list[str]]] = {}

    def learn(self, exams: DataFrame, studies: DataFrame, scratch: Scratch, *, everything: bool) -> None:
        """Take in the texts of ``exams``, some of ``studies`` (both study_instance_uid, ``_patient``).

        ``everything`` forgets what was before. Otherwise a text that seems to have become common is counted again over
        all ``studies``: what is remembered still has patients who have left it, or are others since.
        """
        added = self._count(exams, {name: table.masked for name, table in self._treated.items()})
        added = added.withColumn("common_run", F.lit(None).cast("string"))
        if not everything:
            before = self._remembered.select(*_KEYS, "patients", "common_run").unionByName(added)
            added = scratch.keep(
                "texts",
                before.groupBy(*_KEYS).agg(
                    F.expr("bit_or(patients)").alias("patients"), F.max("common_run").alias("common_run")
                ),
            )
            added = self._checked(added, studies)
        now = F.when(is_common(F.col("patients"), self._k), F.lit(self._run.run_id))
        desired = added.select(
            F.lit(self._tier).alias("tier"), *_KEYS, "patients", F.coalesce("common_run", now).alias("common_run")
        )
        scope = self._source.spark.range(1).select(F.lit(self._tier).alias("tier"))
        self._source.lake.sync(TIER_VALUE.name, desired, self._run.run_id, scope=scope)
        self._known = self._common()

    def _count(self, exams: DataFrame, columns: Mapping[str, Sequence[Column]]) -> DataFrame:
        """The texts in columns of tables, with the set of their patients; one row each."""
        found = [
            patients_by_value(
                self._source.lake.read(name).join(exams.select(STUDY, PATIENT), STUDY, "inner"), masked
            ).withColumn("table_name", F.lit(name))
            for name, masked in columns.items()
            if masked
        ]
        return reduce(DataFrame.unionByName, found)

    def _checked(self, added: DataFrame, studies: DataFrame) -> DataFrame:
        """The same texts, those that are about to be common with the patients that they have now."""
        due = added.where(is_common(F.col("patients"), self._k) & F.col("common_run").isNull()).select(*_KEYS)
        places = {(row[0], row[1]) for row in due.select("table_name", "column_name").distinct().collect()}
        columns = {name: [c for c in table.masked if (name, c.name) in places] for name, table in self._treated.items()}
        if not places:
            return added
        counted = self._count(studies, columns).withColumnRenamed("patients", "_now")
        return added.join(counted.join(due, _KEYS, "left_semi"), _KEYS, "left").select(
            *_KEYS, F.coalesce("_now", "patients").alias("patients"), "common_run"
        )

    @property
    def _remembered(self) -> DataFrame:
        return self._source.lake.read(TIER_VALUE.name).where(F.col("tier") == self._tier)

    def _common(self) -> dict[str, dict[str, list[str]]]:
        known: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for row in self._remembered.where("common_run IS NOT NULL").select(*_KEYS).sort(*_KEYS).toLocalIterator():
            known[row["table_name"]][row["column_name"]].append(row["value"])
        return known

    def of(self, table: str) -> dict[str, list[str]]:
        """The common texts of each column of a table."""
        return self._known[table]

    def newly_common(self, last_run: str) -> DataFrame:
        """UIDs of exams with a text that has become common after the run ``last_run`` of the tier."""
        new = self._remembered.where(F.col("common_run") > last_run).select(*_KEYS)
        found = [self._source.spark.createDataFrame([], f"{STUDY} STRING")]
        for name, table in self._treated.items():
            mine = new.where(F.col("table_name") == name)
            rows = self._source.lake.read(name)
            names = {row[0] for row in mine.select("column_name").distinct().collect()}
            for column in (c for c in table.masked if c.name in names):
                texts = mine.where(F.col("column_name") == column.name).select("value")
                value = F.col(column.name)
                held = rows.select(STUDY, (F.explode(value) if column.type != STRING else value).alias("value"))
                found.append(held.join(texts, "value", "left_semi").select(STUDY))
        return reduce(DataFrame.union, found)
