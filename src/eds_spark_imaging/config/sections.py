"""The sections of the configuration: each is a frozen dataclass whose fields are the keys that the file may have."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from eds_spark_imaging.dicom.declaration.attribute import Attribute, attribute_from_mapping
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.storage.uri import plain

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?")


@dataclass(frozen=True)
class SourceConfig:
    """A root folder or URI with DICOM files. ``hospital`` is the code of every exam below it.

    ``inventory`` is a Parquet or CSV table of its files that replaces the listing; with ``inventory_mode`` "delta" it
    names new and changed files only, with "full" (the default) a file that it lacks is gone.
    """

    name: str
    root: str
    hospital: str | None = None
    default_charset: str | None = None
    override_charset: str | None = None
    inventory: str | None = None
    inventory_mode: str = "full"

    @property
    def is_partial(self) -> bool:
        """True where files that are not listed need not be gone."""
        return self.inventory_mode == "delta"

    @property
    def reader_options(self) -> dict[str, str | None]:
        """What the source tells the header reader."""
        return {"default_charset": self.default_charset, "override_charset": self.override_charset}

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w.-]+", self.name):
            raise ConfigError(f"[[sources]]: name {self.name!r} may hold letters, digits, dots and dashes only")
        if self.inventory_mode not in ("full", "delta"):
            raise ConfigError(f"[[sources]] {self.name}: inventory_mode is full or delta, not {self.inventory_mode!r}")
        if self.is_partial and not self.inventory:
            raise ConfigError(f"[[sources]] {self.name}: inventory_mode delta needs an inventory")
        object.__setattr__(self, "root", plain(self.root))
        if self.inventory:
            object.__setattr__(self, "inventory", plain(self.inventory))


@dataclass(frozen=True)
class HospitalConfig:
    """How to know a hospital: regular expressions searched, case ignored, in the exam's own header fields."""

    code: str
    name: str
    institution: tuple[str, ...] = ()
    station: tuple[str, ...] = ()
    ae_title: tuple[str, ...] = ()
    issuer: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for patterns in (self.institution, self.station, self.ae_title, self.issuer):
            for pattern in patterns:
                try:
                    re.compile(pattern)
                except re.error as error:
                    raise ConfigError(f"[[hospitals]] {self.code}: pattern {pattern!r}: {error}") from None


@dataclass(frozen=True)
class SuspensionConfig:
    """A feed known to have stood still: months ``first`` to ``last``, as 2023-02, of a hospital or of all."""

    first: str
    last: str
    hospital: str | None = None

    def __post_init__(self) -> None:
        for month in (self.first, self.last):
            if not re.fullmatch(r"(19|20)\d\d-(0[1-9]|1[0-2])", month):
                raise ConfigError(f"[[suspensions]]: {month!r} is not a month such as 2023-02")
        if self.first > self.last:
            raise ConfigError(f"[[suspensions]]: {self.first} comes after {self.last}")


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


@dataclass(frozen=True)
class ParseConfig:
    """How headers are read: files per task at the most, the size above which tasks share a zip archive, and after how
    many files what was read is published: a run that is killed loses no more than that.
    """

    files_per_task: int = 20_000
    archive_bytes_per_task: int = 256 * 1024 * 1024
    files_per_run: int = 2_000_000

    def __post_init__(self) -> None:
        if self.files_per_task < 1 or self.archive_bytes_per_task < 1 or self.files_per_run < 1:
            raise ConfigError("[parse] files_per_task, files_per_run and archive_bytes_per_task must be positive")


@dataclass(frozen=True)
class LinkConfig:
    """Rules of the patient link. ``phantom_patterns`` are a site's own words for phantoms and tests beside those that
    are known, searched in the patient id and name, without accents and with blanks for all other signs, case ignored.

    ``nip_domains`` maps a hospital's code to the domain of its NIPs where that is not its hospital group's code.
    ``key_days`` is how far an exam may lie from the visit, act or report that its visit or accession number names.
    ``probabilistic`` looks for exams without any candidate by a trained model (the extra ``splink``).
    """

    ipp_pattern: str = "8[0-9]{9}"
    nip_domains: Mapping[str, str] = field(default_factory=dict)
    key_days: int = 31
    probabilistic: bool = False
    probabilistic_threshold: float = 0.999
    phantom_patterns: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = (
        "W/I",
        "URGENCE",
        "URGENCES",
        "INCONNU",
        "INCONNUE",
        "XXX",
        "ANONYME",
        "NON RENSEIGNE",
        "NON IDENTIFIE",
        "SANS NOM",
    )

    def __post_init__(self) -> None:
        for pattern in (self.ipp_pattern, *self.phantom_patterns):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ConfigError(f"[link] pattern {pattern!r}: {error}") from None
        if not 0.5 < self.probabilistic_threshold < 1:
            raise ConfigError("[link] probabilistic_threshold must lie between 0.5 and 1")


