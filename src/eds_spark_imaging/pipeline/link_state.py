"""What the links of the last run were made from, and which exams a run has to look at."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.linkage import exams_with
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.runs.rules import rules_hash
from eds_spark_imaging.runs.watermarks import read_watermark
from eds_spark_imaging.tables.links import IMAGING_STUDY_LINK_KEY, LINK_DECISION, LINK_INPUT
from eds_spark_imaging.warehouse.reader import Warehouse

_STUDY = "study_instance_uid"
_PERSONS = ("person", "patient_identity", "visit_occurrence", "procedure_occurrence", "note")
_SITES = ("care_site", "fact_relationship")


@dataclass(frozen=True)
class LinkState:
    """Short names of what links are made from, each of which changes with its content and with nothing else.

    ``persons``, ``sites``: the files of the base centrale that tell of persons, and of care sites; None where that
    cannot be known. ``rules``: configuration and version of the package. ``decisions``, ``inputs``: rows of the tables.
    ``exams``: the last run that changed an exam.
    """

    persons: str | None
    sites: str | None
    rules: int
    decisions: str
    inputs: str
    exams: str

    @classmethod
    def now(cls, context: Context, warehouse: Warehouse) -> LinkState:
        """The state before a run."""
        lake, config = context.lake, context.config.link
        last = [lake.read(name).agg(F.max("changed_run")).first() for name in ("imaging_study", "imaging_series")]
        return cls(
            persons=None if config.probabilistic else warehouse.fingerprint(_PERSONS),
            sites=_sites(warehouse),
            rules=rules_hash(asdict(config)),
            decisions=_content(lake.read(LINK_DECISION.name)),
            inputs=inputs_state(lake),
            exams=max((row and row[0]) or "" for row in last),
        )

    @classmethod
    def seen(cls, context: Context) -> LinkState | None:
        """The state after the last run; None where there was none, or one of another form of state."""
        return read_watermark(cls, context.newest_watermark("link"))

    @property
    def text(self) -> str:
        """As a run's watermark."""
        return json.dumps(asdict(self))

    def is_known(self) -> bool:
        """Whether a later state can be compared with this one."""
        return self.persons is not None and self.sites is not None

    def allows_part(self, seen: LinkState | None) -> bool:
        """Whether the exams that a run has to look at follow from keys, decisions and runs: else all are looked at."""
        if seen is None or not (self.is_known() and seen.is_known()):
            return False
        return replace(self, persons=seen.persons, decisions=seen.decisions, exams=seen.exams) == seen


def exams_to_look_at(lake: Lake, now: LinkState, seen: LinkState, keys: DataFrame | None) -> DataFrame:
    """Rows (``study_instance_uid``): exams that have changed, are decided on, or have one of the changed ``keys``."""
    tables = [lake.read(name) for name in ("imaging_study", "imaging_series")]
    parts = [table.where(F.col("changed_run") > seen.exams) for table in tables]
    if now.decisions != seen.decisions or keys is not None:
        # A decision names its patient by an IPP, which may lead to another person since.
        parts += [lake.read(LINK_DECISION.name), lake.read(LINK_INPUT.name).where("decision_hash IS NOT NULL")]
    if keys is not None:
        parts.append(exams_with(keys, lake.read(IMAGING_STUDY_LINK_KEY.name)))
    return reduce(DataFrame.union, [part.select(_STUDY) for part in parts]).distinct()


def inputs_state(lake: Lake) -> str:
    """Of ``imaging_study_link_input``: whoever deletes its rows has all exams linked anew."""
    row = lake.read(LINK_INPUT.name).agg(F.count(F.lit(1)), F.max("changed_run")).collect()[0]
    return f"{row[0]}/{row[1] or ''}"


def _sites(warehouse: Warehouse) -> str | None:
    if all(warehouse.table(name) is None for name in _SITES):
        return ""
    return warehouse.fingerprint(_SITES)


def _content(rows: DataFrame) -> str:
    """A few rows, whatever their order."""
    found = rows.agg(F.count(F.lit(1)), F.bit_xor(F.xxhash64(*rows.columns))).collect()[0]
    return f"{found[0]}/{found[1] or 0}"
