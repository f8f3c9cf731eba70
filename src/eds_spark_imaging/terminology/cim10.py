"""CIM-10 (the French ICD-10) as the PMSI writes it: upper case, no blank, no dot, the `+` of its extensions kept."""

from __future__ import annotations

import re

# i2b2 exports put the terminology before the code: `CIM10:I219`.
PREFIX = r"^\s*CIM-?10\s*:"
NOT_IN_CODES = r"[^A-Z0-9+]"
_CODE = re.compile(r"[A-Z][0-9]{2}[0-9A-Z]{0,3}(\+[0-9A-Z]{0,2})?")

DIAGNOSIS_TYPES = ("DP", "DR", "DAS", "DAD")


def normalise_cim10(text: str | None) -> str | None:
    """The canonical form of a code (``i21.9`` -> ``I219``); None where nothing is left. The form is not checked."""
    if text is None:
        return None
    return re.sub(NOT_IN_CODES, "", re.sub(PREFIX, "", text.upper())) or None


def is_cim10(code: str) -> bool:
    """Whether a canonical code has the form of CIM-10: letter, two digits, up to three more, then an extension."""
    return len(code) <= 8 and _CODE.fullmatch(code) is not None
