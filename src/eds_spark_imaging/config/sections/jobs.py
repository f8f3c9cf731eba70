"""How the jobs work: parse, link, terms, cross, maintain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from eds_spark_imaging.config.expressions import check_patterns
from eds_spark_imaging.errors import ConfigError

CENTURY = 36_525  # days: further off lie dates that no calendar has


def _check_days(where: str, **windows: int) -> None:
    for name, days in windows.items():
        if not 0 <= days <= CENTURY:
            raise ConfigError(f"{where} {name} must be 0 or more, and {CENTURY} (a century) or less")


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
        "ANONYMISE",
        "ANONYMOUS",
        "ANONYMIZED",
        "ANON",
        "NON RENSEIGNE",
        "NON IDENTIFIE",
        "SANS NOM",
    )

    def __post_init__(self) -> None:
        check_patterns("[link]", (self.ipp_pattern, *self.phantom_patterns))
        _check_days("[link]", key_days=self.key_days)
        if not 0.5 < self.probabilistic_threshold < 1:
            raise ConfigError("[link] probabilistic_threshold must lie between 0.5 and 1")


@dataclass(frozen=True)
class TerminologyConfig:
    """Terms of the site for what texts call exams and parts: a CSV ``file``, ``terms`` in place, or both.

    Columns and keys are those of ``exams.csv``: `terms`, and any of `body_parts`, `category`, `contrast`, `side`,
    `only`, `weak`. ``exam_names``: a CSV file of `code` and `name`, the list of exam names (LOINC) that the site has
    downloaded.
    """

    file: str | None = None
    terms: tuple[Mapping[str, Any], ...] = ()
    exam_names: str | None = None


@dataclass(frozen=True)
class CrossConfig:
    """Windows of the crossings, in days before and after the exam.

    ``report_days``: how long after its exam a report may be dated where nothing but the time brings the two together.
    """

    diagnosis_days: int = 365
    procedure_days: int = 30
    report_days: int = 30

    def __post_init__(self) -> None:
        _check_days("[cross]", **asdict(self))


@dataclass(frozen=True)
class ExportConfig:
    """What other systems call our identifiers and codes: naming systems (URI or urn:oid:...), and a file of concepts.

    An identifier of a site that names no system is exported without one. ``concepts`` is a CSV file (kind, code,
    concept_id) of the concepts of OMOP that stand for our codes.
    """

    ipp_system: str | None = None
    visit_number_system: str | None = None
    accession_number_system: str | None = None
    act_system: str = "https://smt.esante.gouv.fr/terminologie-ccam"
    concepts: str | None = None

    def __post_init__(self) -> None:
        for system in (self.ipp_system, self.visit_number_system, self.accession_number_system, self.act_system):
            if system is not None and not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", system):
                raise ConfigError(f"[export] system {system!r} is not a URI")


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
        if self.vacuum_hours > 24 * CENTURY:
            raise ConfigError(f"[maintain] vacuum_hours must be {24 * CENTURY} (a century) or less")
