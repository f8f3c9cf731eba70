"""The job `cross`: linked exams with the diagnoses and acts of their patient."""

from __future__ import annotations

from eds_spark_imaging.linkage import survivors
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.transforms.crossings import diagnoses, procedures
from eds_spark_imaging.warehouse.reader import Warehouse


def cross(context: Context) -> None:
    """Bring the pairs of exams with diagnoses and acts up to date; without a base centrale there is nothing to do."""
    if context.config.warehouse is None:
        return
    with context.run("cross") as run, context.lake.scratch("cross") as scratch:
        run.main_count = "diagnoses_new"
        warehouse = Warehouse(context.spark, context.config.warehouse)
        warehouse.check()
        studies = context.lake.read("imaging_study").where("removed_at IS NULL")
        persons = survivors(warehouse.table("patient_identity"), warehouse.required("person"))
        persons = scratch.keep("persons", persons)
        visits = warehouse.required("visit_occurrence")
        window = context.config.cross
        pairs = {
            "diagnosis": diagnoses(
                studies, visits, warehouse.required("condition_occurrence"), persons, window.diagnosis_days
            ),
            "procedure": procedures(
                studies, visits, warehouse.required("procedure_occurrence"), persons, window.procedure_days
            ),
        }
        for what, rows in pairs.items():
            done = context.lake.sync(f"imaging_study_{what}", rows, run.run_id)
            name = {"diagnosis": "diagnoses", "procedure": "acts"}[what]
            run.count(**{f"{name}_new": done.inserted, f"{name}_changed": done.updated, f"{name}_gone": done.deleted})
