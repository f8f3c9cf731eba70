"""The job `pseudonymise`: what has to be true before, one run, and what it leaves in the records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import Config, LakeConfig
from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.lake.opening import check_folder
from eds_spark_imaging.pipeline.pseudonymise.writing import STAMPS, TierWriter
from eds_spark_imaging.privacy.keys import key_name, project_key
from eds_spark_imaging.privacy.pseudonyms import key_frame
from eds_spark_imaging.privacy.risk import group_sizes, known_by_others, least_and_below
from eds_spark_imaging.privacy.tier import TierCatalogue
from eds_spark_imaging.runs.access import Given, record_access
from eds_spark_imaging.runs.context import LARGE_WORK, Context, Run
from eds_spark_imaging.runs.progress import Progress
from eds_spark_imaging.runs.watermarks import read_watermark
from eds_spark_imaging.spark.session import spark_session
from eds_spark_imaging.storage.uri import as_folder
from eds_spark_imaging.tables import Catalogue
from eds_spark_imaging.tables.access import Access
from eds_spark_imaging.workers.crash import crash_point

JOB = "pseudonymise"
_REVISION = 2  # raised where the same rules and key give other values than before


def pseudonymise(config: Config, project: str, to: LakeConfig, progress: Progress | None = None) -> None:
    """Make, or bring up to date, the tier of a project in the lake ``to``.

    Before Spark starts: ConfigError for a project, key or treatment that is missing, LakeError where the lakes are not
    apart or the nominative one is not there. LakeError too where the tier was made with another key or other rules.
    """
    chosen = config.project(project)
    key = project_key(chosen)
    check_apart(config.require_lake(), to)
    check_folder(config.require_lake().path)
    TierCatalogue(Catalogue(config.site_attributes), chosen)
    metastore = config.needs_metastore or to.database is not None
    spark = spark_session(f"eds-imaging {JOB}", config.spark, metastore=metastore)
    shown = progress.on(spark) if progress else None
    with _locked(Context(spark, config, shown), project, to) as (source, tier):
        bring_up_to_date(source, tier, key)


def check_apart(nominative: LakeConfig, tier: LakeConfig) -> None:
    """LakeError where one lake lies within the other."""
    if nominative.database and nominative.database == tier.database:
        raise LakeError("the tier needs a database of its own")
    if nominative.path and tier.path:
        _check_folders(nominative.path, tier.path)


def _check_folders(nominative: str, tier: str) -> None:
    places = [as_folder(nominative), as_folder(tier)]
    if places[0].startswith(places[1]) or places[1].startswith(places[0]):
        raise LakeError("the tier needs a folder of its own, neither in the nominative lake nor around it")


@contextmanager
def _locked(source: Context, project: str, to: LakeConfig) -> Iterator[tuple[Context, Context]]:
    """Both lakes, with nobody else writing to them."""
    tier = tier_of(source, project, to)
    _check_folders(source.lake.root, tier.lake.root)  # of databases they are known now
    if not source.lake.exists("imaging_study"):
        raise LakeError("no exams in the lake: run the jobs first")
    with source.lake.lock(), tier.lake.lock():
        for lake in (source.lake, tier.lake):
            lake.clear_scratch()  # of runs that were killed: names of patients
        yield source, tier
        tier.lake.merge_small_appends()


def tier_of(source: Context, project: str, to: LakeConfig) -> Context:
    """The context of a project's tier."""
    catalogue = TierCatalogue(source.catalogue, source.config.project(project))
    return Context(source.spark, replace(source.config, lake=to), source.progress, catalogue)


@dataclass(frozen=True)
class _TierWatermark:
    """What a tier was made of: the last nominative run whose rows it has, and the last `restore` before it; its key by
    name, and its rules.
    """

    release: str
    restored: str
    key: str
    rules: dict[str, object]

    @property
    def text(self) -> str:
        """As a run's watermark."""
        return json.dumps(asdict(self))

    def follows(self, before: _TierWatermark) -> bool:
        """Whether all that is new since ``before`` bears a later run: not where the lake has gone back."""
        return self.restored == before.restored and self.release >= before.release


