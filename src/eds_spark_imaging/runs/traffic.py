"""What Spark reads and writes for a job, by its own metrics."""

from __future__ import annotations

from typing import Any, NamedTuple

from pyspark.sql import SparkSession


class Traffic(NamedTuple):
    """Bytes and rows of files read and written, tables and scratch folders alike; Python workers' own reads are not."""

    input_bytes: int = 0
    input_rows: int = 0
    output_bytes: int = 0
    output_rows: int = 0

    def plus(self, other: Traffic) -> Traffic:
        """The sum of both."""
        return Traffic(*[a + b for a, b in zip(self, other, strict=True)])


class Meter:
    """Adds up the stages that Spark has completed since the last look.

    Spark remembers 1,000 stages (``spark.ui.retainedStages``): a job with more must be looked at in between.
    """

    def __init__(self, spark: SparkSession) -> None:
        self._context: Any = spark.sparkContext._jsc
        self._gateway: Any = spark.sparkContext._gateway
        self._floor = -1  # this stage and those before it are counted
        self._counted: set[int] = set()
        self.take()

    def take(self) -> Traffic:
        """The traffic of the stages since the last call; none where Spark does not tell."""
        try:
            return self._take(self._stages())
        except Exception:  # figures never end a job
            return Traffic()

    def _take(self, stages: Any) -> Traffic:
        total, newest, running = Traffic(), self._floor, []
        for place in range(stages.size()):  # the newest first
            stage = stages.apply(place)
            number = int(stage.stageId())
            if number <= self._floor:
                break
            newest = max(newest, number)
            if stage.status().toString() in ("ACTIVE", "PENDING"):
                running.append(number)
            elif number not in self._counted:
                self._counted.add(number)
                counted = (stage.inputBytes(), stage.inputRecords(), stage.outputBytes(), stage.outputRecords())
                total = total.plus(Traffic(*map(int, counted)))
        self._floor = min(running) - 1 if running else newest
        self._counted = {number for number in self._counted if number > self._floor}
        return total

    def _stages(self) -> Any:
        context = self._context.sc()
        context.listenerBus().waitUntilEmpty()  # its own thread tells of the stages, a moment later
        no_quantiles = self._gateway.new_array(self._gateway.jvm.double, 0)
        return context.statusStore().stageList(None, False, False, no_quantiles, None)
