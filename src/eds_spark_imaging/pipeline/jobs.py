"""The jobs by name, in the order of a whole run; once, or again and again."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType

from pyspark.sql import SparkSession

from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import ConfigError, InputError, LakeError
from eds_spark_imaging.lake.lock import LakeInUseError
from eds_spark_imaging.lake.opening import check_folder
from eds_spark_imaging.lake.releases import write_release
from eds_spark_imaging.lake.sizing import is_small
from eds_spark_imaging.pipeline.build import build
from eds_spark_imaging.pipeline.checks import check_config, check_places
from eds_spark_imaging.pipeline.cross import cross
from eds_spark_imaging.pipeline.index.job import index
from eds_spark_imaging.pipeline.link import check_link, link
from eds_spark_imaging.pipeline.maintain import maintain
from eds_spark_imaging.pipeline.marts import marts
from eds_spark_imaging.pipeline.parse.job import parse
from eds_spark_imaging.pipeline.parse.selection import Selection
from eds_spark_imaging.pipeline.restore import restore
from eds_spark_imaging.pipeline.standstill import Standstill
from eds_spark_imaging.pipeline.terms import has_new_acts, terms
from eds_spark_imaging.runs import events
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.runs.progress import Progress
from eds_spark_imaging.spark.session import is_small_session, spark_session
from eds_spark_imaging.terminology.site import site_lexicon, site_names


@dataclass(frozen=True)
class Options:
    """What the command line says of single jobs."""

    allow_removals: bool = False
    selection: Selection = field(default_factory=Selection)
    rebuild: bool = False


Job = Callable[[Context, Options], None]

JOBS: dict[str, Job] = {
    "index": lambda context, options: index(context, allow_removals=options.allow_removals),
    "parse": lambda context, options: parse(context, options.selection),
    "build": lambda context, options: build(context, rebuild=options.rebuild),
    "terms": lambda context, _: terms(context),
    "link": lambda context, _: link(context),
    "cross": lambda context, _: cross(context),
    "marts": lambda context, _: marts(context),
}
_LAST = list(JOBS)[-1]  # after it the tables belong together
_ALL: dict[str, Job] = {**JOBS, "maintain": lambda context, _: maintain(context)}


def run_jobs(names: list[str], config: Config, options: Options, progress: Progress | None = None) -> Context:
    """Run the jobs under the lake's lock; the context stays open for a summary.

    Raises ConfigError for what the configuration lacks before Spark starts, and every error of the jobs.
    """
    _check(names, config)
    _check_places(names, config)
    return _run(_session(names, config), names, config, options, progress)


def repeat_jobs(
    names: list[str], config: Config, options: Options, period: float, progress: Progress | None = None
) -> None:
    """Run the jobs every ``period`` seconds in one session, until SIGTERM or Ctrl-C, which end it after a whole run.

    A lake in use and a source or base centrale out of reach may pass: such a run is reported, and tried again at
    the next period. Every other error ends it. A run that takes longer than a period is followed by the next at once.
    """
    _check(names, config)
    spark = _session(names, config)
    with _asked_to_stop() as asked:
        while not asked():
            begun = time.monotonic()
            try:
                _check_places(names, config)
                _run(spark, names, config, options, progress)
            except (LakeInUseError, InputError) as error:
                events.report(error, str(error), error.exit_code)
            while not asked() and time.monotonic() < begun + period:
                time.sleep(0.2)


def restore_release(run_id: str, config: Config, progress: Progress | None = None) -> None:
    """Bring every table and watermark back to the release ``run_id``."""
    place = config.require_lake()
    check_config(config)
    check_folder(place.path)
    spark = _session(["restore"], config)
    context = Context(spark, config, progress.on(spark) if progress else None)
    with context.lake.lock(to_restore=True):
        _bring_up_to_date(context, ["restore"])
        restore(context, run_id)


def _check(names: list[str], config: Config) -> None:
    unknown = set(names) - set(_ALL)
    if unknown:
        raise ConfigError(f"no job {sorted(unknown)[0]!r}; there are {', '.join(_ALL)}")
    config.require_lake()
    check_config(config)
    if "link" in names:
        check_link(config.link)
    if "terms" in names:
        known = site_lexicon(config.terminology.file, config.terminology.terms)
        site_names(config.terminology.exam_names, known)


def _check_places(names: list[str], config: Config) -> None:
    check_places(config, sources="index" in names)
    if "maintain" in names:
        check_folder(config.require_lake().path)


def _session(names: list[str], config: Config) -> SparkSession:
    small = is_small(config, sources=True)
    return spark_session(f"eds-imaging {' '.join(names)}", config.spark, small=small, metastore=config.needs_metastore)


def _run(spark: SparkSession, names: list[str], config: Config, options: Options, progress: Progress | None) -> Context:
    context = Context(spark, config, progress.on(spark) if progress else None)
    with context.lake.lock():
        context.lake.clear_scratch()
        _bring_up_to_date(context, names)
        whole = is_small_session(spark) and names == list(JOBS) and options == Options()
        before = Standstill.now(config, context.lake) if whole else None
        if before and before == Standstill.kept(context.lake):
            _record_standstill(context, names)
        else:
            _run_each(context, names, options)
        context.lake.merge_small_appends()
        context.lake.clear_scratch()
        if before:
            before.keep(context.lake)
    return context


def _run_each(context: Context, names: list[str], options: Options) -> None:
    with context.records_together():
        for name in names:
            _ALL[name](context, options)
            # What acts say of an exam is known after the crossing only.
            if name == "cross" and "terms" in names and has_new_acts(context):
                terms(context)
    if _LAST in names:
        write_release(context.lake, context.new_run_id("release"))


def _record_standstill(context: Context, names: list[str]) -> None:
    """Runs that had nothing to look at: each has taken in what the one before it had."""
    with context.records_together():
        for name in names:
            with context.run(name) as run:
                run.watermark = context.newest_watermark(name) or None


def _bring_up_to_date(context: Context, names: list[str]) -> None:
    """Of a nominative lake. A tier has fewer columns, and no other job: LakeError unless it is `maintain`."""
    if not context.newest_watermark("pseudonymise"):
        context.bring_up_to_date()
    elif names != ["maintain"]:
        raise LakeError("the lake is the tier of a project: `pseudonymise` makes it, and only `maintain` runs on it")


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Tells whether SIGTERM or SIGINT came; the second one interrupts. Spark's own handler of SIGINT is put aside."""
    came: list[int] = []

    def handle(number: int, _: FrameType | None) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)
        with suppress(RuntimeError):  # it came in the middle of a line
            events.note("ends after this run; once more to end now")

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
