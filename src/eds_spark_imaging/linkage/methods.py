"""How strong each method of the patient link is, and what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from eds_spark_imaging.tables.link_words import LinkMethod


class Standing(IntEnum):
    """How well a candidate stands; the only candidate of the best standing is accepted."""

    NONE = 0  # contradicted, or in need of traits that do not confirm it
    WEAK = 1  # an identifier that may belong to another person or site
    IDENTIFIED = 2  # the exam's own identifier, traits do not confirm it
    TRAITS = 3  # traits alone, all agreeing
    VERIFIED = 4  # an identifier, and traits that agree
    MANUAL = 5  # decided by hand


@dataclass(frozen=True, slots=True)
class Strength:
    """``alone`` is the standing without agreeing traits; ``score`` that of a link that traits neither help nor hurt."""

    alone: Standing
    score: float


STRENGTHS = {
    LinkMethod.MANUAL: Strength(Standing.MANUAL, 1.0),
    LinkMethod.IPP: Strength(Standing.IDENTIFIED, 0.95),
    LinkMethod.IPP_MERGED: Strength(Standing.IDENTIFIED, 0.94),
    LinkMethod.IPP_CLEANED: Strength(Standing.IDENTIFIED, 0.93),
    LinkMethod.NIP: Strength(Standing.IDENTIFIED, 0.9),
    LinkMethod.VISIT_NUMBER: Strength(Standing.IDENTIFIED, 0.9),
    LinkMethod.OTHER_PATIENT_ID: Strength(Standing.WEAK, 0.85),
    LinkMethod.ACCESSION_NUMBER: Strength(Standing.WEAK, 0.8),
    LinkMethod.TRAITS: Strength(Standing.NONE, 0.8),
    LinkMethod.IPP_ONE_DIGIT: Strength(Standing.NONE, 0.6),
    LinkMethod.NIP_ELSEWHERE: Strength(Standing.NONE, 0.5),
    LinkMethod.PROBABILISTIC: Strength(Standing.NONE, 0.5),
}
