"""Diagnoses and acts that are no exams, and the ways in which warehouses write codes."""

from __future__ import annotations

from random import Random
from typing import Final

from eds_spark_imaging.synth.hospital.names import words

# CIM-10 as the PMSI stores it: no dot, some padded with +.
DIAGNOSES = words(
    "C349 C509 C189 C61 C259 C787 C169+8 I10 I500 I219 I48 I639 I269 I802 J189 J449 J960 K358 K802 K746 N10 N202 "
    "E119 E660 E780 G35 G409 G20 F03+00 F171 B24+0 M170 M511 M545 S7200 S525 S0600 R074 R104 R51 Z511 Z491 O800 Q211"
)

# Of one sex or some years of age alone: code, sex, first and last year of age, and what anybody else has instead.
_RESERVED: Final = {
    "C61": ("M", 40, 120, "C64"),
    "O800": ("F", 15, 50, "J069"),
    "F03+00": (None, 50, 120, "R509"),
    "G20": (None, 30, 120, "G442"),
}

OTHER_ACTS = words("DEQP003 EPLF002 GLLD017 HHFA011 NFKA007 YYYY033 ZZLP025 FELF011 JVJF004 DEQP007")


def fitting(code: str, sex: str, age: float) -> str:
    """The diagnosis, or another one where no person of that sex and age has it."""
    only, first, last, instead = _RESERVED.get(code, (None, 0, 120, ""))
    return code if only in (None, sex) and first <= age <= last else instead


def dotted(code: str) -> str:
    """The dotted form of a CIM-10 code (``I219`` -> ``I21.9``); codes of three characters and padded ones stay."""
    return code if len(code) < 4 or "+" in code else f"{code[:3]}.{code[3:]}"


def written_act(rng: Random, code: str, activity: int = 1) -> str:
    """A CCAM code in one of the stored variants; activity 4 (anaesthesia) shows only where the variant has it."""
    if activity == 4:
        return f"{code}-1204"
    return rng.choices((code, f"{code}01", f"{code}...01", f"{code}-1201"), (55, 20, 12, 13))[0]
