"""What speaks for and against a pair: each trait agrees, differs or is missing, and has a weight.

Weights are orders of magnitude of how much more often a trait agrees in true pairs than in chance ones (natural
logarithms, as in Fellegi and Sunter, A theory for record linkage, JASA 1969), set by what the trait means.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from eds_spark_imaging.crossing.patient import is_known


class State(StrEnum):
    """How a trait stands between the two sides of a pair."""

    AGREE = "agree"
    DIFFER = "differ"
    MISSING = "missing"


class Trait(NamedTuple):
    """A trait by name, its state, and what that adds to the pair."""

    name: str
    state: State
    weight: float


def trait(name: str, agrees: bool | None, for_it: float, against: float) -> Trait:
    """A trait that agrees (True), differs (False) or is missing (None, which adds nothing)."""
    if agrees is None:
        return Trait(name, State.MISSING, 0.0)
    return Trait(name, State.AGREE, for_it) if agrees else Trait(name, State.DIFFER, -against)


def overlap(one: frozenset[Any], other: Iterable[Any]) -> bool | None:
    """Whether two sets have something in common; None where one is empty."""
    others = frozenset(other)
    return bool(one & others) if one and others else None


def one_of(value: int | None, known: frozenset[int]) -> bool | None:
    """Whether ``value`` is one of ``known``; None where either is missing."""
    return value in known if value is not None and known else None


def nearest(moments: Iterable[datetime], at: datetime) -> timedelta | None:
    """The smallest way from one of ``moments`` to ``at``: positive where ``at`` is later; None without moments, or
    where ``at`` stands for no time.
    """
    if not is_known(at):
        return None
    return min((at - moment for moment in moments), key=abs, default=None)


def agreeing(traits: Iterable[Trait]) -> frozenset[str]:
    """The names of the traits that agree."""
    return frozenset(part.name for part in traits if part.state is State.AGREE)


def total(traits: Iterable[Trait]) -> float:
    """The weight of the traits together."""
    return sum(part.weight for part in traits)
