"""The command `pseudonymise`: the tables of a project, without its patients' identity."""

from __future__ import annotations

from typing import Annotated

import typer

from eds_spark_imaging.cli.options import ConfigOption, LakeOption, LogOption, config_from
from eds_spark_imaging.config import lake_at


def pseudonymise(
    project: Annotated[str, typer.Option("--project", help="Name of the project, one of [[projects]].")],
    to: Annotated[str, typer.Option("--to", help="Folder of the project's tables, or db:NAME.")],
    config: ConfigOption = None,
    lake: LakeOption = None,
    log_format: LogOption = None,
) -> None:
    """Make or bring up to date the pseudonymised tables of a project."""
    from eds_spark_imaging.cli.progress import progress_on_terminal  # noqa: PLC0415
    from eds_spark_imaging.pipeline.pseudonymise.job import pseudonymise as job  # noqa: PLC0415 - loads Spark

    job(config_from(config, None, lake, None), project, lake_at(to), progress_on_terminal())
