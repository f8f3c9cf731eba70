"""The job `link`: exams to patients, with the evidence of every candidate and the history of every link."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import asdict, dataclass, replace

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging import __version__
from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.linkage import (
    BaseCentrale,
    Meeting,
    decide,
    due,
    judged,
    link_history,
    link_inputs,
    meet,
    survivors,
    traits_of_persons,
    with_probable,
    with_series,
)
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.tables.link_words import LinkMethod, LinkStatus
from eds_spark_imaging.tables.links import LINK_COLUMNS, LINK_DECISION, LINK_INPUT
from eds_spark_imaging.warehouse.reader import Warehouse
from eds_spark_imaging.workers.crash import crash_point

_STUDY = "study_instance_uid"
_RUN = "link_run"
_DECIDED = tuple(column.name for column in LINK_COLUMNS if column.name != _RUN)
_STATE = ("link_status", "person_id", "ipp", "link_method")


@dataclass(frozen=True)
class _Work:
    """What a run has to do: the exams ``again`` (with the cause) of ``studies``, and those that are ``gone``."""

    studies: DataFrame
    meeting: Meeting
    inputs: DataFrame
    again: DataFrame
    gone: DataFrame

    @property
    def scope(self) -> DataFrame:
        """The exams whose rows the run replaces or deletes."""
        return self.again.select(_STUDY).union(self.gone)


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
        state = _State.now(context, warehouse)
        seen = _State.seen(context)
        if state == seen and state.base is not None:
            run.count(exams=0, exams_linked_again=0)
            run.watermark = state.text
            return
        alone = state.base is not None and seen is not None and replace(seen, exams=state.exams) == state
        some = scratch.keep("changed", _changed(context, seen)) if seen and alone else None
        work = _work(context, warehouse, scratch, some)
        run.count(exams=work.inputs.count(), exams_linked_again=work.again.count())
        if run.counts["exams_linked_again"] or not work.gone.isEmpty():
            _link(context, run, work, scratch)
            # Last: what is not recorded is done again after a kill.
            rows = work.inputs.join(work.again, _STUDY, "left_semi")
            context.lake.sync(LINK_INPUT.name, rows, run.run_id, scope=work.scope)
        run.watermark = replace(state, inputs=context.lake.version(LINK_INPUT.name)).text


@dataclass(frozen=True)
class _State:
    """What links were made from. Where only ``exams`` (the last run that changed one) differs, the others need no look.

    ``base``: of the files of the base centrale, None where that cannot be known. ``decisions``, ``inputs``: versions of
    the tables.
    """

    base: str | None
    rules: int
    decisions: int
    inputs: int
    exams: str

    @classmethod
    def now(cls, context: Context, warehouse: Warehouse) -> _State:
        """The state before a run."""
        lake, config = context.lake, context.config.link
        last = [lake.read(name).agg(F.max("changed_run")).first() for name in ("imaging_study", "imaging_series")]
        return cls(
            base=None if config.probabilistic else warehouse.fingerprint(),
            rules=rules_hash(config),
            decisions=lake.version(LINK_DECISION.name),
            inputs=lake.version(LINK_INPUT.name),
            exams=max((row and row[0]) or "" for row in last),
        )

    @classmethod
    def seen(cls, context: Context) -> _State | None:
        """The state after the last run."""
        text = context.newest_watermark("link")
        return cls(**json.loads(text)) if text else None

    @property
    def text(self) -> str:
        """As a run's watermark."""
        return json.dumps(asdict(self))


def _changed(context: Context, seen: _State) -> DataFrame:
    """UIDs of the exams that have changed since a run."""
    tables = [context.lake.read(name) for name in ("imaging_study", "imaging_series")]
    changed = [table.where(F.col("changed_run") > seen.exams).select(_STUDY) for table in tables]
    return changed[0].union(changed[1]).distinct()


def _work(context: Context, warehouse: Warehouse, scratch: Scratch, some: DataFrame | None) -> _Work:
    """What there is to do for the exams ``some``, or for all."""
    lake, config = context.lake, context.config.link

    def read(name: str) -> DataFrame:
        return lake.read(name) if some is None else lake.read(name).join(some, _STUDY, "left_semi")

    studies = with_series(read("imaging_study").where("removed_at IS NULL"), read("imaging_series"))
    base = replace(base_centrale(warehouse), decisions=lake.read(LINK_DECISION.name))
    base = replace(base, survivors=scratch.keep("survivors", base.survivors))
    persons = scratch.keep("persons", traits_of_persons(base.identity, base.person, base.survivors))
    meeting = meet(studies, base, persons, config)
    meeting = replace(meeting, found=scratch.keep("found", meeting.found))
    inputs = scratch.keep("inputs", link_inputs(meeting, rules_hash(config)))
    recorded = read(LINK_INPUT.name)
    # Without a key in common, any new person may be that of an exam: where the probabilistic step is on.
    by_model = F.col("person_id").isNull() | F.col("link_method").eqNullSafe(str(LinkMethod.PROBABILISTIC))
    open_ended = by_model if config.probabilistic else F.lit(False)
    again = scratch.keep("again", due(inputs, recorded, studies, open_ended))
    gone = scratch.keep("gone", recorded.join(studies, _STUDY, "left_anti").select(_STUDY))
    return _Work(studies, meeting, inputs, again, gone)


def _link(context: Context, run: Run, work: _Work, scratch: Scratch) -> None:
    studies = work.studies.join(work.again, _STUDY, "inner")
    meeting = work.meeting.of(work.again)
    found = scratch.keep("candidates", judged(meeting))
    if context.config.link.probabilistic:
        more = with_probable(found, meeting, work.meeting.exams, context.config.link, scratch.keep)
        found = scratch.keep("probable", more)
    links = decide(meeting.exams, found).join(work.again, _STUDY, "inner")
    links = scratch.keep("links", links)
    done = context.lake.sync("imaging_study_person", found, run.run_id, scope=work.scope)
    crash_point("candidates")
    _write_history(context, run, studies, links)
    crash_point("history")
    changed = context.lake.update("imaging_study", links, _DECIDED, (_RUN, run.run_id))
    crash_point("linked")
    run.count(candidates_changed=done.total, links_changed=changed)


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


def rules_hash(config: LinkConfig) -> int:
    """A hash of what decides how exams are linked: the configuration, and the version of this package."""
    text = json.dumps([__version__, asdict(config)], sort_keys=True)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


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
        rows = scratch.keep("rows", changes.alias("new").join(known, same, "left_anti"))
        if not rows.isEmpty():
            context.lake.append("imaging_study_link_history", rows)
