"""The options that commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from eds_spark_imaging.config import Config, load_config
from eds_spark_imaging.runs import events
from eds_spark_imaging.tables import Catalogue


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


ConfigOption = Annotated[Path | None, typer.Option("--config", help="Configuration file (TOML).")]
SourceOption = Annotated[list[str] | None, typer.Option("--source", help="Root of DICOM files; repeatable.")]
LakeOption = Annotated[str | None, typer.Option("--lake", help="Folder of the tables, or db:NAME.")]
WarehouseOption = Annotated[
    str | None, typer.Option("--warehouse", help="Folder of the base centrale, db:NAME, or jdbc:URL.")
]
LiveOption = Annotated[bool, typer.Option("--live", help="The newest commits instead of the newest release.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How rows are printed.")]

LogOption = Annotated[
    events.LogFormat | None,
    typer.Option("--log-format", help="Lines on standard error.", callback=events.choose, is_eager=True),
]


def config_from(path: Path | None, source: list[str] | None, lake: str | None, warehouse: str | None) -> Config:
    """The configuration file under the places that the command line gives. ConfigError where it cannot be used."""
    config = load_config(path).with_places(tuple(source or ()), lake, warehouse)
    if config.attributes:
        Catalogue(config.site_attributes)  # or a column is there already
    return config
