"""Rows of any size as one Parquet file on the machine of the driver."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema

from eds_spark_imaging.workers.record_batches import PACKED, packed, unpacked


def write_parquet(frame: DataFrame, out: Path) -> None:
    """Write the rows, of which one partition at a time is in memory. Clinical times stay without zone.

    Raises OSError.
    """
    with pq.ParquetWriter(out, to_arrow_schema(frame.schema, timezone="UTC")) as writer:
        for row in frame.mapInArrow(packed, PACKED).toLocalIterator():
            writer.write_table(unpacked(row[0]).cast(writer.schema))
