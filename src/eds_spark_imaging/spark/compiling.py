"""Whether Spark compiles its queries: for little data that takes longer than the work does."""

from __future__ import annotations

from pyspark.sql import SparkSession

_MODE, _WHOLE = "spark.sql.codegen.factoryMode", "spark.sql.codegen.wholeStage"


class Compiling:
    """A switch, without effect where the configuration has a say in it."""

    def __init__(self, spark: SparkSession) -> None:
        self._conf = spark.conf
        self._is_ours = self._conf.get(_MODE) == "FALLBACK" and self._conf.get(_WHOLE) == "true"

    def turn(self, *, on: bool) -> None:
        """Compile the queries from here on, or not."""
        if self._is_ours:
            self._conf.set(_MODE, "FALLBACK" if on else "NO_CODEGEN")
            self._conf.set(_WHOLE, str(on).lower())
