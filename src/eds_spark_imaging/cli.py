"""The command ``eds-imaging``: arguments only; the work is elsewhere. ``--help`` loads no Spark."""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from eds_spark_imaging import logs
from eds_spark_imaging.config import Config, load_config
from eds_spark_imaging.errors import ImagingError

app = typer.Typer(
    help="DICOM headers to Delta tables, joined with a hospital data warehouse.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Configuration file (TOML).")]
SourceOption = Annotated[list[str] | None, typer.Option("--source", help="Root of DICOM files; repeatable.")]
LakeOption = Annotated[str | None, typer.Option("--lake", help="Folder of the tables, or db:NAME.")]
WarehouseOption = Annotated[str | None, typer.Option("--warehouse", help="Folder of the base centrale, or db:NAME.")]
RemovalsOption = Annotated[bool, typer.Option("--allow-removals", help="Accept that over 5 % of a source is gone.")]
RetryOption = Annotated[bool, typer.Option("--retry-quarantined", help="Parse quarantined files again.")]


class Reparse(StrEnum):
    """What `--reparse` may name."""

    OUTDATED = "outdated"


ReparseOption = Annotated[
    Reparse | None, typer.Option("--reparse", help="Parse again what an older declaration or reader wrote.")
]


LogOption = Annotated[
    logs.LogFormat | None,
    typer.Option("--log-format", help="Lines on standard error.", callback=logs.choose, is_eager=True),
]


def seconds(period: str) -> float:
    """The seconds of a period such as `90s`, `10m` or `1.5h`."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smh])", period.strip())
    length = float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]] if match else 0
    if not 1 <= length <= 7 * 86400:
        raise typer.BadParameter("a period such as 90s, 10m or 1h, of 1 second to 7 days")
    return length


class Format(StrEnum):
    """Formats of query results."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def _config(path: Path | None, source: list[str] | None, lake: str | None, warehouse: str | None) -> Config:
    return load_config(path).with_places(tuple(source or ()), lake, warehouse)


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
    from eds_spark_imaging.pipeline.jobs import Options, repeat_jobs, run_jobs  # noqa: PLC0415 - loads Spark
    from eds_spark_imaging.pipeline.parse import Selection  # noqa: PLC0415
    from eds_spark_imaging.progress import Progress  # noqa: PLC0415
    from eds_spark_imaging.report import print_summary  # noqa: PLC0415

    selection = Selection(outdated=reparse is Reparse.OUTDATED, quarantined=retry_quarantined)
    options, progress = Options(allow_removals, selection, rebuild), Progress.on_terminal()
    if every:
        repeat_jobs(names, config, options, every, progress)
        return
    context = run_jobs(names, config, options, progress)
    if summary:
        print_summary(context)


@app.command()
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
    """Run all jobs in order: index, parse, build, link, cross, marts."""
    from eds_spark_imaging.pipeline.jobs import JOBS  # noqa: PLC0415

    _jobs(
        list(JOBS),
        _config(config, source, lake, warehouse),
        allow_removals=allow_removals,
        reparse=reparse,
        retry_quarantined=retry_quarantined,
        summary=True,
        every=every,
    )


@app.command()
def index(
    config: ConfigOption = None,
    source: SourceOption = None,
    lake: LakeOption = None,
    warehouse: WarehouseOption = None,
    allow_removals: RemovalsOption = False,
    log_format: LogOption = None,
) -> None:
    """List the sources; new and changed files become pending."""
    _jobs(["index"], _config(config, source, lake, warehouse), allow_removals=allow_removals)


@app.command()
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
    _jobs(["parse"], _config(config, source, lake, warehouse), reparse=reparse, retry_quarantined=retry_quarantined)


@app.command()
def build(
    config: ConfigOption = None,
    source: SourceOption = None,
    lake: LakeOption = None,
    warehouse: WarehouseOption = None,
    rebuild: Annotated[bool, typer.Option("--all", help="Every exam: rules of hospitals have changed.")] = False,
    log_format: LogOption = None,
) -> None:
    """Exams, series and acquisition parameters of what changed."""
    _jobs(["build"], _config(config, source, lake, warehouse), rebuild=rebuild)


