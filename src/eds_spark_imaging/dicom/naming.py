"""How elements and their values are shown in issues."""

from __future__ import annotations

from typing import Final

from eds_spark_imaging.dicom.parser.data_set import Hit

MAX_RAW: Final = 256


def is_private(tag: int) -> bool:
    """Whether the group is odd."""
    return bool(tag & 0x10000)


def path(hit: Hit) -> str:
    """The tags on the way to an element: ``(5200,9230)[0](0018,9306)``, ``(0019,xx0C)``."""
    entry, context = hit[0], hit[3]
    steps = [f"{_tag(tag)}[{index}]" for tag, index in context.trail]
    return "".join(steps) + _tag(entry.tag)


def _tag(tag: int) -> str:
    group, number = tag >> 16, tag & 0xFFFF
    return f"({group:04X},xx{number:02X})" if is_private(tag) and number < 0x100 else f"({group:04X},{number:04X})"


def shown(raw: bytes) -> str:
    """A value field as text: ASCII as it is without padding, other bytes as ``\\x..``."""
    text = raw[:MAX_RAW].rstrip(b" \0").decode("ascii", "backslashreplace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)[:MAX_RAW]
