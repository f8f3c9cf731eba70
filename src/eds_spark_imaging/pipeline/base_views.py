"""The base centrale beside the tables of a lake: canonical columns, deleted rows left out, merged patients followed."""

from __future__ import annotations

from collections.abc import Callable, Collection

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.config import WarehouseConfig
from eds_spark_imaging.crossing.events import on_survivors
from eds_spark_imaging.linkage import surviving_persons, survivors
from eds_spark_imaging.transforms.codes import ccam_activity, ccam_code, cim10_code, diagnosis_type
from eds_spark_imaging.warehouse.contract import INPUTS
from eds_spark_imaging.warehouse.reader import Warehouse

PREFIX = "base_"


def _coded_conditions(rows: DataFrame) -> DataFrame:
    code, kind = F.col("condition_source_value"), F.col("condition_status_source_value")
    return rows.withColumns({"condition_code": cim10_code(code), "condition_type": diagnosis_type(kind)})


def _coded_acts(rows: DataFrame) -> DataFrame:
    code = F.col("procedure_source_value")
    return rows.withColumns({"procedure_code": ccam_code(code), "procedure_activity": ccam_activity(code)})


_CODED: dict[str, Callable[[DataFrame], DataFrame]] = {
    "condition_occurrence": _coded_conditions,
    "procedure_occurrence": _coded_acts,
}


def _with_persons(identities: DataFrame, moved: DataFrame) -> DataFrame:
    """The identities with the ``person_id`` that the IPP, an older one too, leads to."""
    ipps = moved.where("ipp IS NOT NULL").groupBy(F.col("ipp").alias("_ipp"))
    persons = ipps.agg(F.min("surviving_person_id").alias("person_id"))
    return identities.join(persons, F.trim("ipp") == F.col("_ipp"), "left").drop("_ipp")


_BY_SURVIVOR = {"person": surviving_persons, "patient_identity": _with_persons}
_OF_PERSONS = ("visit_occurrence", "visit_detail", "condition_occurrence", "procedure_occurrence", "note")


def make_base_views(spark: SparkSession, config: WarehouseConfig, wanted: Collection[str]) -> None:
    """Temporary views ``base_TABLE`` of those tables of the base centrale that ``wanted`` names.

    ``person_id`` is the patient that survives merges, as in the tables of the lake: of events, and of ``base_person``,
    which has one row for each. ``base_patient_identity`` has it beside each IPP. Codes of diagnoses and acts have the
    form that these tables have, in ``condition_code``, ``condition_type``, ``procedure_code`` and
    ``procedure_activity``. InputError where the base centrale lacks what must be there.
    """
    names = [name for name in INPUTS if f"{PREFIX}{name}" in wanted]
    if not names:
        return
    warehouse = Warehouse(spark, config)
    moved = survivors(warehouse.table("patient_identity"), warehouse.required("person"))
    for name in names:
        rows = warehouse.required(name)
        if name in _OF_PERSONS:
            rows = on_survivors(rows, moved)
        elif name in _BY_SURVIVOR:
            rows = _BY_SURVIVOR[name](rows, moved)
        coded = _CODED[name](rows) if name in _CODED else rows
        coded.createOrReplaceTempView(f"{PREFIX}{name}")
