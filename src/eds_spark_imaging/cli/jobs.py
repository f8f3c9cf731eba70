"""The commands that run jobs: `run` all of them, the others one each."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import typer

from eds_spark_imaging.cli.options import (
    ConfigOption,
    LakeOption,
    LogOption,
    SourceOption,
    WarehouseOption,
    config_from,
)
from eds_spark_imaging.config import Config

RemovalsOption = Annotated[bool, typer.Option("--allow-removals", help="Accept that over 5 % of a source is gone.")]
RetryOption = Annotated[bool, typer.Option("--retry-quarantined", help="Parse quarantined files again.")]


class Reparse(StrEnum):
    """What `--reparse` may name."""

    OUTDATED = "outdated"


ReparseOption = Annotated[
    Reparse | None, typer.Option("--reparse", help="Parse again what an older declaration or reader wrote.")
]


def seconds(period: str) -> float:
    """The seconds of a period such as `90s`, `10m` or `1.5h`."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smh])", period.strip())
    length = float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]] if match else 0
    if not 1 <= length <= 7 * 86400:
        raise typer.BadParameter("a period such as 90s, 10m or 1h, of 1 second to 7 days")
    return length


def _jobs(
    names: list[str],
    config: Config,
    *,
    allow_removals: bool = False,
    reparse: Reparse | None = None,
    retry_quarantined: bool = False,
    rebuild: bool = False,
    summary: bool = False,
    every: float | None = None,
) -> None:
    from eds_spark_imaging.cli.progress import progress_on_terminal  # noqa: PLC0415
    from eds_spark_imaging.cli.summary import print_summary  # noqa: PLC0415
    from eds_spark_imaging.pipeline.jobs import Options, repeat_jobs, run_jobs  # noqa: PLC0415 - loads Spark
    from eds_spark_imaging.pipeline.parse.selection import Selection  # noqa: PLC0415

    selection = Selection(outdated=reparse is Reparse.OUTDATED, quarantined=retry_quarantined)
    options, progress = Options(allow_removals, selection, rebuild), progress_on_terminal()
    if every:
        repeat_jobs(names, config, options, every, progress)
        return
    context = run_jobs(names, config, options, progress)
    if summary:
        print_summary(context)


def run_one(name: str, config: Config) -> None:
    """Run one job that has no options of its own."""
    _jobs([name], config)


def run(
    config: ConfigOption = None,
    source: SourceOption = None,
    lake: LakeOption = None,
    warehouse: WarehouseOption = None,
    allow_removals: RemovalsOption = False,
    reparse: ReparseOption = None,
    retry_quarantined: RetryOption = False,
    every: Annotated[
        float | None,
        typer.Option(
            "--every", help="Run again each 90s, 10m or 1h, until interrupted.", parser=seconds, metavar="PERIOD"
        ),
    ] = None,
    log_format: LogOption = None,
) -> None:
    """Run all jobs in order: index, parse, build, terms, link, cross, marts."""
    from eds_spark_imaging.pipeline.jobs import JOBS  # noqa: PLC0415

    _jobs(
        list(JOBS),
        config_from(config, source, lake, warehouse),
        allow_removals=allow_removals,
        reparse=reparse,
        retry_quarantined=retry_quarantined,
        summary=True,
        every=every,
    )


def index(
    config: ConfigOption = None,
    source: SourceOption = None,
    lake: LakeOption = None,
    warehouse: WarehouseOption = None,
    allow_removals: RemovalsOption = False,
    log_format: LogOption = None,
) -> None:
    """List the sources; new and changed files become pending."""
    _jobs(["index"], config_from(config, source, lake, warehouse), allow_removals=allow_removals)


def parse(
    config: ConfigOption = None,
    source: SourceOption = None,
    lake: LakeOption = None,
    warehouse: WarehouseOption = None,
    reparse: ReparseOption = None,
    retry_quarantined: RetryOption = False,
    log_format: LogOption = None,
) -> None:
    """Read the headers of pending files."""
    _jobs(["parse"], config_from(config, source, lake, warehouse), reparse=reparse, retry_quarantined=retry_quarantined)


def build(
    config: ConfigOption = None,
    source: SourceOption = None,
    lake: LakeOption = None,
    warehouse: WarehouseOption = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Every exam: rules of hospitals have changed.")] = False,
    log_format: LogOption = None,
) -> None:
    """Exams, series and acquisition parameters of what changed."""
    _jobs(["build"], config_from(config, source, lake, warehouse), rebuild=rebuild)


def _simple(name: str, text: str) -> Callable[..., None]:
    def command(
        config: ConfigOption = None,
        source: SourceOption = None,
        lake: LakeOption = None,
        warehouse: WarehouseOption = None,
        log_format: LogOption = None,
    ) -> None:
        _jobs([name], config_from(config, source, lake, warehouse))

    command.__name__, command.__doc__ = name, text
    return command


link = _simple("link", "Link exams to patients of the base centrale.")
cross = _simple("cross", "Join linked exams with visits, acts, reports and diagnoses.")
marts = _simple("marts", "Count exams, links and values by hospital, device and month.")
maintain = _simple("maintain", "Compact, cluster and vacuum the tables.")
COMMANDS = (run, index, parse, build, link, cross, marts, maintain)