@dataclass(frozen=True)
class TerminologyConfig:
    """Terms of the site for what texts call exams and parts: a CSV ``file``, ``terms`` in place, or both.

    Columns and keys are those of ``exams.csv``: `terms`, and any of `body_parts`, `category`, `contrast`, `side`,
    `only`, `weak`.
    """

    file: str | None = None
    terms: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class CrossConfig:
    """Windows of the crossings, in days before and after the exam.

    ``report_days``: how long after its exam a report may be dated where nothing but the time brings the two together.
    """

    diagnosis_days: int = 365
    procedure_days: int = 30
    report_days: int = 30


@dataclass(frozen=True)
class MaintainConfig:
    """How long `maintain` keeps files that only older versions of a table need, in hours.

    Never less than the 168 that Delta asks for: queries that run, and streams or readers that stand at an older
    version, would find their files gone.
    """

    vacuum_hours: int = 168

    def __post_init__(self) -> None:
        if self.vacuum_hours < 168:
            raise ConfigError("[maintain] vacuum_hours must be 168 (7 days) or more: readers need the older files")


@dataclass(frozen=True)
class Config:
    """The whole configuration of a run."""

    lake: LakeConfig | None = None
    warehouse: WarehouseConfig | None = None
    sources: tuple[SourceConfig, ...] = ()
    hospitals: tuple[HospitalConfig, ...] = ()
    suspensions: tuple[SuspensionConfig, ...] = ()
    attributes: tuple[Mapping[str, Any], ...] = ()
    parse: ParseConfig = ParseConfig()
    link: LinkConfig = LinkConfig()
    terminology: TerminologyConfig = TerminologyConfig()
    cross: CrossConfig = CrossConfig()
    maintain: MaintainConfig = MaintainConfig()
    spark: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for what, names in (
            ("[[sources]] name", [s.name for s in self.sources]),
            ("[[hospitals]] code", [h.code for h in self.hospitals]),
        ):
            twice = {name for name in names if names.count(name) > 1}
            if twice:
                raise ConfigError(f"{what} {sorted(twice)[0]!r} is given twice")
        roots = sorted(s.root.rstrip("/") + "/" for s in self.sources)
        for outer, inner in itertools.pairwise(roots):
            if inner.startswith(outer):
                raise ConfigError(f"[[sources]]: {inner!r} lies within {outer!r}; its files would be listed twice")

    @cached_property
    def site_attributes(self) -> tuple[Attribute, ...]:
        """The attributes that the site adds to the declaration."""
        return tuple(attribute_from_mapping(entry) for entry in self.attributes)

    @property
    def fingerprint(self) -> str:
        """A short hash of the whole configuration, for run records."""
        text = json.dumps(asdict(self), sort_keys=True, default=str)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def with_places(
        self, sources: tuple[str, ...] = (), lake: str | None = None, warehouse: str | None = None
    ) -> Config:
        """This configuration with the places that the command line gives; they replace the file's."""
        changes: dict[str, Any] = {}
        if sources:
            known = {s.root: s for s in self.sources}
            changes["sources"] = tuple(
                known.get(root) or SourceConfig(_name(root), root) for root in map(plain, map(_uri, sources))
            )
        if lake:
            place = _place(lake)
            known_lake = self.lake or LakeConfig(path=".")
            changes["lake"] = replace(known_lake, path=place.get("path"), database=place.get("database"))
        if warehouse:
            base = self.warehouse or WarehouseConfig(path=".")
            place = _place(warehouse)
            changes["warehouse"] = replace(base, path=place.get("path"), database=place.get("database"))
        return replace(self, **changes)

    @property
    def needs_metastore(self) -> bool:
        """True where the lake or the base centrale is a database."""
        return any(place is not None and place.database is not None for place in (self.lake, self.warehouse))

    def require_lake(self) -> LakeConfig:
        """The lake; ConfigError where neither the file nor the command line names one."""
        if self.lake is None:
            raise ConfigError("no lake: give --lake DIR, or [lake] path in the configuration")
        return self.lake


def _one_place(where: str, path: str | None, database: str | None) -> None:
    if (path is None) == (database is None):
        raise ConfigError(f"{where} needs either path or database")
    if database is not None and not _IDENTIFIER.fullmatch(database):
        raise ConfigError(f"{where} database {database!r} is not a name")


def _place(text: str) -> dict[str, str]:
    """A directory, or a database where the text is ``db:NAME``."""
    return {"database": text[3:]} if text.startswith("db:") else {"path": _uri(text)}


def _uri(text: str) -> str:
    """A URI as given; a local path made absolute, so that driver and workers mean the same."""
    return text if "://" in text else str(Path(text).expanduser().absolute())


def _name(root: str) -> str:
    """The name of a source that was given as a root only: stable for the same root."""
    last = re.sub(r"[^\w.-]+", "_", root.rstrip("/").rsplit("/", 1)[-1]) or "root"
    return f"{last}-{hashlib.blake2b(root.encode(), digest_size=3).hexdigest()}"
