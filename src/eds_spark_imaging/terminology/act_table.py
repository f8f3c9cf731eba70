"""Imaging acts of the CCAM in the terms of DICOM: what one row says, and the project's own table of them.

``data/ccam_imaging.csv`` was judged act by act from the titles of the nomenclature (CCAM, chapters 1 to 19); the
titles themselves are not in it. One row for each act, its code is the key.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, NamedTuple

from eds_spark_imaging.errors import ConfigError

# What becomes of an act: only `exam` has an exam of its own. `intervention` is imaging of or during another act (its
# images may be archived), `guidance` leads a needle, `supplement` adds to an act, `reconstruction` works on images of
# another act, `measurement` gives no images, `anaesthesia` is activity 4 of any act.
KINDS = ("exam", "intervention", "guidance", "supplement", "reconstruction", "measurement", "anaesthesia")
# `with` and `without` as the title or the technique says, `optional` where the same act covers both.
CONTRASTS = ("with", "without", "optional")
# `unilateral`, `bilateral` or `either` as the title says; `paired`: an organ of which the act takes one side, not said
# which. Empty: no side.
SIDES = ("unilateral", "bilateral", "either", "paired")
# Value set of anatomic regions of the French health record: trunk, whole body, limbs, thorax, head and neck,
# cardiovascular system, heart, breast, spine.
REGIONS = ("AP", "WB", "UL", "LL", "TH", "HN", "CV", "HE", "BR", "SP")


class Technique(NamedTuple):
    """DICOM modalities that name an exam of the technique, and those that its other series may have."""

    modalities: tuple[str, ...]
    companions: tuple[str, ...] = ()


_PROJECTION, _FLUOROSCOPY, _ANGIOGRAPHY = ("DX", "CR", "RF"), ("RF", "XA", "DX", "CR"), ("XA", "RF")
TECHNIQUES: Mapping[str, Technique] = MappingProxyType(
    {
        "radiography": Technique(_PROJECTION),
        "dental_radiography": Technique(("PX", "IO", "DX", "CR")),
        "fluoroscopy": Technique(_FLUOROSCOPY),
        "mammography": Technique(("MG",), ("CR", "DX")),  # plates of older machines
        "specimen_radiography": Technique(("MG", "DX", "CR")),
        "densitometry": Technique(("BMD", "OT"), ("DX", "CR")),
        "angiography": Technique(_ANGIOGRAPHY, ("CT",)),  # cone-beam series are CT
        "coronary_angiography": Technique(_ANGIOGRAPHY, ("IVUS", "IVOCT", "HD", "ECG")),
        "venography": Technique(_ANGIOGRAPHY, ("DX", "CR")),
        "ct": Technique(("CT",)),
        "ct_angiography": Technique(("CT",)),
        "ct_opacified": Technique(("CT",), _FLUOROSCOPY),  # contrast agent injected under fluoroscopy first
        "mr": Technique(("MR",)),
        "mr_angiography": Technique(("MR",)),
        "mr_spectroscopy": Technique(("MR",)),
        "ultrasound": Technique(("US",)),
        "doppler": Technique(("US",)),
        "echocardiography": Technique(("US",)),
        "obstetric_ultrasound": Technique(("US",)),
        "intravascular_ultrasound": Technique(("IVUS", "US"), _ANGIOGRAPHY),
        "ultrasound_densitometry": Technique(("BDUS", "US")),
        "scintigraphy": Technique(("NM",), ("CT",)),
        "spect": Technique(("NM",), ("CT",)),
        "pet": Technique(("PT",), ("CT", "MR")),
        "eye_photography": Technique(("OP",), ("XC", "OT")),
    }
)


@dataclass(frozen=True, slots=True)
class ImagingAct:
    """An imaging act. ``body_parts`` are DICOM terms under which its exam may go, the regions codes of ``REGIONS``.

    ``modalities`` are those of which the exam has one, ``companions`` those that it may have besides. ``origin`` is
    `table`, `file` or, where only the letters of the code speak, `rule`; then ``category`` is None.
    """

    code: str
    kind: str = "exam"
    category: str | None = None
    modalities: tuple[str, ...] = ()
    companions: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    contrast: str | None = None
    sides: str | None = None
    origin: str = "table"

    @property
    def is_exam(self) -> bool:
        """Whether an exam of its own belongs to the act."""
        return self.kind == "exam"

    def with_category(self, category: str) -> ImagingAct:
        """The act with a technique, and its modalities."""
        return replace(self, category=category, **TECHNIQUES[category]._asdict())


@cache
def own_acts() -> Mapping[str, ImagingAct]:
    """The project's table by code."""
    text = (files("eds_spark_imaging.terminology") / "data" / "ccam_imaging.csv").read_text(encoding="utf-8")
    acts = (with_cells(ImagingAct(row["code"]), row) for row in csv.DictReader(text.splitlines()))
    return MappingProxyType({act.code: act for act in acts})


def with_cells(act: ImagingAct, row: Mapping[str, str]) -> ImagingAct:
    """``act`` with the filled cells of a row in its place; ConfigError names the cell that has no known value."""
    changes: dict[str, Any] = {}
    for column, known in (("kind", KINDS), ("contrast", CONTRASTS), ("sides", SIDES)):
        if value := _cell(row, column):
            changes[column] = _known(column, value, known)
    if value := _cell(row, "regions"):
        changes["regions"] = tuple(_known("regions", region, REGIONS) for region in value.split("|"))
    if value := _cell(row, "body_parts"):
        changes["body_parts"] = tuple(_body_part(term) for term in value.split("|"))
    if value := _cell(row, "category"):
        act = act.with_category(_known("category", value, TECHNIQUES))
    return replace(act, **changes)


def _cell(row: Mapping[str, str], column: str) -> str:
    return (row.get(column) or "").strip()


def _known(column: str, value: str, known: Iterable[str]) -> str:
    if value not in known:
        raise ConfigError(f"{column} {value!r} is not one of {', '.join(known)}")
    return value


def _body_part(term: str) -> str:
    """BodyPartExamined is a code string: PS3.5 6.2 allows 16 characters."""
    if not re.fullmatch(r"[A-Z0-9]{2,16}", term):
        raise ConfigError(f"body_parts {term!r} is not a DICOM term of upper-case letters, at most 16")
    return term
