"""What the reader makes of single files, for debugging: JSON lines on standard output, no Spark."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pydicom.uid import UID

from eds_spark_imaging.cli.options import ConfigOption
from eds_spark_imaging.config import Config, load_config
from eds_spark_imaging.config.sections.sources import SourceConfig
from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.declaration.attribute import Attribute
from eds_spark_imaging.dicom.declaration.source import parse_source
from eds_spark_imaging.dicom.header import reader_of
from eds_spark_imaging.dicom.result import Header
from eds_spark_imaging.errors import InputError
from eds_spark_imaging.storage.source import LocalFile
from eds_spark_imaging.storage.uri import is_remote


def header(
    files: Annotated[list[Path], typer.Argument(help="DICOM files.")],
    config: ConfigOption = None,
    explain: Annotated[bool, typer.Option("--explain", help="Where each value came from, with units.")] = False,
) -> None:
    """Show what the reader makes of files, as JSON lines; starts no Spark."""
    print_headers(files, load_config(config), explain=explain)


def print_headers(files: Sequence[Path], config: Config, *, explain: bool) -> None:
    """One JSON object a file: path, status, reason, values, issues, and with ``explain`` units and origins.

    InputError at the end where a file is not there; the others are printed all the same.
    """
    attributes = declaration(config.site_attributes)
    missing = []
    for file in files:
        if not os.path.isfile(file):
            missing.append(f"{file}: {'no file' if os.path.exists(file) else 'no such file'}")
            continue
        reader = reader_of(attributes, **_options_of(file, config.sources), explain=explain)
        header = reader.read(LocalFile(str(file)))
        found = as_json(file, header, attributes, explain=explain)
        print(laid_out(found) if sys.stdout.isatty() else _json(found))
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise InputError(f"{missing[0]}{more}")


def _options_of(file: Path, sources: Sequence[SourceConfig]) -> dict[str, str | None]:
    """What the source that a file lies in tells the header reader; of a file elsewhere, what the only source does."""
    path = os.path.realpath(file)
    for source in sources:
        if not is_remote(source.root) and f"{path}/".startswith(os.path.join(os.path.realpath(source.root), "")):
            return source.reader_options
    return sources[0].reader_options if len(sources) == 1 else {}


def as_json(file: Path, header: Header, attributes: Sequence[Attribute], *, explain: bool) -> dict[str, Any]:
    """One header as a JSON object; values in the order of the declaration.

    With ``explain`` a value is an object: see :func:`_explained`.
    """
    known = {a.column: a for a in attributes if a.column in header.values}
    result: dict[str, Any] = {
        "path": str(file),
        "status": header.status.value,
        "reason": header.reason,
    }
    if explain:
        uids = {key: header.values.get(f"{key}_uid") for key in ("sop_class", "transfer_syntax")}
        result |= {key: UID(uid).name for key, uid in uids.items() if isinstance(uid, str)}
    result |= {
        "values": {c: _explained(a, header) if explain else header.values[c] for c, a in known.items()},
        "issues": [issue._asdict() for issue in header.issues],
    }
    if header.frame_ranges:
        result["frame_ranges"] = header.frame_ranges
    if header.frame_conflicts:
        result["frame_conflicts"] = header.frame_conflicts
    if header.offsets:
        result["utc_offsets"] = header.offsets
    result |= {
        "has_preamble": header.has_preamble,
        "has_pixel_data": header.has_pixel_data,
        "header_bytes": header.header_bytes,
        "bytes_read": header.bytes_read,
    }
    return result


def laid_out(found: dict[str, Any]) -> str:
    """The same JSON for people: a value, or an issue, on each line."""
    lines = []
    for key, content in found.items():
        if isinstance(content, dict) and content:
            parts = [f"{_json(name)}: {_json(value)}" for name, value in content.items()]
            text = "{\n    " + ",\n    ".join(parts) + "\n  }"
        elif isinstance(content, list) and content:
            text = "[\n    " + ",\n    ".join(map(_json, content)) + "\n  ]"
        else:
            text = _json(content)
        lines.append(f"  {_json(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}"


def _json(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _explained(attribute: Attribute, header: Header) -> dict[str, Any]:
    """A value with its unit; ``from`` the source of the declaration, ``tag`` the path of tags to the first element
    that gave it, ``place`` in words, ``creator`` of a private element, ``over_frames`` its range where it varies.
    """
    column = attribute.column
    text, tag = header.sources[column], header.tags[column]
    result: dict[str, Any] = {
        "value": header.values[column],
        "unit": attribute.unit,
        "from": text,
        "tag": tag,
        "place": _place(tag),
    }
    creator = parse_source(text).steps[-1].creator
    if creator is not None:
        result["creator"] = creator
    if column in header.frame_ranges:
        result["over_frames"] = header.frame_ranges[column]
    return result


def _place(tag: str) -> str:
    """Which part of the file a path of tags leads to."""
    if match := re.match(r"\(5200,9230\)\[(\d+)\]", tag):
        return f"functional groups of frame {int(match[1]) + 1}"
    if tag.startswith("(5200,9229)"):
        return "shared functional groups"
    if tag.startswith("(0002,"):
        return "file meta information"
    return "sequence" if "[" in tag else "top level"


def _plain(value: object) -> object:
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    raise TypeError(f"no JSON for {type(value).__name__}")
