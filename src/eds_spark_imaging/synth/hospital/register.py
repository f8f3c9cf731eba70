"""The counters of the hospital group: identifiers are handed out in order, never drawn."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime
from itertools import count

from eds_spark_imaging.synth.hospital.hospitals import Hospital


class Register:
    """Hands out ids, visit files and accession numbers, and counts what was met on the way."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._ndas: Counter[str] = Counter()
        self._accessions: Counter[str] = Counter()
        self._last_accession: dict[str, str] = {}
        self.visits = count(610_000_001)
        self.details = count(650_000_001)
        self.conditions = count(720_000_001)
        self.procedures = count(830_000_001)
        self.notes = count(910_000_001)
        self.exams = count(1)
        self.met: Counter[str] = Counter()

    def nda(self, hospital: Hospital) -> str:
        """The next visit file of a hospital: its 2-character prefix, then 7 or 8 digits."""
        self._ndas[hospital.code] += 1
        digits = 8 if hospital.order % 2 else 7
        return f"{hospital.nda_prefix}{10 ** (digits - 1) + 37 * self._ndas[hospital.code]}"

    def accession(self, hospital: Hospital, when: datetime) -> str:
        """The next accession number of a hospital's RIS; the first RIS numbered without the hospital's letters."""
        self._accessions[hospital.code] += 1
        number = self._accessions[hospital.code]
        text = f"{hospital.order + 1}{number:06d}" if when.year < 2012 else f"{hospital.trigram}{when:%y}{number:06d}"
        self._last_accession[hospital.code] = text
        return text

    def accession_elsewhere(self, hospital: Hospital) -> str | None:
        """An accession number that another hospital used last, or None at the very start."""
        others = [text for code, text in self._last_accession.items() if code != hospital.code]
        return others[-1] if others else None

    def uid(self, *parts: object) -> str:
        """A UID under 2.25 (PS3.5 section B.2) that depends on the seed and the parts alone."""
        text = "/".join(str(part) for part in (self._seed, *parts))
        return f"2.25.{int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), 'big')}"
