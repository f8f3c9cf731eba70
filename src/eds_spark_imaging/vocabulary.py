"""Words that tables and configuration hold: each is said once, with its meaning."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """Base of a vocabulary. A member is declared ``NAME = "value", "what it means"`` and is its value, a string."""

    meaning: str

    def __new__(cls, value: str, meaning: str = "") -> Self:
        """Raise TypeError where a word is declared without its meaning."""
        if not meaning:
            raise TypeError(f"the word {value!r} has no meaning")
        word = str.__new__(cls, value)
        word._value_ = value
        word.meaning = meaning
        return word

    @classmethod
    def meanings(cls) -> dict[str, str]:
        """Value -> meaning, in the order of declaration."""
        return {word.value: word.meaning for word in cls}
