"""What rows of dicom_instance are marked with: the reader, and the character sets of their source if it names some."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from pyspark.sql import Column
from pyspark.sql import functions as F

from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.spark.hadoop import HadoopPath

_FILE = "_read_by"


@dataclass(frozen=True)
class Marks:
    """The fingerprint of the ``reader``, and by source the options that it was given."""

    reader: str
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, context: Context) -> Marks:
        """Those of rows read now."""
        named = {
            source.name: "/".join(f"{name}={value}" for name, value in source.reader_options.items() if value)
            for source in context.config.sources
        }
        return cls(context.fingerprint, {source: options for source, options in named.items() if options})

    @classmethod
    def stored_in(cls, staging: HadoopPath) -> Marks:
        """Those of the rows of a staging, which an older reader may have made; of no reader where it does not tell."""
        content = (staging / _FILE).content()
        return cls(**json.loads(content)) if content else cls("unknown")

    def put_beside(self, staging: HadoopPath) -> None:
        """Keep them with the rows of a staging."""
        (staging / _FILE).create_once(json.dumps(asdict(self)).encode())

    @property
    def column(self) -> Column:
        """The mark of a row, by its source."""
        mark = F.lit(self.reader)
        for source, options in self.options.items():
            mark = F.when(F.col("source") == source, f"{self.reader}/{options}").otherwise(mark)
        return mark
