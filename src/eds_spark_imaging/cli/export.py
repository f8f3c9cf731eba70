"""The command ``export``: exams in the form of a standard, and which are not in it, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from eds_spark_imaging.cli.grid import print_grid
from eds_spark_imaging.cli.options import ConfigOption, LakeOption, config_from
from eds_spark_imaging.errors import UsageError
from eds_spark_imaging.exports.words import NotExported, Standard, TableFormat


def export(
    standard: Annotated[Standard, typer.Argument(help="OMOP with its imaging extension, or FHIR R4.")],
    to: Annotated[str, typer.Option("--to", help="Folder to write, not there yet or empty.")],
    config: ConfigOption = None,
    lake: LakeOption = None,
    output: Annotated[
        TableFormat | None, typer.Option("--format", help="Files of tables, Parquet by default; FHIR is NDJSON.")
    ] = None,
) -> None:
    """Write the exams of a lake in the form of a standard; they name patients."""
    from eds_spark_imaging.pipeline.export import export as write  # noqa: PLC0415 - loads Spark

    if output is not None and standard is Standard.FHIR:
        raise UsageError("--format is for tables: FHIR is NDJSON")
    done = write(config_from(config, None, lake, None), standard, to, output or TableFormat.PARQUET)
    rows = [("exported", f"{done.exams:,}", "")]
    rows += [(reason, f"{count:,}", NotExported(reason).meaning) for reason, count in done.not_exported.items()]
    print_grid(("exams", "number", "why"), rows)
