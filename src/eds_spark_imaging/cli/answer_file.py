"""The answer to a query as a file: CSV, JSON lines or Parquet, by its ending."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from eds_spark_imaging.cli.rows import json_lines, texts, with_unique_names, write_csv
from eds_spark_imaging.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def check_answer_file(out: Path) -> None:
    """InputError where nothing can be written there, before the work begins."""
    if out.suffix not in _WRITERS:
        raise InputError(f"{out}: the ending says the format: {', '.join(_WRITERS)}")
    check_writable(out)


def check_writable(out: Path) -> None:
    """InputError where there cannot be such a file, as far as this process can tell before the work begins."""
    folder = out.absolute().parent
    if not folder.is_dir():
        raise InputError(f"{out}: there is no such folder")
    if out.is_dir():
        raise InputError(f"{out} is a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{out}: its folder cannot be written")


def write_answer(frame: DataFrame, out: Path, *, private: bool = False) -> None:
    """Write the rows to ``out``; an earlier file stays as it is until all are written. InputError where none can be.

    Parquet keeps types: clinical times without zone, run times as instants. Only its owner may read a
    ``private`` one.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".eds-imaging-", dir=out.absolute().parent) as folder:
            written = Path(folder) / f"rows{out.suffix}"
            _WRITERS[out.suffix](frame, written)
            if private:
                written.chmod(0o600)
            written.replace(out)
    except OSError as error:
        raise InputError(f"{out}: {error.strerror}") from None


def _csv(frame: DataFrame, out: Path) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        write_csv(file, frame.columns, texts(frame))


def _json(frame: DataFrame, out: Path) -> None:
    with out.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in json_lines(frame))


def _parquet(frame: DataFrame, out: Path) -> None:
    from eds_spark_imaging.pipeline.parquet_file import write_parquet  # noqa: PLC0415 - loads Spark

    write_parquet(with_unique_names(frame), out)


_WRITERS: dict[str, Callable[[DataFrame, Path], None]] = {".csv": _csv, ".jsonl": _json, ".parquet": _parquet}
