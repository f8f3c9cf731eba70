"""Tables that are made anew as a whole, columns and all, in one commit."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.tables import Table


def replace_table(lake: Lake, table: Table, rows: DataFrame) -> None:
    """The table holds ``rows`` and nothing else; readers of an older version keep it."""
    if not lake.exists(table.name):
        lake.spark.sql(table.create_statement(lake.identifier(table.name)))
    columns = [
        F.col(column.name).alias(column.name, metadata={"comment": column.description}) for column in table.columns
    ]
    writer = rows.select(*columns).write.format("delta").mode("overwrite").option("overwriteSchema", "true")
    if lake.database:
        writer.saveAsTable(lake.identifier(table.name))
    else:
        writer.save(f"{lake.root}/{table.name}")
