"""By which rules a job has worked: its results are made anew where these change."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from eds_spark_imaging import __version__

_REVISION = 4  # raised where the rules of the code change between two releases


def rules_hash(*rules: Any) -> int:
    """A hash of what decides how a job works, of values that JSON has, and of the version of this package; a BIGINT."""
    text = json.dumps([__version__, _REVISION, *rules], sort_keys=True)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