def bring_up_to_date(source: Context, tier: Context, key: bytes) -> None:
    """One run: the exams that changed since the last one, in the first run all."""
    project = _catalogue(tier).project
    rules = {name: value for name, value in asdict(project).items() if name not in ("name", "key_file", "cohort")}
    rules["revision"] = _REVISION
    with tier.run(JOB) as run, source.lake.scratch(f"{JOB}_{project.name}") as scratch:
        run.main_count = "rows"
        last = tier.runs(JOB).orderBy(F.desc("run_id")).select("run_id", "watermark").first()
        before = _recorded(last["watermark"]) if last else None
        restored = source.runs("restore").agg(F.max("run_id")).first()
        now = _TierWatermark(
            release=_newest(source, tier),
            restored=(restored and restored[0]) or "",
            key=key_name(key),
            rules=json.loads(json.dumps(rules)),
        )
        _check_same(tier, before, now)
        given = Given(project.name, run.run_id, now.release)
        writer = TierWriter(source, tier, run, scratch, key_frame(source.spark, key))
        exams = writer.count()
        run.lake_bytes += source.lake.bytes_known()
        run.compile(on=run.large_lake or exams > LARGE_WORK)
        record_access(source, Access.TIER_BEGUN, given, exams)
        seen = before.release if before and now.follows(before) else None
        writer.write(seen, last["run_id"] if last else "")
        crash_point("tier")
        _count_risk(tier, run)
        rows = sum(tier.lake.read(name).count() for name in _catalogue(tier).treated)
        record_access(source, Access.TIER_MADE, given, rows)
        run.watermark = now.text


def _catalogue(tier: Context) -> TierCatalogue:
    if not isinstance(tier.catalogue, TierCatalogue):
        raise TypeError("not the context of a tier")
    return tier.catalogue


def _newest(source: Context, tier: Context) -> str:
    """The last run that changed a row of the tables that the tier takes from."""
    tables = [source.lake.read(name) for name in _catalogue(tier).treated]
    runs = [rows.select(F.col(stamp).alias("run")) for rows in tables for stamp in STAMPS if stamp in rows.columns]
    row = reduce(DataFrame.union, runs).agg(F.max("run")).first()
    return (row and row[0]) or ""


def _recorded(text: str) -> _TierWatermark:
    """LakeError where a tier's watermark has another form: by which rules and key it was made is not known."""
    found = read_watermark(_TierWatermark, text)
    if found is None:
        raise LakeError("the tier was made by another version of this package: make the new one in another place")
    return found


def _check_same(tier: Context, before: _TierWatermark | None, now: _TierWatermark) -> None:
    """LakeError where what was written by other rules would stay."""
    if before and before.key != now.key:
        raise LakeError("the tier was made with another key: make the new one in another place")
    if before and before.rules != now.rules:
        changed = sorted(name for name, value in now.rules.items() if before.rules.get(name) != value)
        raise LakeError(f"the tier was made by other rules ({', '.join(changed)}): make the new one in another place")
    for table in tier.catalogue:
        if tier.lake.exists(table.name):
            extra = set(tier.spark.table(tier.lake.identifier(table.name)).columns) - set(table.names)
            if extra:
                raise LakeError(f"the tier has {table.name}.{sorted(extra)[0]}, which it must not: make a new one")


def _count_risk(tier: Context, run: Run) -> None:
    """How many exams others could pick out by what they may know, in the run's counts."""
    studies = tier.lake.read("imaging_study")
    groups = group_sizes(studies, known_by_others(studies))
    row = groups.agg(*least_and_below(_catalogue(tier).project.k)).first()
    if row and row["smallest_group"] is not None:
        run.count(smallest_group=row["smallest_group"], exams_in_groups_below_k=row["exams_in_groups_below_k"])
