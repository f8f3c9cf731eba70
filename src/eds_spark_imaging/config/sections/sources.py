"""Where DICOM files come from: sources, hospitals, and months without feed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from eds_spark_imaging.config.expressions import check_patterns
from eds_spark_imaging.dicom.values.charset import codec_of
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.storage.uri import plain


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
        for charset in (self.default_charset, self.override_charset):
            if charset is not None and codec_of(charset)[0] is None:
                raise ConfigError(f"[[sources]] {self.name}: unknown character set {charset!r}")
        object.__setattr__(self, "root", plain(self.root))
        if self.inventory is not None:
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
            check_patterns(f"[[hospitals]] {self.code}:", patterns)


@dataclass(frozen=True)
class SuspensionConfig:
    """A feed known to have stood still: months ``first`` to ``last``, as 2023-02, of a hospital or of all."""

    first: str
    last: str
    hospital: str | None = None

    def __post_init__(self) -> None:
        for month in (self.first, self.last):
            if not re.fullmatch(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])", month):
                raise ConfigError(f"[[suspensions]]: {month!r} is not a month such as 2023-02")
        if self.first > self.last:
            raise ConfigError(f"[[suspensions]]: {self.first} comes after {self.last}")
