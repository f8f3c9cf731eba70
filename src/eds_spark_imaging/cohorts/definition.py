"""A cohort's description, read from TOML and checked key by key."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from eds_spark_imaging.cohorts.acquisition import acquisition_criterion
from eds_spark_imaging.cohorts.criteria import ACT, COVERAGE, DIAGNOSIS, EXAM, PATIENT, REPORT, SERIES, VISIT, Criterion
from eds_spark_imaging.config import CrossConfig
from eds_spark_imaging.config.toml_file import read_toml
from eds_spark_imaging.errors import ConfigError


class Grain(StrEnum):
    """What a row of a cohort is."""

    EXAM = "exam"
    VISIT = "visit"
    PATIENT = "patient"


class Pick(StrEnum):
    """Which exams of each patient a step keeps."""

    FIRST = "first"
    LAST = "last"


GROUPS: Final[Mapping[str, Mapping[str, Criterion]]] = {
    "exam": EXAM,
    "series": SERIES,
    "acquisition": {},  # every column of imaging_acquisition is a criterion
    "diagnosis": DIAGNOSIS,
    "act": ACT,
    "report": REPORT,
    "visit": VISIT,
    "patient": PATIENT,
    "coverage": COVERAGE,
}
TABLES: Final = {
    "series": "imaging_series",
    "acquisition": "imaging_acquisition",
    "diagnosis": "imaging_study_diagnosis",
    "act": "imaging_study_procedure",
    "report": "imaging_study_report",
    "visit": "imaging_study_visit",
    "coverage": "imaging_coverage",
}
_W = TypeVar("_W", bound=StrEnum)
_WINDOWS: Final = {"diagnosis": "diagnosis_days", "act": "procedure_days"}
_BASE: Final = {"diagnosis": "base_condition_occurrence", "act": "base_procedure_occurrence"}
_HEADINGS: Final = re.compile(r"""^\s*\[\[\s*["']?(include|exclude)["']?\s*\]\]""", re.MULTILINE)
_STEP_KEYS: Final = ("of", "pick")
_COHORT_KEYS: Final = ("name", "grain", "description")


@dataclass(frozen=True)
class Group:
    """The criteria of one step on one table: ``conditions`` in SQL, all of which hold; ``given`` as described.

    ``window``: how many days before and after the exam the lake has diagnoses or acts; None for other kinds.
    """

    kind: str
    conditions: tuple[str, ...]
    given: Mapping[str, Any]
    window: int | None = None

    @property
    def asks_base(self) -> bool:
        """Whether the days go beyond what the lake has, so that the base centrale is asked.

        The lake has an act that is the exam's own whatever its day.
        """
        if self.window is None or self.given.get("accepted"):
            return False
        return any(abs(day) > self.window for day in self.given.get("days", ()))

    @property
    def window_name(self) -> str:
        """What configures the window, in ``[cross]``."""
        return _WINDOWS[self.kind]

    @property
    def table(self) -> str | None:
        """The table that is asked, beside the exams."""
        return _BASE[self.kind] if self.asks_base else TABLES.get(self.kind)

    @property
    def definition(self) -> dict[str, Any]:
        """The criteria as described, with the window in which events without ``days`` are sought."""
        sought = {} if self.window is None or "days" in self.given else {"window_days": self.window}
        return {**self.given, **sought}

    @property
    def is_absence(self) -> bool:
        """Whether what the group describes must be missing (``present = false``)."""
        return self.given.get("present") is False


@dataclass(frozen=True)
class CohortStep:
    """A step keeps (``include``) or drops what meets all of its groups.

    ``of``: what is dropped or kept with an exam that does: the exam itself, its visit's exams, its patient's.
    """

    include: bool
    groups: tuple[Group, ...]
    of: Grain = Grain.EXAM
    pick: Pick | None = None

    @property
    def text(self) -> str:
        """The step in one line."""
        parts = [f"{g.kind} {', '.join(f'{k} = {_shown(v)}' for k, v in g.given.items())}".strip() for g in self.groups]
        parts += [f"{self.pick} of each patient"] if self.pick else []
        scope = f" (of the {self.of})" if self.of is not Grain.EXAM else ""
        text = f"{'include' if self.include else 'exclude'}{scope}: {'; '.join(parts)}"
        return " ".join(text.split())


@dataclass(frozen=True)
class Cohort:
    """A cohort: a name, the grain of its rows, and steps that apply in order to all exams of the lake.

    >>> cohort = Cohort.from_mapping({"cohort": {"name": "ct_2024"}, "include": [{"exam": {"modality": ["CT"]}}]})
    >>> cohort.grain.value, len(cohort.steps), sorted(cohort.tables)
    ('exam', 1, ['imaging_study', 'imaging_study_visit'])
    """

    name: str
    grain: Grain
    steps: tuple[CohortStep, ...]
    description: str = ""

    @classmethod
    def from_toml(cls, place: str | Path, cross: CrossConfig | None = None) -> Cohort:
        """The cohort of a file. ConfigError, which names the file, for what cannot be read or is not known.

        ``cross``: the windows in which the lake has diagnoses and acts, where they are not those of the defaults.
        """
        text, content = read_toml(place, "cohort")
        try:
            return cls.from_mapping(content, _HEADINGS.findall(text), cross)
        except ConfigError as error:
            raise ConfigError(f"cohort {place}: {error}") from None

    @classmethod
    def from_mapping(
        cls, content: Mapping[str, Any], order: Sequence[str] | None = None, cross: CrossConfig | None = None
    ) -> Cohort:
        """The cohort of a description as TOML gives it. ConfigError at the first thing that is not known.

        ``order`` holds "include" and "exclude" as they follow each other; without it, includes come first. ``cross`` as
        :meth:`from_toml` takes it.
        """
        _only(content, ("cohort", "include", "exclude"), "the description")
        head = content.get("cohort")
        if not isinstance(head, Mapping):
            raise ConfigError("there is no [cohort]")
        _only(head, _COHORT_KEYS, "[cohort]")
        name = head.get("name")
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_-]{0,59}", name):
            raise ConfigError("[cohort] name: lower-case letters, digits, - and _, beginning with a letter, at most 60")
        description = head.get("description", "")
        if not isinstance(description, str):
            raise ConfigError("[cohort] description must be a text")
        given = {key: _numbered(content, key) for key in ("include", "exclude")}
        includes_first = [key for key, steps in given.items() for _ in steps]
        if order is None or sorted(order) != sorted(includes_first):
            if order is not None and all(given.values()):
                raise ConfigError("write each [[include]] and [[exclude]] in a line of its own: their order counts")
            order = includes_first
        following = {key: iter(steps) for key, steps in given.items()}
        windows = {kind: getattr(cross or CrossConfig(), name) for kind, name in _WINDOWS.items()}
        steps = [_step(key == "include", next(following[key]), where, windows) for key, where in _places(order)]
        if not steps:
            raise ConfigError("there is no [[include]] and no [[exclude]]")
        return cls(
            name,
            _word(Grain, head.get("grain", "exam"), "[cohort] grain"),
            tuple(steps),
            description,
        )

    @property
    def definition(self) -> dict[str, Any]:
        """The description, as it can be kept: what it is made from again gives the same cohort."""
        steps = [
            {
                "include" if step.include else "exclude": {group.kind: group.definition for group in step.groups},
                "of": str(step.of),
                "pick": None if step.pick is None else str(step.pick),
            }
            for step in self.steps
        ]
        return {"name": self.name, "grain": str(self.grain), "steps": steps}

    @property
    def tables(self) -> set[str]:
        """The tables that it asks, those of the base centrale among them as ``base_NAME``."""
        asked = {group.table for step in self.steps for group in step.groups if group.table}
        return {"imaging_study", "imaging_study_visit", *asked}

    @property
    def table(self) -> str:
        """The name of the table that holds the cohort."""
        return f"cohort_{self.name.replace('-', '_')}"


def _numbered(content: Mapping[str, Any], key: str) -> list[Any]:
    given = content.get(key, [])
    if not isinstance(given, list):
        raise ConfigError(f"[[{key}]] must be written with two brackets")
    return given


def _places(order: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each step's kind, and its name in messages."""
    counts: Counter[str] = Counter()
    for key in order:
        counts[key] += 1
        yield key, f"[[{key}]] {counts[key]}"


def _step(include: bool, content: Any, where: str, windows: Mapping[str, int]) -> CohortStep:
    if not isinstance(content, Mapping):
        raise ConfigError(f"{where} must be a table")
    _only(content, (*GROUPS, *_STEP_KEYS), where)
    groups = tuple(_group(kind, content[kind], f"{where} {kind}", windows) for kind in GROUPS if kind in content)
    pick = _word(Pick, content["pick"], f"{where} pick") if "pick" in content else None
    if not groups and pick is None:
        raise ConfigError(f"{where} has no criterion; there are {', '.join(GROUPS)}, and pick")
    if pick and not include:
        raise ConfigError(f"{where}: pick belongs into an [[include]]")
    return CohortStep(include, groups, _word(Grain, content.get("of", "exam"), f"{where} of"), pick)


def _group(kind: str, content: Any, where: str, windows: Mapping[str, int]) -> Group:
    if not isinstance(content, Mapping) or not content:
        raise ConfigError(f"{where} must be a table with at least one criterion")
    conditions, checked = [], {}
    for name, value in content.items():
        criterion = acquisition_criterion(name, where) if kind == "acquisition" else GROUPS[kind].get(name)
        if criterion is None:
            raise ConfigError(f"{where} has no criterion {name!r}; there are {', '.join(GROUPS[kind])}")
        checked[name] = criterion.check(f"{where}.{name}", value)
        conditions.append(criterion.condition(checked[name]))
    if "from" in checked and "to" in checked and checked["from"] > checked["to"]:
        raise ConfigError(f"{where}: from {checked['from']} comes after to {checked['to']}")
    if kind in windows and "code" not in content:
        raise ConfigError(f"{where} needs a code")
    group = Group(kind, tuple(c for c in conditions if c != "TRUE"), dict(content), windows.get(kind))
    for name in ("same_visit", "accepted"):
        if group.asks_base and name in content:
            raise ConfigError(
                f"{where}: {name} is known within {group.window} days ([cross] {group.window_name}), and days ask more"
            )
    return group


def _only(content: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in content:
        if key not in known:
            raise ConfigError(f"{where} has no {key!r}; there are {', '.join(known)}")


def _word(kind: type[_W], value: Any, where: str) -> _W:
    try:
        return kind(value)
    except ValueError:
        raise ConfigError(f"{where}: {value!r} is not one of {', '.join(kind)}") from None


def _shown(value: Any) -> str:
    return "[" + ", ".join(map(str, value)) + "]" if isinstance(value, list) else str(value)
