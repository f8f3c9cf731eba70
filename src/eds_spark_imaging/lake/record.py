"""What is recorded of a lake's tables, in a small file beside them. No Spark."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

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
        """From the file; None where there is none. LakeError where the lake is of a later version than ours.

        Its version is looked at before all else, since a later one may have other keys. LakeError where it is damaged.
        """
        if content is None:
            return None
        try:
            given = dict(json.loads(content))
            version, package = int(given["version"]), str(given["package"])
        except (ValueError, TypeError, KeyError):
            raise _damaged() from None
        if version > SCHEMA_VERSION:
            raise LakeError(
                f"the lake has been written by version {package} of this package, this is {__version__}: upgrade"
            )
        found = cls(**{f.name: given[f.name] for f in fields(cls) if f.name in given})
        if not all(isinstance(each, dict) for each in (found.tables, found.anew)):
            raise _damaged()
        return found

    @property
    def content(self) -> bytes:
        """As it stands in the file."""
        return json.dumps(asdict(self)).encode()


def _damaged() -> LakeError:
    return LakeError(
        f"the lake's record {SCHEMA_FILE} is damaged; unless a later version of this package has written the lake,"
        " delete it: the next run makes it anew"
    )
