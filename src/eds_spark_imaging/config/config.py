"""The whole configuration: its sections together, and the places that a command line gives instead."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from eds_spark_imaging.config.sections.jobs import (
    CrossConfig,
    ExportConfig,
    LinkConfig,
    MaintainConfig,
    ParseConfig,
    TerminologyConfig,
)
from eds_spark_imaging.config.sections.places import JdbcConfig, LakeConfig, WarehouseConfig
from eds_spark_imaging.config.sections.projects import ProjectConfig
from eds_spark_imaging.config.sections.sources import HospitalConfig, SourceConfig, SuspensionConfig
from eds_spark_imaging.dicom.declaration.attribute import Attribute
from eds_spark_imaging.dicom.declaration.site import attribute_from_mapping
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.storage.uri import as_folder, at_home, check_place, plain


@dataclass(frozen=True)
class Config:
    """The whole configuration of a run."""

    lake: LakeConfig | None = None
    warehouse: WarehouseConfig | None = None
    sources: tuple[SourceConfig, ...] = ()
    hospitals: tuple[HospitalConfig, ...] = ()
    suspensions: tuple[SuspensionConfig, ...] = ()
    attributes: tuple[Mapping[str, Any], ...] = ()
    parse: ParseConfig = field(default_factory=ParseConfig)
    link: LinkConfig = field(default_factory=LinkConfig)
    terminology: TerminologyConfig = field(default_factory=TerminologyConfig)
    cross: CrossConfig = field(default_factory=CrossConfig)
    export: ExportConfig = field(default_factory=ExportConfig)
    maintain: MaintainConfig = field(default_factory=MaintainConfig)
    projects: tuple[ProjectConfig, ...] = ()
    spark: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for what, names in (
            ("[[sources]] name", [s.name for s in self.sources]),
            ("[[hospitals]] code", [h.code for h in self.hospitals]),
            ("[[projects]] name", [p.name for p in self.projects]),
        ):
            twice = {name for name in names if names.count(name) > 1}
            if twice:
                raise ConfigError(f"{what} {sorted(twice)[0]!r} is given twice")
        for key in self.spark:
            if not key.startswith("spark."):
                raise ConfigError(f"[spark] {key!r} is no setting of Spark: they begin with spark.")
        self._check_hospitals()
        self._check_roots()

    def _check_hospitals(self) -> None:
        """Where hospitals are declared, nothing else may name another."""
        known = {h.code for h in self.hospitals}
        for what, code in (
            *((f"[[sources]] {s.name}", s.hospital) for s in self.sources),
            *(("[[suspensions]]", s.hospital) for s in self.suspensions),
        ):
            if known and code is not None and code not in known:
                raise ConfigError(f"{what}: no hospital {code!r}; [[hospitals]] has {', '.join(sorted(known))}")

    def _check_roots(self) -> None:
        roots = sorted(as_folder(s.root) for s in self.sources)
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
        if lake is not None:
            place = _place(lake)
            known_lake = self.lake or LakeConfig(path=".")
            changes["lake"] = replace(known_lake, path=place.get("path"), database=place.get("database"))
        if warehouse is not None:
            base = self.warehouse or WarehouseConfig(path=".")
            changes["warehouse"] = _warehouse_at(base, warehouse)
        return replace(self, **changes)

    @property
    def needs_metastore(self) -> bool:
        """True where the lake or the base centrale is a database."""
        return any(place is not None and place.database is not None for place in (self.lake, self.warehouse))

    def project(self, name: str) -> ProjectConfig:
        """The project of that name; one with all defaults where the configuration has no projects at all."""
        known = {project.name: project for project in self.projects}
        if known and name not in known:
            raise ConfigError(f"no project {name!r}; the configuration has {', '.join(known)}")
        return known.get(name) or ProjectConfig(name)

    def require_lake(self) -> LakeConfig:
        """The lake; ConfigError where neither the file nor the command line names one."""
        if self.lake is None:
            raise ConfigError("no lake: give --lake DIR, or [lake] path in the configuration")
        return self.lake


def lake_at(text: str) -> LakeConfig:
    """The lake that the command line names: a folder, or ``db:NAME``."""
    place = _place(text)
    return LakeConfig(path=place.get("path"), database=place.get("database"))


def _warehouse_at(base: WarehouseConfig, text: str) -> WarehouseConfig:
    """``base`` at the place that the command line names: a folder, ``db:NAME``, or a URL of JDBC."""
    if text.startswith("jdbc:"):
        jdbc = replace(base.jdbc, url=text) if base.jdbc else JdbcConfig(text)
        return replace(base, path=None, database=None, jdbc=jdbc)
    place = _place(text)
    return replace(base, path=place.get("path"), database=place.get("database"), jdbc=None)


def _place(text: str) -> dict[str, str]:
    """A directory, or a database where the text is ``db:NAME``."""
    return {"database": text[3:]} if text.startswith("db:") else {"path": _uri(text)}


def _uri(text: str) -> str:
    """A URI as given; a local path made absolute, so that driver and workers mean the same."""
    check_place(text)
    return text if "://" in text else os.path.normpath(at_home(text).absolute())


def _name(root: str) -> str:
    """The name of a source that was given as a root only: stable for the same root."""
    last = re.sub(r"[^\w.-]+", "_", root.rstrip("/").rsplit("/", 1)[-1]) or "root"
    return f"{last}-{hashlib.blake2b(root.encode(), digest_size=3).hexdigest()}"
