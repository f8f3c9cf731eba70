"""Acts and reports that carry an accession number, with where and when they took place."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def accession_events(
    procedures: DataFrame | None, notes: DataFrame | None, visits: DataFrame | None, sites: DataFrame | None
) -> DataFrame | None:
    """Rows (``accession_number``, ``person_id``, ``event_date``, ``hospital_codes``); None without acts and reports.

    ``sites`` is of ``hospitals_of_care_sites``; the hospital of an event is that of its report, or of its visit.
    """
    events = []
    for frame, when in ((procedures, "procedure_datetime"), (notes, "note_datetime")):
        if frame is not None:
            site = F.col("care_site_id") if "care_site_id" in frame.columns else F.lit(None).cast("bigint")
            events.append(
                frame.where("accession_number IS NOT NULL").select(
                    "accession_number",
                    "person_id",
                    "visit_occurrence_id",
                    F.to_date(when).alias("event_date"),
                    site.alias("own_site"),
                )
            )
    if not events:
        return None
    together = reduce(DataFrame.unionByName, events)
    if visits is None or sites is None:
        return together.select(
            "accession_number",
            "person_id",
            "event_date",
            F.lit(None).cast("array<string>").alias("hospital_codes"),
        )
    of_visit = visits.select("visit_occurrence_id", F.col("care_site_id").alias("visit_site"))
    placed = together.join(of_visit, "visit_occurrence_id", "left").withColumn(
        "care_site_id", F.coalesce("own_site", "visit_site")
    )
    return placed.join(sites, "care_site_id", "left").select(
        "accession_number", "person_id", "event_date", "hospital_codes"
    )
