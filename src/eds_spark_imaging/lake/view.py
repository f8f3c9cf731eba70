"""What a view is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from eds_spark_imaging.tables import Catalogue


@dataclass(frozen=True)
class View:
    """A view about the rows of ``table``. ``select`` gives its SELECT for a catalogue."""

    name: str
    table: str
    grain: str
    comment: str
    select: Callable[[Catalogue], str]

    def can_be_made(self, catalogue: Catalogue, there: Collection[str]) -> bool:
        """Whether the tables ``there`` are all those that it is about and that its SELECT names."""
        words = words_of(self.select(catalogue))
        return {self.table, *(table.name for table in catalogue if table.name in words)} <= set(there)


def words_of(query: str) -> set[str]:
    """The names that a query may hold."""
    return set(re.findall(r"\w+", query.lower()))
