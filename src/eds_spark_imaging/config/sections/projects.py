"""The section [[projects]]: what the pseudonymised tier of a research project holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from eds_spark_imaging.errors import ConfigError

MOST_PATIENTS = 32


class Dates(StrEnum):
    """What becomes of dates."""

    SHIFTED = "shifted"
    KEPT = "kept"


class Precision(StrEnum):
    """What times of day are cut to."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"


class Birth(StrEnum):
    """What stands for the birth date."""

    AGE = "age"
    YEAR = "year"


@dataclass(frozen=True)
class ProjectConfig:
    """One project. ``key_file`` is a file with its secret, at least 32 bytes, readable by its owner or group only.

    ``k``: a value that fewer patients have is masked. ``allow`` names the free texts that the project may have.
    ``cohort`` is a table of the lake with a column study_instance_uid: the tier holds those exams only.
    """

    name: str
    key_file: str | None = None
    k: int = 10
    dates: str = Dates.SHIFTED.value
    times: str = Precision.SECOND.value
    birth: str = Birth.AGE.value
    allow: tuple[str, ...] = ()
    cohort: str | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w.-]+", self.name):
            raise ConfigError(f"[[projects]]: name {self.name!r} may hold letters, digits, dots and dashes only")
        if not 2 <= self.k <= MOST_PATIENTS:
            raise ConfigError(f"[[projects]] {self.name}: k must lie between 2 and {MOST_PATIENTS}")
        for what, given, words in (
            ("dates", self.dates, Dates),
            ("times", self.times, Precision),
            ("birth", self.birth, Birth),
        ):
            if given not in list(words):
                raise ConfigError(f"[[projects]] {self.name}: {what} is {' or '.join(words)}, not {given!r}")
        if self.cohort is not None and not re.fullmatch(r"[A-Za-z_]\w*", self.cohort):
            raise ConfigError(f"[[projects]] {self.name}: cohort {self.cohort!r} is not the name of a table")
