"""The command ``cohort``: exams, visits or patients by criteria, with what each step left."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from eds_spark_imaging.cli.options import ConfigOption, Format, FormatOption, LakeOption, config_from
from eds_spark_imaging.cli.rows import print_texts
from eds_spark_imaging.cohorts import Cohort, cohort_sql
from eds_spark_imaging.config import Config


def cohort(
    file: Annotated[Path, typer.Argument(help="Description of the cohort (TOML).")],
    lake: LakeOption = None,
    config: ConfigOption = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL and make nothing.")] = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """Make a cohort: a table of its members, and what each step left."""
    described = Cohort.from_toml(file)
    if sql:
        print(cohort_sql(described))
        return
    print_cohort(described, config_from(config, None, lake, None), output)


def print_cohort(described: Cohort, config: Config, output: Format) -> None:
    """Make the cohort in the lake and print its attrition."""
    from eds_spark_imaging.lake.lake import Lake  # noqa: PLC0415 - loads Spark
    from eds_spark_imaging.lake.opening import open_lake  # noqa: PLC0415
    from eds_spark_imaging.lake.releases import newest_release  # noqa: PLC0415
    from eds_spark_imaging.pipeline.cohort import make_cohort  # noqa: PLC0415
    from eds_spark_imaging.tables import Catalogue  # noqa: PLC0415

    spark = open_lake(config, "eds-imaging cohort")
    place = Lake(spark, config.require_lake(), Catalogue(config.site_attributes))
    release = newest_release(place)
    with place.lock():
        made = make_cohort(spark, place, described, release.run_id if release else "")
    if output is Format.JSON:
        print(json.dumps({"name": described.name, **asdict(made)}, ensure_ascii=False))
        return
    number = "{:,}".format if output is Format.TABLE else str
    rows = [(str(a.step), a.text, number(a.exams), number(a.visits), number(a.patients)) for a in made.attrition]
    print_texts(("step", "criteria", "exams", "visits", "patients"), rows, output)
    if output is Format.TABLE:
        print(f"{made.members:,} {described.grain}s in {made.table}")
