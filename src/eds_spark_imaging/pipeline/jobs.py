"""The jobs by name, in the order of a whole run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from eds_spark_imaging.config import Config
from eds_spark_imaging.context import Context
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.pipeline.build import build
from eds_spark_imaging.pipeline.checks import check_accounting, check_places
from eds_spark_imaging.pipeline.cross import cross
from eds_spark_imaging.pipeline.index import index
from eds_spark_imaging.pipeline.link import check_link, link
from eds_spark_imaging.pipeline.marts import marts
from eds_spark_imaging.pipeline.parse import Selection, parse
from eds_spark_imaging.progress import Progress
from eds_spark_imaging.session import spark_session


@dataclass(frozen=True)
class Options:
    """What the command line says of single jobs."""

    allow_removals: bool = False
    selection: Selection = field(default_factory=Selection)
    rebuild: bool = False


JOBS: dict[str, Callable[[Context, Options], None]] = {
    "index": lambda context, options: index(context, allow_removals=options.allow_removals),
    "parse": lambda context, options: parse(context, options.selection),
    "build": lambda context, options: build(context, everything=options.rebuild),
    "link": lambda context, _: link(context),
    "cross": lambda context, _: cross(context),
    "marts": lambda context, _: marts(context),
}


def run_jobs(names: list[str], config: Config, options: Options, progress: Progress | None = None) -> Context:
    """Run the jobs under the lake's lock; the context stays open for a summary.

    Raises ConfigError for what the configuration lacks before Spark starts, and every error of the jobs.
    """
    unknown = set(names) - set(JOBS)
    if unknown:
        raise ConfigError(f"no job {sorted(unknown)[0]!r}; there are {', '.join(JOBS)}")
    config.require_lake()
    check_places(config, sources="index" in names)
    if "link" in names:
        check_link(config.link)
    spark = spark_session(f"eds-imaging {' '.join(names)}", config.spark)
    context = Context(spark, config, progress.on(spark) if progress else None)
    with context.lake.lock():
        for name in names:
            JOBS[name](context, options)
        check_accounting(context)
    return context
