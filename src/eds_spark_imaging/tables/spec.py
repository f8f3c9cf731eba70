"""What a table of the lake is. Arrow types are the one type language; Spark's DDL derives from them.

Timestamps without zone are hospital wall-clock (TIMESTAMP_NTZ); those with zone are instants (TIMESTAMP), used for
the times of our own runs only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import pyarrow as pa

from eds_spark_imaging.treatment import Treatment
from eds_spark_imaging.vocabulary import Word

STRING = pa.string()
DOUBLE = pa.float64()
BIGINT = pa.int64()
INT = pa.int32()
BOOLEAN = pa.bool_()
DATE = pa.date32()
WALL_CLOCK = pa.timestamp("us")
INSTANT = pa.timestamp("us", tz="UTC")
STRINGS = pa.list_(pa.string())

KNOWN_YEARS = range(1900, 2101)  # of wall-clock times: stores write 0001-01-01 or 9999-12-31 for none

_SCALARS = {
    STRING: "STRING",
    DOUBLE: "DOUBLE",
    BIGINT: "BIGINT",
    INT: "INT",
    BOOLEAN: "BOOLEAN",
    DATE: "DATE",
    pa.binary(): "BINARY",
    WALL_CLOCK: "TIMESTAMP_NTZ",
    INSTANT: "TIMESTAMP",
}


def sql_type(kind: pa.DataType) -> str:
    """Spark's name of an Arrow type; TypeError on one that no table may use."""
    if kind in _SCALARS:
        return _SCALARS[kind]
    if pa.types.is_list(kind):
        return f"ARRAY<{sql_type(kind.value_type)}>"
    if pa.types.is_map(kind):
        return f"MAP<{sql_type(kind.key_type)}, {sql_type(kind.item_type)}>"
    if pa.types.is_struct(kind):
        return f"STRUCT<{', '.join(f'{child.name}: {sql_type(child.type)}' for child in kind)}>"
    raise TypeError(f"no table column may have the type {kind}")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``computed`` marks a value that we make ourselves, which alone may be NOT NULL.

    ``identifying`` keeps the column out of Delta's file statistics and of the pseudonymised tier. ``values`` is the
    vocabulary of a computed text: its words stand in the comment, its meanings in the dictionary, and the table checks
    that nothing else is written. ``treatment`` is what the pseudonymised tier makes of the column; a measure or a truth
    value that is not identifying is kept, any other column of a table with ``pseudonymised`` has to say.
    """

    name: str
    type: pa.DataType
    comment: str
    nullable: bool = True
    identifying: bool = False
    values: type[Word] | None = None
    treatment: Treatment | None = None

    @property
    def treated(self) -> Treatment | None:
        """The treatment, said or by kind; None where it has to be said and is not."""
        if self.treatment is None and self.type in (DOUBLE, INT, BOOLEAN) and not self.identifying:
            return Treatment.KEEP
        return self.treatment

    @property
    def description(self) -> str:
        """The comment, with the words that the column may hold."""
        return self.comment if self.values is None else f"{self.comment}: {_either(self.values)}"

    @property
    def check(self) -> str | None:
        """The condition that a text of ``values`` meets. Arrays have none: not every writer of Delta can compute it."""
        if self.values is None or self.type != STRING:
            return None
        known = f"{self.name} IN ({', '.join(map(sql_text, self.values))})"
        return f"{self.name} IS NULL OR {known}" if self.nullable else known

    @property
    def ddl(self) -> str:
        """The column's part of CREATE TABLE."""
        constraint = "" if self.nullable else " NOT NULL"
        return f"`{self.name}` {sql_type(self.type)}{constraint} COMMENT {sql_text(self.description)}"

    @property
    def sql_null(self) -> str:
        """The column without a value, in a SELECT."""
        return f"CAST(NULL AS {sql_type(self.type)}) AS `{self.name}`"


def _either(values: type[Word]) -> str:
    *others, last = values
    return f"{', '.join(others)} or {last}" if others else str(last)


def sql_text(value: str) -> str:
    """A literal of SQL."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the lake: ``grain`` in words, ``keys`` unique, ``checks`` by name on computed columns only.

    ``pseudonymised`` tables have a counterpart in the tier of a project; all others are nominative as a whole.
    A column with ``values`` has the check ``known_COLUMN`` of its own, unless ``checks`` has one of that name.
    """

    name: str
    grain: str
    comment: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    cluster_by: tuple[str, ...] = ()
    checks: tuple[tuple[str, str], ...] = ()
    searched: tuple[str, ...] = ()  # columns with file statistics besides keys and clustering columns, before others
    pseudonymised: bool = False

    def __post_init__(self) -> None:
        names = self.names
        repeated = {name for name in names if names.count(name) > 1}
        if repeated:
            raise ValueError(f"{self.name}: column {sorted(repeated)[0]} is declared twice")
        if set(self.keys) - set(names) or set(self.cluster_by) - set(names[:32]):
            raise ValueError(f"{self.name}: keys must be columns, and clustering columns among the first 32")

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    def lacking(self, there: Collection[str]) -> list[Column]:
        """The columns that are not ``there``: a lake of an older version, or a tier, has not got all."""
        return [column for column in self.columns if column.name not in there]

    def only(self, names: Collection[str]) -> Table:
        """The table with some of its columns, in its order."""
        return replace(self, columns=tuple(c for c in self.columns if c.name in names), keys=(), cluster_by=())

    @property
    def constraints(self) -> dict[str, str]:
        """Every check by its name: those of the columns' vocabularies, and ``checks``."""
        return {f"known_{c.name}": c.check for c in self.columns if c.check} | dict(self.checks)

    @property
    def properties(self) -> dict[str, str]:
        """Delta's properties of the table, checks among them."""
        return {
            "delta.enableDeletionVectors": "false",
            "delta.enableChangeDataFeed": "true",
            "delta.dataSkippingStatsColumns": ",".join(self.statistics_columns),
            **{f"delta.constraints.{name}": check for name, check in self.constraints.items()},
        }

    @property
    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema, for batches built in Python workers."""
        return pa.schema([pa.field(c.name, c.type, c.nullable) for c in self.columns])

    @property
    def spark_ddl(self) -> str:
        """Column names and types as Spark reads them, without constraints or comments."""
        return ", ".join(f"`{c.name}` {sql_type(c.type)}" for c in self.columns)

    def create_statement(self, identifier: str) -> str:
        """CREATE TABLE with comments, NOT NULL on computed keys, checks, clustering and properties readers can take."""
        pairs = ", ".join(f"'{key}' = {sql_text(value)}" for key, value in self.properties.items())
        cluster = f" CLUSTER BY ({', '.join(self.cluster_by)})" if self.cluster_by else ""
        columns = ", ".join(column.ddl for column in self.columns)
        comment = f" COMMENT {sql_text(self.comment)}"
        return f"CREATE TABLE {identifier} ({columns}) USING delta{cluster}{comment} TBLPROPERTIES ({pairs})"

    @property
    def statistics_columns(self) -> list[str]:
        """The columns with file statistics: orderable, not identifying unless searched, the first 32 of them."""
        first = {*self.keys, *self.cluster_by, *self.searched}
        ordered = sorted(self.columns, key=lambda c: c.name not in first)
        simple = [c for c in ordered if c.type in _SCALARS and c.type != BOOLEAN]
        keep = [c.name for c in simple if not c.identifying or c.name in first]
        return keep[:32]
