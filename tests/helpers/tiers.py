"""A small nominative lake of planted people, and the tier of a project made of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import few_attributes
import lakes
import planted

from eds_spark_imaging.config import Config, LakeConfig, ProjectConfig
from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.declaration.attribute import Attribute

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

EVERYBODY = planted.people(8)
ROWS = {"imaging_series": (1, 2), "imaging_acquisition": (1, 2), "imaging_study_diagnosis": (0, 1, 2)}
PROJECT = ProjectConfig("heart", k=5, allow=("series_description", "study_description"))
KEY = b"a key that stands in no file of the tier"


def some_attributes(site: Sequence[Attribute] = ()) -> tuple[Attribute, ...]:
    """A few of each level, and the one of the site."""
    columns = {*few_attributes.COLUMNS, "site_text", "frame_of_reference_uid", "device_serial_number"}
    return tuple(a for a in declaration(site) if a.column in columns)


def open_source(spark: SparkSession, place: Path) -> Context:
    """The nominative lake."""
    config = Config(attributes=(planted.SITE_ATTRIBUTE,), projects=(PROJECT,))
    return lakes.open_context(spark, place / "lake", config=config)


def write(context: Context, everybody: Sequence[planted.Person], run: str) -> None:
    """The exams of these people, as the jobs would write them in a run."""
    for table in (table for table in context.catalogue if table.pseudonymised):
        rows = [planted.row(table, person, number) for person in everybody for number in ROWS.get(table.name, (1,))]
        lakes.write(context, table.name, rows, run, beside_others=True)


def tier_at(source: Context, place: Path) -> Context:
    from eds_spark_imaging.pipeline.pseudonymise.job import tier_of

    return tier_of(source, PROJECT.name, LakeConfig(path=str(place)))


def bring_up_to_date(source: Context, tier: Context, key: bytes = KEY) -> dict[str, int]:
    """Run the job; the counts of the run."""
    from eds_spark_imaging.pipeline.pseudonymise.job import bring_up_to_date as job

    job(source, tier, key)
    return lakes.last_counts(tier, "pseudonymise")


def rows_of(context: Context, table: str) -> list[dict[str, Any]]:
    return [row.asDict(recursive=True) for row in context.lake.read(table).collect()]
