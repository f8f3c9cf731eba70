"""The stamp of the last run id that was given in a lake: a run that was killed leaves ids in tables, and no record.

It is the name of an empty file. The one of an older id goes only then, so that there is one at every moment.
"""

from __future__ import annotations

from eds_spark_imaging.lake.tables import LakeTables
from eds_spark_imaging.spark.hadoop import HadoopPath

_FOLDER = "_last_id"


def last_stamp(lake: LakeTables) -> str:
    """Empty where none has been kept, as in lakes of earlier versions."""
    return max(_folder(lake).children(), default="")


def keep_stamp(lake: LakeTables, stamp: str) -> None:
    """For who holds the lake, before anything is written under the id."""
    folder = _folder(lake)
    older = folder.children()
    (folder / stamp).create_once(b"")
    for name in older:
        (folder / name).delete()


def _folder(lake: LakeTables) -> HadoopPath:
    return HadoopPath(lake.spark, f"{lake.root}/{_FOLDER}")
