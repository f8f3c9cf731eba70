"""Does a little of everything that jobs do, so that Java loads what goes into the archive of classes."""

from __future__ import annotations

import tempfile
from typing import Any

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

from eds_spark_imaging.spark.session import spark_session


def load_classes() -> None:
    """Create, write, merge, query, compact: on tiny tables in a temporary folder."""
    spark = spark_session("class archive", small=True)
    with tempfile.TemporaryDirectory() as folder:
        table = f"delta.`{folder}/t`"
        spark.sql(
            f"CREATE TABLE {table} (k STRING NOT NULL, v BIGINT, a ARRAY<STRING>, t TIMESTAMP_NTZ) USING delta"
            " CLUSTER BY (k) TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true', 'delta.constraints.c' = 'v >= 0')"
        )
        rows = spark.range(100).selectExpr("string(id) k", "id v", "array(string(id)) a", "timestamp_ntz'2020-01-01' t")
        rows.write.mode("overwrite").parquet(f"{folder}/p")
        kept = spark.read.schema(rows.schema).parquet(f"{folder}/p")
        kept.write.format("delta").mode("append").save(f"{folder}/t")
        spark.sql(
            f"MERGE INTO {table} t USING (SELECT k, v + 1 v, a, t FROM parquet.`{folder}/p` WHERE v < 9) s ON t.k = s.k"
            " WHEN MATCHED AND s.v = 3 THEN DELETE WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        )
        there = spark.table(table)
        place = F.row_number().over(Window.partitionBy("v").orderBy(F.desc("k")))
        one = there.join(kept.select("k"), "k", "full_outer").withColumn("place", place).where("place = 1")
        one.groupBy("v").agg(F.count_distinct("k"), F.collect_set("k"), F.max("k")).collect()
        there.join(kept, "k", "left_anti").select(F.xxhash64("k", F.to_json("a")), F.explode("a")).distinct().collect()
        kept.join(F.broadcast(there.select("k")), "k", "left_semi").mapInArrow(lambda b: b, kept.schema).count()
        spark.sql(f"OPTIMIZE {table}").collect()
        spark.sql(f"DESCRIBE DETAIL {table}").collect()
        spark.createDataFrame([("a", 1)], "k string, v bigint").coalesce(1).orderBy("v").limit(1).collect()
    _end(spark)


def _end(spark: SparkSession) -> None:
    """Wait for Java, which writes the archive when it ends."""
    gateway: Any = spark.sparkContext._gateway
    spark.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()


if __name__ == "__main__":
    load_classes()
