"""What is recorded of a lake's tables, in a small file beside them. No Spark."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from eds_spark_imaging import __version__
from eds_spark_imaging.errors import LakeError

SCHEMA_VERSION = 2
SCHEMA_FILE = "_schema"


@dataclass(frozen=True)
class Schema:
    """Version, hashes of the tables' declarations, and by job the run from which on its runs count.

    A lake of release 0.1.0 has no record: it is of version 1.
    """

    version: int = 1
    package: str = "0.1.0"
    tables: Mapping[str, str] = field(default_factory=dict)
    anew: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, content: bytes | None) -> Schema | None:
        """From the file; None where there is none. LakeError where the lake is of a later version than ours."""
        if content is None:
            return None
        found = cls(**json.loads(content))
        if found.version > SCHEMA_VERSION:
            raise LakeError(
                f"the lake has been written by version {found.package} of this package, this is {__version__}: upgrade"
            )
        return found

    @property
    def content(self) -> bytes:
        """As it stands in the file."""
        return json.dumps(asdict(self)).encode()
