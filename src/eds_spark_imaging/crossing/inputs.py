"""What each patient's crossings are made from, as hashes: who needs to be crossed again."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.tables.crossings import CROSS_INPUT


def cross_inputs(exams: DataFrame, events: Mapping[str, DataFrame], acts: DataFrame, rules_hash: int) -> DataFrame:
    """Rows of ``imaging_cross_input``, one for each patient with a linked exam or an imaging act.

    ``exams`` and each of ``events`` are on their surviving ``person_id``; ``acts`` those that may be imaging. The order
    of rows does not matter.
    """
    by_events = None
    for name, frame in sorted(events.items()):
        rows = frame.groupBy("person_id").agg(_hash(frame).alias(f"_{name}"))
        by_events = rows if by_events is None else by_events.join(rows, "person_id", "full")
    assert by_events is not None  # noqa: S101 - there is always one
    parts = [F.coalesce(f"_{name}", F.lit(0)) for name in sorted(events)]
    people = exams.select("person_id").union(acts.select("person_id")).where("person_id IS NOT NULL").distinct()
    return (
        people.join(exams.groupBy("person_id").agg(_hash(exams).alias("exams_hash")), "person_id", "left")
        .join(by_events, "person_id", "left")
        .select(
            "person_id",
            "exams_hash",
            F.xxhash64(*parts).alias("events_hash"),
            F.lit(rules_hash).cast("bigint").alias("rules_hash"),
        )
        .select(*CROSS_INPUT.names)
    )


def _hash(frame: DataFrame) -> Column:
    """Of the rows of a group, in any order: their sum modulo 2^64 would overflow, so halves are added apart."""
    row = F.xxhash64(*[F.col(name) for name in sorted(frame.columns)])
    low, high = F.sum(F.pmod(row, F.lit(2**31))), F.sum(F.shiftright(row, 31))
    return F.xxhash64(low, high, F.count(F.lit(1)))


def due(inputs: DataFrame, recorded: DataFrame) -> DataFrame:
    """Persons (``person_id``) whose hashes differ from those recorded, that are new, or that are gone."""
    names = [name for name in CROSS_INPUT.names if name != "person_id"]
    old = recorded.select("person_id", F.struct(*names).alias("_old"))
    new = inputs.select("person_id", F.struct(*names).alias("_new"))
    return new.join(old, "person_id", "full").where(~F.col("_new").eqNullSafe(F.col("_old"))).select("person_id")
