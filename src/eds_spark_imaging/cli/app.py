"""The command ``eds-imaging``: arguments only; the work is elsewhere. ``--help`` loads no Spark."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import NoReturn

import typer

from eds_spark_imaging.cli import output
from eds_spark_imaging.cli.cohort import cohort
from eds_spark_imaging.cli.demo import demo
from eds_spark_imaging.cli.describe import describe
from eds_spark_imaging.cli.doctor import doctor
from eds_spark_imaging.cli.export import export
from eds_spark_imaging.cli.header import header
from eds_spark_imaging.cli.jobs import COMMANDS
from eds_spark_imaging.cli.pseudonymise import pseudonymise
from eds_spark_imaging.cli.register import register
from eds_spark_imaging.cli.report import report
from eds_spark_imaging.cli.restore import restore
from eds_spark_imaging.cli.serve_sql import serve_sql
from eds_spark_imaging.cli.sql import sql
from eds_spark_imaging.cli.synth import synth
from eds_spark_imaging.cli.terms import terms
from eds_spark_imaging.errors import ImagingError, InputError, UsageError
from eds_spark_imaging.runs import events

INTERRUPTED = 130

app = typer.Typer(
    help="DICOM headers to Delta tables, joined with a hospital data warehouse.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_READERS = (sql, serve_sql, register, cohort, report, export)
for command in (*COMMANDS, pseudonymise, restore, *_READERS, header, terms, describe, synth, demo, doctor):
    app.command()(output.until_closed(command))


def main() -> None:
    """Entry point: errors of users are one line and their exit code."""
    output.begin()
    try:
        events.check_environment()
        _run()
    except ImagingError as error:
        fail(error, str(error), error.exit_code)
    except KeyboardInterrupt as error:
        fail(error, "interrupted", INTERRUPTED)
    except Exception as error:
        if output.is_of_system(error):
            fail(error, output.system_line(error), InputError.exit_code)
        from eds_spark_imaging.cli.spark_errors import one_line  # noqa: PLC0415

        said = one_line(error)
        if said:
            fail(error, *said)
        if not events.structured():
            raise
        events.report_fault(error)
        sys.exit(1)
    finally:
        output.finish()


def _run() -> None:
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        if code == INTERRUPTED:  # what typer makes of it
            raise KeyboardInterrupt
        sys.exit(code)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        more = f" (see {context.command_path} --help)" if context else ""
        raise UsageError(error.format_message() + more) from None
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # of which typer makes 1, without a word
            if not output.unread(sys.stdout):
                raise ended.__context__ from None
            ended.code = 0
        with suppress(BrokenPipeError):
            sys.stdout.flush()  # where it cannot be written, that is an error like any other
        raise


def fail(error: BaseException, text: str, code: int) -> NoReturn:
    """Print one line on standard error and end with ``code``."""
    events.report(error, text, code)
    sys.exit(code)
