"""The job `cross`: linked exams with the visits, acts, reports and diagnoses of their patient."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import partial, reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.crossing import frames
from eds_spark_imaging.crossing.diagnoses import diagnoses
from eds_spark_imaging.crossing.events import on_survivors, stays
from eds_spark_imaging.crossing.inputs import cross_inputs, due
from eds_spark_imaging.crossing.procedures import acts_once, is_imaging, procedures
from eds_spark_imaging.crossing.results import acts_without_exam, exams_without_act, report_table, visit_table
from eds_spark_imaging.crossing.workers import PAIRS_DDL, matcher
from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.linkage import survivors
from eds_spark_imaging.linkage.care_sites import hospitals_of_care_sites
from eds_spark_imaging.pipeline.cross_scope import persons_with_changed_exams
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.runs.rules import rules_hash
from eds_spark_imaging.spark.at_once import at_once, both_at_once
from eds_spark_imaging.tables.crossings import CROSS_INPUT
from eds_spark_imaging.tables.links import LINKED
from eds_spark_imaging.transforms.codes import ccam_code
from eds_spark_imaging.warehouse.checks import key_faults
from eds_spark_imaging.warehouse.contract import INPUTS
from eds_spark_imaging.warehouse.reader import Warehouse
from eds_spark_imaging.workers.crash import crash_point

_STUDY = "study_instance_uid"
# Tables whose rows are those of exams; how the run record calls what is in them.
_COUNTED = {
    "imaging_study_visit": "visits",
    "imaging_study_procedure": "acts",
    "imaging_study_report": "reports",
    "imaging_study_diagnosis": "diagnoses",
    "imaging_exam_without_procedure": "exams_without_act",
    "imaging_procedure_without_exam": "acts_without_exam",
}


@dataclass(frozen=True)
class _Base:
    """What the crossing reads: linked exams with their series, events on their surviving person, the hospitals."""

    studies: DataFrame
    series: DataFrame
    visits: DataFrame
    deleted_visits: DataFrame
    conditions: DataFrame
    acts: DataFrame
    notes: DataFrame | None
    details: DataFrame | None
    units: DataFrame | None
    hospitals: DataFrame
    survivors: DataFrame

    def of(self, survivors: DataFrame) -> _Base:
        """What belongs to the surviving persons ``survivors``."""
        merged = self.survivors.join(
            survivors.select(F.col("person_id").alias("surviving_person_id")), "surviving_person_id", "left_semi"
        ).where("person_id IS NOT NULL")
        # A person without a row of its own survives as itself.
        own = merged.select("person_id").union(survivors).distinct()

        def of_them(frame: DataFrame) -> DataFrame:
            return frame.join(own, "person_id", "left_semi")

        studies = self.studies.join(survivors, "person_id", "left_semi")
        return _Base(
            studies=studies,
            series=self.series.join(studies.select(_STUDY), _STUDY, "left_semi"),
            visits=of_them(self.visits),
            deleted_visits=of_them(self.deleted_visits),
            conditions=of_them(self.conditions),
            acts=of_them(self.acts),
            notes=None if self.notes is None else of_them(self.notes),
            details=self.details,
            units=self.units,
            hospitals=self.hospitals,
            survivors=self.survivors,
        )


def cross(context: Context) -> None:
    """Cross the patients whose exams or events have changed; without a base centrale there is nothing to do."""
    if context.config.warehouse is None:
        return
    with context.run("cross") as run, context.lake.scratch("cross") as scratch:
        run.main_count = "patients"
        warehouse = Warehouse(context.spark, context.config.warehouse)
        warehouse.check()
        rules = rules_hash(asdict(context.config.cross))
        run.watermark = state = _state(context, warehouse, rules)
        if state and state == context.newest_watermark("cross"):
            run.count(patients=0)
            return
        persons = _persons(context, scratch, state)
        if persons is not None and persons.isEmpty():
            run.count(patients=0)
            return
        _count_key_faults(run, warehouse)
        base = _base(context, warehouse, scratch)
        recorded = context.lake.read(CROSS_INPUT.name)
        if persons is not None:
            recorded = recorded.join(persons, "person_id", "left_semi")
        inputs = scratch.keep("inputs", _inputs(base if persons is None else base.of(persons), rules))
        changed, counts = scratch.keep_counted("changed", due(inputs, recorded), patients=F.count(F.lit(1)))
        run.count(**counts)
        if run.counts["patients"]:
            _cross(context, run, scratch, base, changed)
            # Last: what is not recorded is done again after a kill.
            rows = inputs.join(changed, "person_id", "left_semi")
            context.lake.sync(CROSS_INPUT.name, rows, run.run_id, scope=changed)


def _count_key_faults(run: Run, warehouse: Warehouse) -> None:
    """Rows that are left out for their key, in the run record where there are any."""
    counted = []
    for name in ("visit_occurrence", "condition_occurrence", "procedure_occurrence", "note"):
        rows = warehouse.rows(name)
        if rows is not None:
            faults = {fault: count.alias(fault) for fault, count in key_faults(INPUTS[name], rows).items()}
            counted.append(rows.agg(*faults.values()).select(F.lit(name).alias("table"), *faults))
    for row in reduce(DataFrame.union, counted).collect():
        table = row["table"]
        run.count(**{f"{table}_{fault}": row[fault] for fault in row.asDict() if fault != "table" and row[fault]})


def _state(context: Context, warehouse: Warehouse, rules: int) -> str | None:
    """What all crossings were made from; None where the base centrale cannot tell whether it has changed."""
    base = warehouse.fingerprint()
    if base is None:
        return None
    versions = [context.lake.version(name) for name in ("imaging_study", "imaging_series", CROSS_INPUT.name)]
    return json.dumps({"base": base, "rules": rules, "exams": versions[:2]})


def _persons(context: Context, scratch: Scratch, state: str | None) -> DataFrame | None:
    """Those whose exams have changed, where nothing else has; None where all are to be looked at."""
    last = context.newest_watermark("cross")
    if not last or not state:
        return None
    seen, now = json.loads(last), json.loads(state)
    if seen | {"exams": None} != now | {"exams": None}:
        return None
    return persons_with_changed_exams(context.lake, scratch, tuple(seen["exams"]), tuple(now["exams"]))


def _base(context: Context, warehouse: Warehouse, scratch: Scratch) -> _Base:
    persons = survivors(warehouse.table("patient_identity"), warehouse.required("person"))
    care_site, tree = warehouse.table("care_site"), warehouse.table("fact_relationship")
    if care_site is None or tree is None:
        hospitals = context.spark.createDataFrame([], "care_site_id bigint, hospital_codes array<string>")
    else:
        hospitals = hospitals_of_care_sites(care_site, tree).select("care_site_id", "hospital_codes")
    status = F.col("link_status").isin([str(word) for word in LINKED])
    studies = context.lake.read("imaging_study").where("removed_at IS NULL AND person_id IS NOT NULL")
    hospitals, persons = at_once(
        lambda: scratch.keep("hospitals", hospitals), lambda: scratch.keep("survivors", persons)
    )
    return _Base(
        studies=studies.where(status),
        series=context.lake.read("imaging_series"),
        visits=warehouse.required("visit_occurrence"),
        deleted_visits=warehouse.deleted("visit_occurrence"),
        conditions=warehouse.required("condition_occurrence"),
        acts=warehouse.required("procedure_occurrence"),
        notes=warehouse.table("note"),
        details=warehouse.table("visit_detail"),
        units=care_site,
        hospitals=hospitals,
        survivors=persons,
    )


def _inputs(base: _Base, rules: int) -> DataFrame:
    exams = frames.exam_rows(base.studies, base.series)
    frames_of = {
        "visits": base.visits,
        "deleted": base.deleted_visits,
        "conditions": base.conditions,
        "acts": base.acts,
    }
    if base.notes is not None:
        frames_of["notes"] = base.notes
    events = {name: on_survivors(frame, base.survivors) for name, frame in frames_of.items()}
    imaging = events["acts"].where(is_imaging(ccam_code(F.col("procedure_source_value"))))
    return cross_inputs(exams, events, imaging, rules)


def _cross(context: Context, run: Run, scratch: Scratch, base: _Base, changed: DataFrame) -> None:
    base = base.of(changed)

    def stays_and_acts() -> tuple[DataFrame, DataFrame]:
        visits = scratch.keep("stays", stays(base.visits, base.survivors))
        return visits, scratch.keep("acts", acts_once(base.acts, visits, base.survivors))

    exams, (visits, acts) = both_at_once(
        lambda: scratch.keep("exams", frames.exam_rows(base.studies, base.series)), stays_and_acts
    )
    rows = {
        "exams": frames.at_known_hospitals(exams, base.hospitals),
        "visits": frames.visit_rows(visits, on_survivors(base.deleted_visits, base.survivors), base.hospitals),
        "acts": frames.act_rows(acts, visits, base.hospitals),
        "reports": frames.report_rows(_notes(base, context), visits, base.hospitals),
    }
    match = matcher(context.config.cross.report_days)
    pairs = scratch.keep("pairs", frames.patients(rows).mapInArrow(match, PAIRS_DDL))

    def write(name: str, table: DataFrame) -> None:
        done = context.lake.sync(name, table, run.run_id, scope=_scope(context, name, changed, exams, acts))
        crash_point(name)
        what = _COUNTED[name]
        run.count(**{f"{what}_new": done.inserted, f"{what}_changed": done.updated, f"{what}_removed": done.deleted})

    tables = _tables(context, base, exams, visits, acts, pairs)
    at_once(*[partial(write, name, table) for name, table in tables.items()])


def _notes(base: _Base, context: Context) -> DataFrame:
    if base.notes is None:
        schema = "note_id bigint, person_id bigint, visit_occurrence_id bigint, note_datetime timestamp_ntz,"
        schema += " note_class_source_value string, accession_number string, note_title string, care_site_id bigint"
        return context.spark.createDataFrame([], schema)
    return on_survivors(base.notes, base.survivors)


def _tables(  # noqa: PLR0917
    context: Context, base: _Base, exams: DataFrame, visits: DataFrame, acts: DataFrame, pairs: DataFrame
) -> dict[str, DataFrame]:
    """The rows of each table."""
    of = {what: pairs.where(F.col("what") == what) for what in ("visit", "act", "report")}
    own = of["visit"].where("accepted").select(_STUDY, F.col("event_id").alias("exam_stay_id"))
    placed = exams.select(_STUDY, "person_id", "study_datetime").join(own, _STUDY, "left")
    window = context.config.cross
    return {
        "imaging_study_visit": visit_table(of["visit"], exams, visits, base.details, base.units),
        "imaging_study_procedure": procedures(placed, acts, of["act"], window.procedure_days),
        "imaging_study_report": report_table(of["report"], _notes(base, context)),
        "imaging_study_diagnosis": diagnoses(placed, visits, base.conditions, base.survivors, window.diagnosis_days),
        "imaging_exam_without_procedure": exams_without_act(exams, acts, of["act"]),
        "imaging_procedure_without_exam": acts_without_exam(acts, exams, of["act"]),
    }


def _scope(context: Context, name: str, changed: DataFrame, exams: DataFrame, acts: DataFrame) -> DataFrame:
    """The keys of the rows that the persons ``changed`` have, or had."""
    key = context.catalogue[name].keys[0]
    had = context.lake.read(name).join(changed, "person_id", "left_semi").select(key)
    have = exams.select(_STUDY) if key == _STUDY else acts.select(F.col("event_id").alias(key))
    return had.union(have).distinct()
