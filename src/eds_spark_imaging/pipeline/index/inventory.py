"""An inventory in the place of a listing: a table of a source's files that someone else made.

Parquet, or CSV where its name ends with ``.csv`` or ``.csv.gz`` (header line, comma, RFC 4180 quotes, within
which a line may end), with columns:

- ``path``: relative to the source's root, or absolute, as it is on the store and never quoted;
- ``size``: bytes;
- ``modified``: nanoseconds since 1970 as a whole number, or a time (in CSV, ISO 8601); without a zone it is UTC.

Other columns do not matter. Where a path is given more than once, the row that was modified last counts, and the larger
file among those of one time.
"""

from __future__ import annotations

import re
from typing import Final

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from eds_spark_imaging.config import SourceConfig
from eds_spark_imaging.errors import InputError
from eds_spark_imaging.storage.uri import split
from eds_spark_imaging.workers.folders import LISTED

_COLUMNS: Final = ("path", "size", "modified")
_TIME = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]"
_ZONE = r"(?i)(z|[+-][0-9]{2}(:?[0-9]{2})?)$"


def read_inventory(spark: SparkSession, source: SourceConfig) -> DataFrame:
    """The files of a source by its inventory, schema ``LISTED``, unique by path.

    InputError where it cannot be read, lacks a column, or has rows that are no file below the source's root.
    """
    where = f"source {source.name}: inventory {source.inventory}"
    try:
        frame = _frame(spark, source.inventory or "")
        names = {name.strip("\ufeff ").lower(): name for name in frame.columns}
        if missing := [column for column in _COLUMNS if column not in names]:
            raise InputError(f"{where} lacks the column {missing[0]!r}")
        given = frame.select(*[F.col(_quoted(names[c])).alias(c) for c in _COLUMNS])
        size = F.col("size").try_cast("bigint")
        rows = given.select(
            _absolute(source.root).alias("path"),
            size.alias("size"),
            _modified(given.schema["modified"].dataType, where).alias("modified"),
            (F.col("size").isNotNull() & ~F.coalesce(size >= 0, F.lit(False))).alias("_no_size"),
            F.col("size").isNotNull().alias("_has_size"),
            F.col("modified").isNotNull().alias("_has_time"),
        )
        _check(rows, source.root, where)
    except (PySparkException, Py4JError) as error:
        reason = error.getCondition() if isinstance(error, PySparkException) else None
        raise InputError(f"{where} cannot be read: {reason or 'Spark fails on it'}") from None
    last = F.max(F.struct("modified", "size")).alias("last")
    unique = rows.groupBy("path").agg(last).select("path", "last.size", "last.modified")
    return unique.select(
        F.lit(source.name).alias("source"), *_COLUMNS, F.lit(None).cast("string").alias("problem")
    ).select(*LISTED.names)


def _frame(spark: SparkSession, path: str) -> DataFrame:
    literal = re.sub(r"([\\{}\[\]*?])", r"\\\1", path)  # Spark takes these for patterns
    if re.search(r"\.csv(\.gz)?$", path, re.IGNORECASE):
        rows = spark.read.options(header=True, escape='"', enforceSchema=False)
        by_line = rows.csv(literal)
        if not _has_quoted_newlines(spark.read.text(literal)):
            return by_line
        # With the schema given: to find it in a file read whole, Spark takes even an escaped name for a pattern.
        return rows.schema(by_line.schema).csv(literal, multiLine=True)
    return spark.read.parquet(literal)


def _has_quoted_newlines(lines: DataFrame) -> bool:
    """Whether a quoted name goes on in the next line: the file is then read in one piece, which takes longer.

    Quotes within quotes are doubled, so that such a line has an odd number of them.
    """
    quotes = F.length("value") - F.length(F.translate("value", '"', ""))
    return not lines.where(quotes % 2 == 1).limit(1).isEmpty()


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"


def _absolute(root: str) -> Column:
    scheme, authority, _ = split(root)
    above = F.lit(f"{scheme}://{authority}" if scheme else "")
    path = F.col("path")
    return (
        F.when(path.rlike("^[A-Za-z][A-Za-z0-9+.-]*://"), path)
        .when(path.startswith("/"), F.concat(above, path))
        .when(path != "", F.concat(F.lit(root.rstrip("/") + "/"), path))
    )


def _modified(kind: T.DataType, where: str) -> Column:
    column = F.col("modified")
    if isinstance(kind, T.IntegralType):
        return column.cast("bigint")
    if isinstance(kind, T.TimestampType):
        return F.unix_micros(column) * 1000
    if isinstance(kind, T.TimestampNTZType):
        return F.expr("timestampdiff(MICROSECOND, TIMESTAMP_NTZ'1970-01-01 00:00:00', modified) * 1000")
    if isinstance(kind, T.StringType):
        zoned = F.when(column.rlike(_ZONE), column).otherwise(F.concat(column, F.lit("Z")))
        time = F.when(column.rlike(_TIME), F.unix_micros(zoned.try_cast("timestamp")) * 1000)
        return F.when(column.rlike("^[0-9]+$"), column.try_cast("bigint")).otherwise(time)
    raise InputError(f"{where}: modified is {kind.simpleString()}, neither a time nor nanoseconds")


def _check(rows: DataFrame, root: str, where: str) -> None:
    """InputError with the number of rows that are no file below the root; never with their names."""
    path, folder = F.col("path"), root.rstrip("/") + "/"
    inside = path.startswith(folder) & (F.length("path") > len(folder)) | (path == root)
    if split(root).scheme not in ("s3", "s3a"):  # where these are names like any other
        inside &= ~F.substring("path", len(folder), 1 << 30).rlike(r"/(\.{1,2})?(/|$)")
    bad = {
        "have no path below the root": ~F.coalesce(inside, F.lit(False)),
        "have a quote that does not end": path.contains("\n") & ~F.col("_has_size") & ~F.col("_has_time"),
        "have a size that is no number of bytes": F.col("_no_size"),
        "have a time that cannot be read": F.col("_has_time") & F.col("modified").isNull(),
    }
    counts = rows.agg(*[F.count_if(condition).alias(what) for what, condition in bad.items()]).first()
    for what, count in counts.asDict().items() if counts else ():
        if count:
            raise InputError(f"{where}: {count} rows {what}")
