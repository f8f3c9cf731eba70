"""Predicates on keys that the statistics of files can use.

Delta takes a list of literals for one range from the least to the greatest, which leaves out nothing where keys are
scattered: it is given some ranges instead, cut where neighbouring keys are furthest apart.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from functools import reduce
from itertools import pairwise, takewhile
from typing import Any, Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

MOST_KEYS: Final = 20_000  # that are looked at one by one, on the driver
MOST_RANGES: Final = 32  # a row of a file that is read is compared with each
Range = tuple[Any, Any]


def covering(keys: DataFrame, key: str, target: Column) -> Column:
    """True of every row whose ``target`` is one of the ``keys``, in their column ``key``, and of some others.

    Null is a key like any other.
    """
    found = [row[0] for row in keys.select(key).limit(MOST_KEYS + 1).collect()]
    if len(found) <= MOST_KEYS:
        ranges, has_null = ranges_of([value for value in found if value is not None]), None in found
    else:
        ranges, has_null = _ranges_of_many(keys, key)
    tests = [target == low if low == high else target.between(low, high) for low, high in ranges]
    if has_null or not tests:
        tests.append(target.isNull() if has_null else F.lit(False))
    return reduce(Column.__or__, tests)


def ranges_of(values: Sequence[Any], most: int = MOST_RANGES) -> list[Range]:
    """At most so many ranges, ascending, that hold all ``values`` and leave out the widest gaps between them."""
    if not values:
        return []
    ordered = sorted(set(values))
    gaps = heapq.nlargest(most - 1, range(1, len(ordered)), key=lambda at: _gap(ordered[at - 1], ordered[at]))
    starts = [0, *sorted(gaps), len(ordered)]
    return [(ordered[start], ordered[end - 1]) for start, end in pairwise(starts)]


def _gap(low: Any, high: Any) -> Any:
    """How far two neighbours are apart; of texts, the earlier they differ the further."""
    if not isinstance(low, str):
        return high - low
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(low, high, strict=False)))
    return -common, ord(high[common]) - (ord(low[common]) if common < len(low) else 0)


def _ranges_of_many(keys: DataFrame, key: str) -> tuple[list[Range], bool]:
    """Ranges that hold as many keys each, found by the executors."""
    spread = keys.select(key).repartitionByRange(MOST_RANGES, key).groupBy(F.spark_partition_id())
    found = spread.agg(F.min(key), F.max(key), F.count_if(F.col(key).isNull())).collect()
    return [(low, high) for _, low, high, _ in found if low is not None], any(nulls for *_, nulls in found)
