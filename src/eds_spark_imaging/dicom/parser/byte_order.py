"""How numbers and tags are read in either byte order."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Any, Final


class ByteOrder:
    """Byte order of a data set, with what depends on it. A tag's key is its four bytes read as one number."""

    __slots__ = ("head", "item", "item_end", "little", "long", "marks", "pair", "prefix", "sequence_end")

    def __init__(self, little: bool) -> None:
        self.little = little
        self.prefix = "<" if little else ">"
        self.head: Callable[..., Any] = Struct(f"{self.prefix}L2sH").unpack_from  # tag, VR, 16-bit length
        self.pair: Callable[..., Any] = Struct(f"{self.prefix}LL").unpack_from  # tag, 32-bit length
        self.long: Callable[..., Any] = Struct(f"{self.prefix}L").unpack_from
        self.item = self.key(0xFFFEE000)
        self.item_end = self.key(0xFFFEE00D)
        self.sequence_end = self.key(0xFFFEE0DD)
        self.marks = frozenset((self.item, self.item_end, self.sequence_end))

    def key(self, tag: int) -> int:
        """The number that the scanner reads where ``tag`` is written: group and element are two 16-bit numbers."""
        return (tag & 0xFFFF) << 16 | tag >> 16 if self.little else tag


LITTLE: Final = ByteOrder(True)
BIG: Final = ByteOrder(False)
