"""The command ``report``: activity, coverage, links and data quality as one HTML file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from eds_spark_imaging.cli.answer_file import check_writable
from eds_spark_imaging.cli.options import ConfigOption, LakeOption, config_from
from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import InputError
from eds_spark_imaging.report.texts import Language, day


def report(
    lake: LakeOption = None,
    config: ConfigOption = None,
    out: Annotated[Path, typer.Option("--out", help="File to write.")] = Path("report.html"),
    language: Annotated[Language, typer.Option("--language", help="French or English.")] = Language.FR,
) -> None:
    """Write a report that needs no network: activity, coverage, links, data quality."""
    write_report(config_from(config, None, lake, None), out, language)


def write_report(config: Config, out: Path, language: Language) -> None:
    """Ask the lake and write the page. InputError where ``out`` cannot be written."""
    from eds_spark_imaging.lake.opening import open_lake  # noqa: PLC0415 - loads Spark
    from eds_spark_imaging.pipeline.report import answers  # noqa: PLC0415
    from eds_spark_imaging.report import page  # noqa: PLC0415

    check_writable(out)
    spark = open_lake(config, "eds-imaging report")
    newest = spark.sql("SELECT max(ended_at) FROM imaging_run").collect()[0][0]
    made = dt.date.today()
    release = f"{day(newest, language)} {newest.astimezone():%H:%M %Z}" if newest else "?"
    content = page(answers(spark), language, release=release, made=made)
    try:
        out.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out}: {error.strerror}") from None
    print(out)
