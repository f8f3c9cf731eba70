"""What the link reads of the base centrale."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame


@dataclass(frozen=True, slots=True)
class BaseCentrale:
    """The frames of the base centrale that the link reads, canonical columns; None where a table is absent.

    ``survivors`` is that of :func:`survivors`; it is used several times: persist it. ``decisions`` are decisions by
    hand: ``study_instance_uid``, ``ipp``, ``decision`` (accept or reject), ``decided_by``, ``decided_at``.
    """

    person: DataFrame
    survivors: DataFrame
    identity: DataFrame | None = None
    visits: DataFrame | None = None
    procedures: DataFrame | None = None
    notes: DataFrame | None = None
    care_site: DataFrame | None = None
    fact_relationship: DataFrame | None = None
    decisions: DataFrame | None = None
