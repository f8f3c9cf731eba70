"""The command ``cohort``: exams, visits or patients by criteria, with what each step left."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from eds_spark_imaging.cli.answer_file import check_answer_file, write_answer
from eds_spark_imaging.cli.options import ConfigOption, Format, FormatOption, LakeOption, WarehouseOption, config_from
from eds_spark_imaging.cli.rows import print_texts
from eds_spark_imaging.cohorts import Cohort, cohort_sql
from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import UsageError


def cohort(
    file: Annotated[Path, typer.Argument(help="Description of the cohort (TOML).")],
    lake: LakeOption = None,
    config: ConfigOption = None,
    warehouse: WarehouseOption = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL and make nothing.")] = False,
    output: FormatOption = Format.TABLE,
    manifest: Annotated[
        Path | None, typer.Option("--manifest", help="File for the paths of the images: .csv, .jsonl or .parquet.")
    ] = None,
    project: Annotated[
        str | None, typer.Option("--project", help="Project that the paths are for; it is recorded.")
    ] = None,
) -> None:
    """Make a cohort: a table of its members, and what each step left."""
    places = config_from(config, None, lake, warehouse)
    described = Cohort.from_toml(file, places.cross)
    if (manifest is None) != (project is None):
        raise UsageError("--manifest and --project go together: whom paths are given to is recorded")
    if sql:
        if manifest is not None or output is not Format.TABLE:
            raise UsageError("--sql prints SQL and makes nothing: leave out --format, --manifest and --project")
        print(cohort_sql(described))
        return
    paths_for = None
    if manifest is not None and project is not None:
        check_answer_file(manifest)
        places.project(project)  # or there is no such one
        paths_for = (manifest, project)
    print_cohort(described, places, output, paths_for)


def print_cohort(described: Cohort, config: Config, output: Format, paths_for: tuple[Path, str] | None = None) -> None:
    """Make the cohort in the lake and print its attrition; ``paths_for`` are the file of a manifest and its project."""
    from eds_spark_imaging.lake.opening import is_tier, open_release  # noqa: PLC0415 - loads Spark
    from eds_spark_imaging.pipeline.base_views import make_base_views  # noqa: PLC0415
    from eds_spark_imaging.pipeline.cohort import make_cohort  # noqa: PLC0415
    from eds_spark_imaging.pipeline.manifest import check_manifest, manifest  # noqa: PLC0415
    from eds_spark_imaging.runs.context import Context  # noqa: PLC0415

    spark, release = open_release(config, "eds-imaging cohort")
    context = Context(spark, config)
    if config.warehouse is not None and not is_tier(spark):
        make_base_views(spark, config.warehouse, described.tables)  # keys of a tier are not those of the base centrale
    with context.lake.lock():
        if paths_for:
            check_manifest(context, described, paths_for[1])
        made = make_cohort(spark, context.lake, described, release.run_id if release else "")
        if paths_for:
            write_answer(manifest(context, made, paths_for[1]), paths_for[0], private=True)
    if output is Format.JSON:
        print(json.dumps({"name": described.name, **asdict(made)}, ensure_ascii=False))
        return
    number = "{:,}".format if output is Format.TABLE else str
    rows = [(str(a.step), a.text, number(a.exams), number(a.visits), number(a.patients)) for a in made.attrition]
    print_texts(("step", "criteria", "exams", "visits", "patients"), rows, output)
    if output is Format.TABLE:
        print(f"{made.members:,} {described.grain}s in {made.table}")
