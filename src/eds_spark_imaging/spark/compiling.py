"""Whether Spark compiles its queries: for little data that takes longer than the work does."""

from __future__ import annotations

from typing import Final

from pyspark.sql import SparkSession

from eds_spark_imaging.spark.settings import SMALL_CONF

_MODE, _WHOLE = "spark.sql.codegen.factoryMode", "spark.sql.codegen.wholeStage"
_COMPILED: Final = ("FALLBACK", "true")
_EXPRESSIONS: Final = ("FALLBACK", "false")
_NOTHING: Final = (SMALL_CONF[_MODE], SMALL_CONF[_WHOLE])


class Compiling:
    """A switch, without effect where the configuration has a say in it. A small session compiles no whole stages."""

    def __init__(self, spark: SparkSession) -> None:
        self._conf = spark.conf
        self._found = (str(self._conf.get(_MODE)), str(self._conf.get(_WHOLE)))

    def restore(self) -> None:
        """Compile as the session was found to."""
        self._set(self._found)

    def turn(self, *, on: bool) -> None:
        """Compile the queries from here on, or not."""
        self._turn(_COMPILED if on and self._found == _COMPILED else _NOTHING)

    def expressions_only(self) -> None:
        """Compile expressions from here on, not whole stages: for many rows made from hundreds of columns."""
        self._turn(_EXPRESSIONS)

    def _turn(self, values: tuple[str, str]) -> None:
        if self._found in {_COMPILED, _NOTHING}:
            self._set(values)

    def _set(self, values: tuple[str, str]) -> None:
        for key, value in zip((_MODE, _WHOLE), values, strict=True):
            self._conf.set(key, value)
