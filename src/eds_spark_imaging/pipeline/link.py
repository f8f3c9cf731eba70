"""The job `link`: exams to patients, with the evidence of every candidate and the history of every link."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict, dataclass, replace
from functools import partial

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.linkage import (
    BaseCentrale,
    Meeting,
    changed_keys,
    decide,
    directory,
    due,
    judged,
    kept_keys,
    key_hashes,
    link_history,
    link_inputs,
    meet,
    survivors,
    traits_of_persons,
    with_probable,
    with_series,
)
from eds_spark_imaging.pipeline.link_state import LinkState, exams_to_look_at, inputs_state
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.runs.rules import rules_hash
from eds_spark_imaging.spark.at_once import at_once
from eds_spark_imaging.tables.link_words import LinkMethod, LinkStatus
from eds_spark_imaging.tables.links import (
    IMAGING_STUDY_LINK_KEY,
    LINK_COLUMNS,
    LINK_DECISION,
    LINK_INPUT,
    PERSON_LINK_KEY,
)
from eds_spark_imaging.warehouse.reader import Warehouse
from eds_spark_imaging.workers.crash import crash_point

_STUDY = "study_instance_uid"
_RUN = "link_run"
_DECIDED = tuple(column.name for column in LINK_COLUMNS if column.name != _RUN)
_STATE = ("link_status", "person_id", "ipp", "link_method")


@dataclass(frozen=True)
class _Work:
    """What a run has to do: the exams of ``studies`` that are ``relinked`` (with the cause), and those ``removed``."""

    studies: DataFrame
    meeting: Meeting
    inputs: DataFrame
    relinked: DataFrame
    removed: DataFrame
    exams: int
    exams_relinked: int
    exams_removed: int

    @property
    def scope(self) -> DataFrame:
        """The exams whose rows the run replaces or deletes."""
        return self.relinked.select(_STUDY).union(self.removed)


def check_link(config: LinkConfig) -> None:
    """ConfigError where the configuration asks for the probabilistic step and splink is not installed."""
    if config.probabilistic and importlib.util.find_spec("splink") is None:
        raise ConfigError("[link] probabilistic needs splink: pip install 'eds-spark-imaging[splink]'")


def link(context: Context) -> None:
    """Link the exams for which anything has changed; without a base centrale exams stay ``not_attempted``."""
    if context.config.warehouse is None:
        return
    with context.run("link") as run, context.lake.scratch("link") as scratch:
        run.main_count = "exams"
        warehouse = Warehouse(context.spark, context.config.warehouse)
        warehouse.check()
        context.lake.create(LINK_DECISION.name)  # so that people can insert into it
        now, seen = LinkState.now(context, warehouse), LinkState.seen(context)
        if now == seen and now.is_known():
            run.count(exams=0, exams_linked_again=0)
            run.watermark = now.text
            return
        persons = _persons(context, warehouse, scratch, now, seen)
        scope = None
        if seen and now.allows_part(seen):
            scope = scratch.keep("scope", exams_to_look_at(context.lake, now, seen, persons.changed))
        work = _work(context, persons, scratch, scope)
        run.count(exams=work.exams, exams_linked_again=work.exams_relinked)
        has_work = work.exams_relinked or work.exams_removed
        if has_work:
            _link(context, run, work, scratch)
        # Last: what is not recorded is done again after a kill.
        recorded = partial(_record_inputs, context, run, work) if has_work else lambda: None
        at_once(recorded, partial(_record_keys, context, run, work, scope))
        _record_persons(context, run, persons)
        run.watermark = replace(now, inputs=inputs_state(context.lake)).text


@dataclass(frozen=True)
class _Persons:
    """The base centrale for one run, and where a table that tells of persons has changed: ``names``, the directory of
    all keys, ``hashes`` of each, and the keys that have ``changed``."""

    base: BaseCentrale
    traits: DataFrame
    names: DataFrame | None = None
    hashes: DataFrame | None = None
    changed: DataFrame | None = None


def _persons(
    context: Context, warehouse: Warehouse, scratch: Scratch, now: LinkState, seen: LinkState | None
) -> _Persons:
    base = replace(base_centrale(warehouse), decisions=context.lake.read(LINK_DECISION.name))
    base = replace(base, survivors=scratch.keep("survivors", base.survivors))
    traits = scratch.keep("persons", traits_of_persons(base.identity, base.person, base.survivors))
    if seen and now.allows_part(seen) and now.persons == seen.persons:
        return _Persons(base, traits)
    names = scratch.keep("names", directory(base, traits))
    hashes = scratch.keep("hashes", key_hashes(names, traits))
    changed = scratch.keep("changed_keys", changed_keys(hashes, context.lake.read(PERSON_LINK_KEY.name)))
    return _Persons(base, traits, names, hashes, changed)


def _record_inputs(context: Context, run: Run, work: _Work) -> None:
    rows = work.inputs.join(work.relinked, _STUDY, "left_semi")
    context.lake.sync(LINK_INPUT.name, rows, run.run_id, scope=work.scope)


def _record_keys(context: Context, run: Run, work: _Work, scope: DataFrame | None) -> None:
    """The keys of the exams that were looked at."""
    context.lake.sync(IMAGING_STUDY_LINK_KEY.name, kept_keys(work.meeting.keys), run.run_id, scope=scope)


def _record_persons(context: Context, run: Run, persons: _Persons) -> None:
    """The keys of persons, which lead to the exams of the next change."""
    if persons.hashes is not None and persons.changed is not None:
        rows = persons.hashes.join(persons.changed, ["kind", "key"], "left_semi")
        context.lake.sync(PERSON_LINK_KEY.name, rows, run.run_id, scope=persons.changed)


def _work(context: Context, persons: _Persons, scratch: Scratch, scope: DataFrame | None) -> _Work:
    """What there is to do for the exams of ``scope``, or for all."""
    lake, config = context.lake, context.config.link

    def read(name: str) -> DataFrame:
        return lake.read(name) if scope is None else lake.read(name).join(scope, _STUDY, "left_semi")

    studies = with_series(read("imaging_study").where("removed_at IS NULL"), read("imaging_series"))
    meeting = meet(studies, persons.base, persons.traits, config, persons.names)
    meeting = replace(meeting, found=scratch.keep("found", meeting.found))
    rows, recorded = F.count(F.lit(1)), read(LINK_INPUT.name)
    left = recorded.join(studies, _STUDY, "left_anti").select(_STUDY)
    (inputs, looked_at), (removed, removed_counts) = at_once(
        lambda: scratch.keep_counted("inputs", link_inputs(meeting, rules_hash(asdict(config))), exams=rows),
        lambda: scratch.keep_counted("removed", left, exams_removed=rows),
    )
    # Without a key in common, any new person may be that of an exam: where the probabilistic step is on.
    by_model = F.col("person_id").isNull() | F.col("link_method").eqNullSafe(str(LinkMethod.PROBABILISTIC))
    open_ended = by_model if config.probabilistic else F.lit(False)
    relinked, due_counts = scratch.keep_counted(
        "relinked", due(inputs, recorded, studies, open_ended), exams_relinked=rows
    )
    return _Work(studies, meeting, inputs, relinked, removed, **looked_at, **due_counts, **removed_counts)


def _link(context: Context, run: Run, work: _Work, scratch: Scratch) -> None:
    studies = work.studies.join(work.relinked, _STUDY, "inner")
    meeting = work.meeting.of(work.relinked)
    found = scratch.keep("candidates", judged(meeting))
    if context.config.link.probabilistic:
        more = with_probable(found, meeting, work.meeting.exams, context.config.link, scratch.keep)
        found = scratch.keep("probable", more)
    links = decide(meeting.exams, found).join(work.relinked, _STUDY, "inner")
    links = scratch.keep("links", links)
    at_once(
        partial(_write_candidates, context, run, found, work.scope),
        partial(_write_history, context, run, studies, links),
    )
    changed = context.lake.update("imaging_study", links, _DECIDED, (_RUN, run.run_id))
    crash_point("linked")
    run.count(links_changed=changed)


def _write_candidates(context: Context, run: Run, found: DataFrame, scope: DataFrame) -> None:
    done = context.lake.sync("imaging_study_person", found, run.run_id, scope=scope)
    run.count(candidates_changed=done.total)
    crash_point("candidates")


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
    columns = (_STUDY, "ipp", "person_id", "link_status", "link_method", "link_verified")
    before = studies.select(*columns).withColumn(
        "link_status", F.nullif("link_status", F.lit(str(LinkStatus.NOT_ATTEMPTED)))
    )
    changes = link_history(before, links, run.run_id, F.lit(run.started_at))
    recorded = context.lake.read("imaging_study_link_history")
    last = F.row_number().over(Window.partitionBy(_STUDY).orderBy(F.desc(_RUN)))
    known = recorded.withColumn("_place", last).where("_place = 1").select(_STUDY, *_STATE).alias("known")
    same = [F.col(f"new.{c}").eqNullSafe(F.col(f"known.{c}")) for c in (_STUDY, *_STATE)]
    with context.lake.scratch("link_history") as scratch:
        changes = changes.alias("new").join(known, same, "left_anti")
        rows, counts = scratch.keep_counted("rows", changes, rows=F.count(F.lit(1)))
        if counts["rows"]:
            context.lake.append("imaging_study_link_history", rows)
    crash_point("history")
