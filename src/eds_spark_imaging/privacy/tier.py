"""The tables of a project: their specifications and their rows, by the treatment that each column says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import ProjectConfig
from eds_spark_imaging.config.sections.projects import Dates, Precision
from eds_spark_imaging.dicom.declaration.attribute import Aggregate
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.privacy.dates import moved
from eds_spark_imaging.privacy.generalisation import rules
from eds_spark_imaging.privacy.masking import masked
from eds_spark_imaging.privacy.pseudonyms import domain, pseudonym
from eds_spark_imaging.tables import Catalogue, Table, spec
from eds_spark_imaging.tables.files import CHANGED_RUN, ROW_HASH
from eds_spark_imaging.treatment import Treatment

DAYS = "_days"
_MASKED = (Treatment.MASK, Treatment.ALLOW_BY_NAME)


@dataclass(frozen=True)
class Treated:
    """A nominative table, its counterpart in the tier, and where each column of that comes from."""

    nominative: Table
    table: Table
    project: ProjectConfig
    sources: Mapping[str, spec.Column]

    @property
    def masked(self) -> list[spec.Column]:
        """The columns whose rare values are masked."""
        return [column for column in self.sources.values() if column.treated in _MASKED]

    def rows(self, rows: DataFrame, common: Mapping[str, Sequence[str]]) -> DataFrame:
        """The rows of the tier, same grain. ``rows`` has the nominative columns, the key and ``_days``, the shift."""
        return rows.select(*[self._value(source, common).alias(name) for name, source in self.sources.items()])

    @property
    def _days(self) -> Column:
        return F.col(DAYS) if self.project.dates == Dates.SHIFTED else F.lit(0)

    def _value(self, column: spec.Column, common: Mapping[str, Sequence[str]]) -> Column:
        treatment = column.treated
        if treatment in _MASKED:
            return masked(column, common)
        if treatment is Treatment.PSEUDONYM:
            return _pseudonym(column)
        if treatment is Treatment.SHIFT:
            return moved(F.col(column.name), column.type, self._days, Precision(self.project.times))
        if treatment is Treatment.GENERALISE:
            return rules(self.project)[column.name].value(self._days)
        return F.col(column.name)


def _pseudonym(column: spec.Column) -> Column:
    name = domain(column.name)
    if pa.types.is_list(column.type):
        return F.transform(column.name, lambda item: pseudonym(name, item))
    return pseudonym(name, F.col(column.name))


def treated(table: Table, project: ProjectConfig) -> Treated:
    """The counterpart of a table. ConfigError where a column does not say what becomes of it, or cannot be treated."""
    made = {column: _column(table, column, project) for column in table}
    sources = {there.name: column for column, there in made.items() if there is not None}
    columns = tuple(there for there in made.values() if there is not None)
    counterpart = replace(
        table,
        columns=(*columns, ROW_HASH, CHANGED_RUN),
        cluster_by=tuple(name for name in table.cluster_by if name in sources),
        checks=(),
    )
    return Treated(table, counterpart, project, sources)


def _column(table: Table, column: spec.Column, project: ProjectConfig) -> spec.Column | None:
    """The column of the tier; None where it has none."""
    treatment = column.treated
    if treatment is None:
        raise ConfigError(f"{table.name}.{column.name} does not say its treatment: {', '.join(Treatment)}")
    allowed = treatment is not Treatment.ALLOW_BY_NAME or column.name in project.allow
    if treatment is Treatment.DROP or not allowed:
        return None
    if treatment is Treatment.GENERALISE:
        rule = rules(project).get(column.name)
        if rule is None:
            raise ConfigError(f"{table.name}.{column.name}: no rule generalises it")
        return rule.column
    if treatment in _MASKED and column.type not in (spec.STRING, spec.STRINGS):
        raise ConfigError(f"{table.name}.{column.name}: treatment {treatment} is for texts")
    return _CHANGES.get(treatment, _kept)(column)


def _kept(column: spec.Column) -> spec.Column:
    if column.identifying:
        raise ConfigError(f"{column.name} identifies a person and cannot be kept")
    return replace(column, treatment=Treatment.KEEP)


def _with_pseudonyms(column: spec.Column) -> spec.Column:
    kind = spec.STRINGS if pa.types.is_list(column.type) else spec.STRING
    comment = f"Pseudonym. {column.comment}"
    return replace(column, type=kind, comment=comment, identifying=False, treatment=Treatment.KEEP)


def _with_fewer_values(column: spec.Column) -> spec.Column:
    comment = f"{column.comment}. Null where fewer than k patients have the value"
    return replace(column, comment=comment, nullable=True, values=None, treatment=Treatment.KEEP)


_CHANGES: Mapping[Treatment, Callable[[spec.Column], spec.Column]] = {
    Treatment.PSEUDONYM: _with_pseudonyms,
    Treatment.MASK: _with_fewer_values,
    Treatment.ALLOW_BY_NAME: _with_fewer_values,
}


class TierCatalogue(Catalogue):
    """The tables of a project's tier by name, beside the record of the runs that made it."""

    def __init__(self, nominative: Catalogue, project: ProjectConfig) -> None:
        """ConfigError where something says no treatment, or the project allows a column that is no free text."""
        unsaid = (a for a in nominative.attributes if a.treatment is None and a.aggregate is not Aggregate.NONE)
        for attribute in unsaid:
            raise ConfigError(f"[[attributes]] {attribute.column} does not say its treatment: {', '.join(Treatment)}")
        self.attributes = nominative.attributes
        self.project = project
        self._runs = nominative["imaging_run"]
        self.treated = {table.name: treated(table, project) for table in nominative if table.pseudonymised}
        texts = {
            column.name
            for table in nominative
            if table.pseudonymised
            for column in table
            if column.treated is Treatment.ALLOW_BY_NAME
        }
        if unknown := set(project.allow) - texts:
            raise ConfigError(f"project {project.name}: allow {sorted(unknown)[0]!r} is no free text of the tables")

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The counterparts, and the runs."""
        return {name: each.table for name, each in self.treated.items()} | {self._runs.name: self._runs}

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())
