"""Where tables are: the lake and the base centrale."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from eds_spark_imaging.errors import ConfigError

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?")


@dataclass(frozen=True)
class LakeConfig:
    """Where the Delta tables live: a directory (``path``) or a database of the metastore (``database``).

    ``single_writer`` says that no two runs ever write at once, which a lake on S3 cannot see to by itself.
    """

    path: str | None = None
    database: str | None = None
    single_writer: bool = False

    def __post_init__(self) -> None:
        _one_place("[lake]", self.path, self.database)


@dataclass(frozen=True)
class TableConfig:
    """One table of the base centrale where its name or columns differ from the canonical ones.

    ``columns`` maps canonical column to the site's column.
    """

    name: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WarehouseConfig:
    """The base centrale: a directory of tables (``path``) or a database, with its layout and time zone."""

    path: str | None = None
    database: str | None = None
    format: str = "parquet"
    layout: str = "base_centrale"
    time_zone: str = "Europe/Paris"
    deleted_statuses: tuple[str, ...] = ("supprimé",)
    tables: Mapping[str, TableConfig] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _one_place("[warehouse]", self.path, self.database)
        if self.format not in ("parquet", "delta", "orc"):
            raise ConfigError(f"[warehouse] format {self.format!r} is not parquet, delta or orc")


def _one_place(where: str, path: str | None, database: str | None) -> None:
    if (path is None) == (database is None):
        raise ConfigError(f"{where} needs either path or database")
    if database is not None and not _IDENTIFIER.fullmatch(database):
        raise ConfigError(f"{where} database {database!r} is not a name")
