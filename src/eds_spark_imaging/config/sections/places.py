"""Where tables are: the lake and the base centrale."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import available_timezones

from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.storage.uri import check_place

PASSWORD_VARIABLE = "EDS_IMAGING_WAREHOUSE_PASSWORD"  # noqa: S105 - where the password is, not what it is
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

    ``columns`` maps canonical column to the site's column. A table of a JDBC database is read in parts by
    ``partition_column``, its key where nothing is given; ``bounds`` are the least and greatest value to divide, which
    the database tells where they are not given.
    """

    name: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    partition_column: str | None = None
    bounds: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.bounds and (len(self.bounds) != 2 or self.bounds[0] >= self.bounds[1]):
            raise ConfigError("[warehouse.tables] bounds are two numbers, the smaller one first")


@dataclass(frozen=True)
class JdbcConfig:
    """A database that is read over JDBC; its password is not configuration but in a file or the environment."""

    url: str
    schema: str = "public"
    user: str | None = None
    password_file: str | None = None
    driver: str = "org.postgresql.Driver"
    partitions: int = 8
    fetch_size: int = 10_000

    def __post_init__(self) -> None:
        if not self.url.startswith("jdbc:"):
            raise ConfigError("[warehouse.jdbc] url does not begin with jdbc:")
        if re.search(r"passw|pwd\s*=|^[^?;]*[^:?;]@", self.url, re.IGNORECASE):
            raise ConfigError(
                f"[warehouse.jdbc] url must not hold a password: use password_file or {PASSWORD_VARIABLE}"
            )
        if not _IDENTIFIER.fullmatch(self.schema):
            raise ConfigError(f"[warehouse.jdbc] schema {self.schema!r} is not a name")
        if not (0 < self.partitions < 2**31 and 0 < self.fetch_size < 2**31):
            raise ConfigError("[warehouse.jdbc] partitions and fetch_size are at least 1, and less than 2^31")


@dataclass(frozen=True)
class WarehouseConfig:
    """The base centrale: a directory of tables (``path``), a database of the metastore (``database``) or one that is
    read over JDBC (``jdbc``), with its layout and time zone.
    """

    path: str | None = None
    database: str | None = None
    jdbc: JdbcConfig | None = None
    format: str = "parquet"
    layout: str = "base_centrale"
    time_zone: str = "Europe/Paris"
    deleted_statuses: tuple[str, ...] = ("supprimé",)
    tables: Mapping[str, TableConfig] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.jdbc is None:
            _one_place("[warehouse]", self.path, self.database)
        elif self.path is not None or self.database is not None:
            raise ConfigError("[warehouse] needs one of path, database and jdbc")
        if self.format not in ("parquet", "delta", "orc"):
            raise ConfigError(f"[warehouse] format {self.format!r} is not parquet, delta or orc")
        if not _is_time_zone(self.time_zone):
            raise ConfigError(f"[warehouse] time_zone {self.time_zone!r} is no time zone, such as Europe/Paris")

    @property
    def place(self) -> str:
        """Where it is, for messages: without what follows the database's name in a URL."""
        return self.jdbc.url.split("?", 1)[0] if self.jdbc else str(self.path or self.database)


def _is_time_zone(name: str) -> bool:
    """True for a name of the time zone database, where this machine has one, and for an offset."""
    known = available_timezones() - {"Factory", "localtime"}  # which are this machine's, not Java's
    return not known or name in known or re.fullmatch(r"(UTC|GMT)?[+-](0\d|1[0-4]):[0-5]\d", name) is not None


def _one_place(where: str, path: str | None, database: str | None) -> None:
    if (path is None) == (database is None):
        raise ConfigError(f"{where} needs either path or database")
    if path is not None:
        check_place(path)
    if database is not None and not _IDENTIFIER.fullmatch(database):
        raise ConfigError(f"{where} database {database!r} is not a name")
