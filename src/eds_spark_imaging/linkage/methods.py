"""The methods of the patient link, best first: the one declaration of their order, strength and what they need."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Standing(IntEnum):
    """How well a candidate stands; the only candidate of the best standing is accepted."""

    NONE = 0  # contradicted, or in need of traits that do not confirm it
    WEAK = 1  # an identifier that may belong to another person or site
    IDENTIFIED = 2  # the exam's own identifier, traits do not confirm it
    TRAITS = 3  # traits alone, all agreeing
    VERIFIED = 4  # an identifier, and traits that agree
    MANUAL = 5  # decided by hand


@dataclass(frozen=True, slots=True)
class Method:
    """``alone`` is the standing without agreeing traits; ``score`` that of a link that traits neither help nor hurt."""

    name: str
    alone: Standing
    score: float


PROBABILISTIC = "probabilistic"

METHODS = (
    Method("manual", Standing.MANUAL, 1.0),
    Method("ipp", Standing.IDENTIFIED, 0.95),
    Method("ipp_merged", Standing.IDENTIFIED, 0.94),
    Method("ipp_cleaned", Standing.IDENTIFIED, 0.93),
    Method("nip", Standing.IDENTIFIED, 0.9),
    Method("visit_number", Standing.IDENTIFIED, 0.9),
    Method("other_patient_id", Standing.WEAK, 0.85),
    Method("accession_number", Standing.WEAK, 0.8),
    Method("traits", Standing.NONE, 0.8),
    Method("ipp_one_digit", Standing.NONE, 0.6),
    Method("nip_elsewhere", Standing.NONE, 0.5),
    Method(PROBABILISTIC, Standing.NONE, 0.5),
)
