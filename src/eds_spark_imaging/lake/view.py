"""What a view is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from eds_spark_imaging.tables import Catalogue


@dataclass(frozen=True)
class View:
    """A view; it can be made once ``table`` is there. ``select`` gives its SELECT for a catalogue."""

    name: str
    table: str
    grain: str
    comment: str
    select: Callable[[Catalogue], str]
