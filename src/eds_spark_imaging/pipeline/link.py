"""The job `link`: exams to patients, with the evidence of every candidate and the history of every link."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from eds_spark_imaging.context import Context, Run, crash_point
from eds_spark_imaging.tables.links import LINK_COLUMNS, LinkStatus
from eds_spark_imaging.transforms.identity import (
    BaseCentrale,
    candidates,
    decide,
    link_history,
    survivors,
    with_requests,
)
from eds_spark_imaging.warehouse.reader import Warehouse

_STUDY = "study_instance_uid"
_RUN = "link_run"
_DECIDED = tuple(column.name for column in LINK_COLUMNS if column.name != _RUN)
_STATE = ("link_status", "person_id", "ipp", "link_method")


def link(context: Context) -> None:
    """Link every exam anew and write what differs; without a base centrale exams stay ``not_attempted``."""
    if context.config.warehouse is None:
        return
    with context.run("link") as run:
        run.main_count = "exams"
        warehouse = Warehouse(context.spark, context.config.warehouse)
        warehouse.check()
        studies = context.lake.read("imaging_study").where("removed_at IS NULL")
        base = base_centrale(warehouse)
        base.survivors.persist(StorageLevel.DISK_ONLY)
        known = with_requests(studies, context.lake.read("imaging_series"))
        found = candidates(known, base, context.config.link).persist(StorageLevel.DISK_ONLY)
        links = decide(studies, found, context.config.link).persist(StorageLevel.DISK_ONLY)
        try:
            done = context.lake.sync("imaging_study_person", found, run.run_id)
            crash_point("candidates")
            _write_history(context, run, studies, links)
            crash_point("history")
            changed = context.lake.update("imaging_study", links, _DECIDED, (_RUN, run.run_id))
            run.count(exams=links.count(), candidates_changed=done.total, links_changed=changed)
        finally:
            for frame in (links, found, base.survivors):
                frame.unpersist()


def base_centrale(warehouse: Warehouse) -> BaseCentrale:
    """The frames that the link reads."""
    identity, person = warehouse.table("patient_identity"), warehouse.required("person")
    return BaseCentrale(
        person=person,
        survivors=survivors(identity, person),
        identity=identity,
        visits=warehouse.table("visit_occurrence"),
        procedures=warehouse.table("procedure_occurrence"),
        notes=warehouse.table("note"),
        care_site=warehouse.table("care_site"),
        fact_relationship=warehouse.table("fact_relationship"),
    )


def _write_history(context: Context, run: Run, studies: DataFrame, links: DataFrame) -> None:
    """Append the changes before the links themselves; a change that a killed run has recorded is not repeated."""
    before = studies.withColumn("link_status", F.nullif("link_status", F.lit(str(LinkStatus.NOT_ATTEMPTED))))
    changes = link_history(before, links, run.run_id, F.lit(run.started_at))
    recorded = context.lake.read("imaging_study_link_history")
    last = F.row_number().over(Window.partitionBy(_STUDY).orderBy(F.desc(_RUN)))
    known = recorded.withColumn("_place", last).where("_place = 1").select(_STUDY, *_STATE).alias("known")
    same = [F.col(f"new.{c}").eqNullSafe(F.col(f"known.{c}")) for c in (_STUDY, *_STATE)]
    rows = changes.alias("new").join(known, same, "left_anti").persist(StorageLevel.DISK_ONLY)
    if not rows.isEmpty():
        context.lake.append("imaging_study_link_history", rows, f"history-{run.run_id}")
    rows.unpersist()
