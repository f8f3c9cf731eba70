"""SQL on the tables of a lake: only the result goes to standard output."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.terminal import print_grid

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_NESTED = ("array", "map", "struct")


def open_lake(config: Config, app: str) -> SparkSession:
    """A session in which the lake's tables and views are known by name. LakeError where there is none.

    The function ``file_id`` is known too where the lake has a key that this user may read.
    """
    from eds_spark_imaging.file_ids import file_id, find_key  # noqa: PLC0415
    from eds_spark_imaging.lake import Lake  # noqa: PLC0415 - loads Spark
    from eds_spark_imaging.session import spark_session  # noqa: PLC0415
    from eds_spark_imaging.tables import Catalogue  # noqa: PLC0415

    place = config.require_lake()
    check_folder(place.path)
    spark = spark_session(app, config.spark)
    lake = Lake(spark, place, Catalogue(config.site_attributes))
    if not lake.register():
        raise LakeError(f"no tables in the lake {place.path or place.database}: run the jobs first")
    key = find_key(spark, lake.root)
    if key:
        spark.udf.register("file_id", file_id(key))
    return spark


def check_folder(path: str | None) -> None:
    """LakeError where a lake in a local folder is not there."""
    from pathlib import Path  # noqa: PLC0415

    if path and "://" not in path and not Path(path).is_dir():
        raise LakeError(f"the lake {path} does not exist")


def run_query(config: Config, query: str, output: str, limit: int) -> None:
    """Print the rows of ``query`` as a table, CSV, or JSON lines (ISO dates and times, nulls kept)."""
    frame = open_lake(config, "eds-imaging sql").sql(query)
    if output == "json":
        _print_json(frame)
    elif output == "csv":
        _print_csv(frame)
    else:
        _print_table(frame, limit)


def _print_json(frame: DataFrame) -> None:
    from pyspark.sql import functions as F  # noqa: PLC0415

    options = {"ignoreNullFields": "false", "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"}
    options["timestampNTZFormat"] = "yyyy-MM-dd'T'HH:mm:ss.SSSSSS"
    renamed = _unique_names(frame)
    for row in renamed.select(F.to_json(F.struct("*"), options)).toLocalIterator():
        print(row[0])


def _unique_names(frame: DataFrame) -> DataFrame:
    """Columns of the same name get a number, so that no value is lost in the JSON object."""
    seen: dict[str, int] = {}
    names = []
    for name in frame.columns:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return frame.toDF(*names)


def _texts(frame: DataFrame) -> Iterator[list[str | None]]:
    from pyspark.sql import functions as F  # noqa: PLC0415

    renamed = _unique_names(frame)
    columns = [
        F.to_json(F.col(f"`{name}`")) if kind.startswith(_NESTED) else F.col(f"`{name}`").cast("string")
        for name, kind in renamed.dtypes
    ]
    for row in renamed.select(*columns).toLocalIterator():
        yield list(row)


def _print_csv(frame: DataFrame) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(frame.columns)
    writer.writerows(_texts(frame))


def _print_table(frame: DataFrame, limit: int) -> None:
    rows = _texts(frame.limit(limit + 1) if limit else frame)
    print_grid(frame.columns, islice(rows, limit or None))
    if next(rows, None) is not None:
        print(f"only the first {limit} rows are shown; --limit 0 shows all", file=sys.stderr)