def _simple(name: str, text: str) -> None:
    def command(
        config: ConfigOption = None,
        source: SourceOption = None,
        lake: LakeOption = None,
        warehouse: WarehouseOption = None,
        log_format: LogOption = None,
    ) -> None:
        _jobs([name], _config(config, source, lake, warehouse))

    app.command(name, help=text)(command)


_simple("link", "Link exams to patients of the base centrale.")
_simple("cross", "Join linked exams with diagnoses and procedures.")
_simple("marts", "Count exams and links by hospital, modality and month.")
_simple("maintain", "Compact, cluster and vacuum the tables.")


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="A SELECT on the tables and views.")],
    lake: LakeOption = None,
    config: ConfigOption = None,
    output: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = Format.TABLE,
    limit: Annotated[int, typer.Option(help="Rows shown as a table; 0 for all.")] = 100,
) -> None:
    """Query the tables with SQL."""
    from eds_spark_imaging.query import run_query  # noqa: PLC0415

    run_query(_config(config, None, lake, None), query, output.value, limit)


@app.command()
def header(
    files: Annotated[list[Path], typer.Argument(help="DICOM files.")],
    config: ConfigOption = None,
    explain: Annotated[bool, typer.Option("--explain", help="Where each value came from, with units.")] = False,
) -> None:
    """Show what the reader makes of files, as JSON lines; starts no Spark."""
    from eds_spark_imaging.headers import print_headers  # noqa: PLC0415

    print_headers(files, load_config(config), explain=explain)


@app.command()
def describe(
    table: Annotated[str | None, typer.Argument(help="A table; all are listed without it.")] = None,
    config: ConfigOption = None,
) -> None:
    """Show the data dictionary."""
    from eds_spark_imaging.dictionary import print_dictionary  # noqa: PLC0415

    print_dictionary(load_config(config), table)


@app.command()
def synth(
    out: Annotated[Path, typer.Option("--out", help="Folder to write; must be empty or absent.")],
    patients: Annotated[int, typer.Option("--patients", min=1, help="Number of patients.")] = 200,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 1,
    defects: Annotated[float, typer.Option(min=0, max=1, help="Share of exams attached wrongly or not.")] = 0.2,
) -> None:
    """Make a synthetic hospital: DICOM tree, base centrale, and the truth."""
    from eds_spark_imaging.demo import make_hospital  # noqa: PLC0415

    make_hospital(out, patients, seed, defects)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder of the demonstration.")] = Path("demo"),
    patients: Annotated[int, typer.Option("--patients", min=10, help="Synthetic patients.")] = 100,
    seed: Annotated[int, typer.Option("--seed")] = 1,
) -> None:
    """Make a synthetic hospital and run every job on it and on the real files that pydicom ships."""
    from eds_spark_imaging.demo import run_demo  # noqa: PLC0415

    run_demo(out, patients, seed)


@app.command()
def doctor(
    config: ConfigOption = None,
    source: SourceOption = None,
    lake: LakeOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Check Java, JARs, versions, the workers' Python and access to the places."""
    from eds_spark_imaging.doctor import examine  # noqa: PLC0415

    examine(_config(config, source, lake, warehouse))


def main() -> None:
    """Entry point: errors of users are one line and their exit code."""
    try:
        app()
    except ImagingError as error:
        fail(error, str(error), error.exit_code)
    except KeyboardInterrupt as error:
        fail(error, "interrupted", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except Exception as error:
        from eds_spark_imaging.faults import one_line  # noqa: PLC0415

        said = one_line(error)
        if said:
            fail(error, *said)
        if not logs.structured():
            raise
        logs.report_fault(error)
        sys.exit(1)


def fail(error: BaseException, text: str, code: int) -> NoReturn:
    """Print one line on standard error and end with ``code``."""
    logs.report(error, text, code)
    sys.exit(code)


if __name__ == "__main__":
    main()
