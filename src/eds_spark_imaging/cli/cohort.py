"""The command ``cohort``: exams, visits or patients by criteria, with what each step left."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from eds_spark_imaging.cli.grid import print_grid
from eds_spark_imaging.cli.options import ConfigOption, LakeOption, config_from
from eds_spark_imaging.cohorts import Cohort, cohort_sql
from eds_spark_imaging.config import Config


class AttritionFormat(StrEnum):
    """Formats of the attrition."""

    TABLE = "table"
    JSON = "json"


def cohort(
    file: Annotated[Path, typer.Argument(help="Description of the cohort (TOML).")],
    lake: LakeOption = None,
    config: ConfigOption = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL and make nothing.")] = False,
    output: Annotated[AttritionFormat, typer.Option("--format", help="How the attrition is printed.")] = (
        AttritionFormat.TABLE
    ),
) -> None:
    """Make a cohort: a table of its members, and what each step left."""
    described = Cohort.from_toml(file)
    if sql:
        print(cohort_sql(described))
        return
    print_cohort(described, config_from(config, None, lake, None), output)


def print_cohort(described: Cohort, config: Config, output: AttritionFormat) -> None:
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
    if output is AttritionFormat.JSON:
        print(json.dumps({"name": described.name, **asdict(made)}, ensure_ascii=False))
        return
    rows = [(str(a.step), a.text, f"{a.exams:,}", f"{a.visits:,}", f"{a.patients:,}") for a in made.attrition]
    print_grid(("step", "criteria", "exams", "visits", "patients"), rows)
    print(f"{made.members:,} {described.grain}s in {made.table}")
