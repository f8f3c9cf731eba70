"""The command `restore`: the lake as it was at a release."""

from __future__ import annotations

from typing import Annotated

import typer

from eds_spark_imaging.cli.options import ConfigOption, LakeOption, LogOption, config_from


def restore(
    run: Annotated[str, typer.Argument(help="The release: run_id of imaging_release.")],
    lake: LakeOption = None,
    config: ConfigOption = None,
    log_format: LogOption = None,
) -> None:
    """Bring every table and watermark back to a release."""
    from eds_spark_imaging.cli.progress import progress_on_terminal  # noqa: PLC0415
    from eds_spark_imaging.pipeline.jobs import restore_release  # noqa: PLC0415 - loads Spark

    restore_release(run, config_from(config, None, lake, None), progress_on_terminal())
