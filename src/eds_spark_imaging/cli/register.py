"""The command ``register``: a lake in a folder as a database of the metastore."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from eds_spark_imaging.cli.options import ConfigOption, LakeOption, config_from
from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import ConfigError


def register(
    database: Annotated[str, typer.Argument(help="Database of the metastore; made where it is not there.")],
    lake: LakeOption = None,
    config: ConfigOption = None,
) -> None:
    """Make the tables and views of a lake in a folder known to the metastore."""
    register_lake(config_from(config, None, lake, None), database)


def register_lake(config: Config, database: str) -> None:
    """Make the names; ConfigError where the lake is a database already, or the name cannot be one."""
    from eds_spark_imaging.lake.lake import Lake  # noqa: PLC0415 - loads Spark
    from eds_spark_imaging.lake.opening import check_folder  # noqa: PLC0415
    from eds_spark_imaging.lake.registration import register_in_database  # noqa: PLC0415
    from eds_spark_imaging.spark.session import spark_session  # noqa: PLC0415
    from eds_spark_imaging.tables import Catalogue  # noqa: PLC0415

    place = config.require_lake()
    if place.database:
        raise ConfigError(f"the lake is the database {place.database}: its tables are known already")
    if not re.fullmatch(r"[A-Za-z]\w*", database):
        raise ConfigError(f"{database!r} is no name of a database")
    check_folder(place.path)
    spark = spark_session("eds-imaging register", config.spark, metastore=True)
    names = register_in_database(Lake(spark, place, Catalogue(config.site_attributes), writable=False), database)
    print(f"{len(names)} tables and views in {database}")
