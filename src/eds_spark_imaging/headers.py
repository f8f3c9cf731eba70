"""What the reader makes of single files, for debugging: JSON lines on standard output, no Spark."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eds_spark_imaging.config import Config
from eds_spark_imaging.dicom.attribute import Attribute
from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.result import Header
from eds_spark_imaging.dicom.storage import LocalFile
from eds_spark_imaging.errors import InputError


def print_headers(files: Sequence[Path], config: Config, *, explain: bool) -> None:
    """One JSON object a file: path, status, reason, values, issues, and with ``explain`` units and origins.

    InputError at the end where a file is not there; the others are printed all the same.
    """
    attributes = declaration(config.site_attributes)
    reader = HeaderReader(attributes, explain=explain)
    missing = []
    for file in files:
        if not os.path.isfile(file):
            missing.append(file)
            continue
        header = reader.read(LocalFile(str(file)))
        print(json.dumps(as_json(file, header, attributes, explain=explain), default=_plain, ensure_ascii=False))
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise InputError(f"{missing[0]}: no such file{more}")


def as_json(file: Path, header: Header, attributes: Sequence[Attribute], *, explain: bool) -> dict[str, Any]:
    """One header as a JSON object; values in the order of the declaration."""
    known = {a.column: a for a in attributes if a.column in header.values}
    values: dict[str, Any] = {column: header.values[column] for column in known}
    if explain:
        values = {
            column: {"value": values[column], "unit": a.unit, "from": header.sources.get(column, a.path)}
            for column, a in known.items()
        }
    result: dict[str, Any] = {
        "path": str(file),
        "status": header.status.value,
        "reason": header.reason,
        "values": values,
        "issues": [issue._asdict() for issue in header.issues],
    }
    if header.frame_ranges:
        result["frame_ranges"] = header.frame_ranges
    if header.offsets:
        result["utc_offsets"] = header.offsets
    result |= {
        "has_preamble": header.has_preamble,
        "has_pixel_data": header.has_pixel_data,
        "header_bytes": header.header_bytes,
        "bytes_read": header.bytes_read,
    }
    return result


def _plain(value: object) -> object:
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    raise TypeError(f"no JSON for {type(value).__name__}")
