"""Where the time of a file goes in the job `parse`, against a budget of 0.2 ms of one core for each file.

    python -m benchmarks.parse_budget --files 20000

Reader, row assembly, Arrow batch and Parquet file, in one process without Spark, over CT headers like pydicom's
CT_small that differ as the slices of series do.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from pydicom.data import get_testdata_file

from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.storage.source import LocalFile
from eds_spark_imaging.tables import Catalogue
from eds_spark_imaging.workers.parsing import ROWS_PER_BATCH, Assembler, FileReading

BUDGET = 0.2  # ms
CHUNK = 50  # files between two looks at the clock
SLICES = 250  # of a series
# Texts of CT_small that differ from slice to slice, and how long they are: positions, times, numbers, end of the UID.
VARYING = {
    b"1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322": 5,
    b"-75.699997": 8,
    b"-77.2040634155": 12,
    b"113008": 4,
    b"112936": 4,
}
PIXEL_DATA = b"\xe0\x7f\x10\x00OW\x00\x00"
SERIES = b"1.3.6.1.4.1.5962.1.3.1.1.20040119072730.12322"


def slices(folder: Path, count: int, *, first: int = 0, pixels: int | None = None) -> list[Path]:
    """``count`` files like CT_small in series of 250, numbered from ``first``; ``pixels``: bytes of them to keep."""
    data = Path(get_testdata_file("CT_small.dcm")).read_bytes()
    if pixels is not None:
        data = data[: data.index(PIXEL_DATA) + 12 + pixels]
    paths = []
    for number in range(first, first + count):
        changed = data
        for text, kept in VARYING.items():
            digits = len(text) - kept
            changed = changed.replace(text, text[:kept] + f"{1 + number % 10 ** (digits - 1):0{digits}d}".encode())
        changed = changed.replace(SERIES, SERIES[:-5] + f"{10000 + number // SLICES % 90000}".encode())
        paths.append(folder / f"{number:06d}.dcm")
        paths[-1].write_bytes(changed)
    return paths


def main() -> None:
    """Print one Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=20_000)
    given = parser.parse_args()
    catalogue = Catalogue()
    steps = dict.fromkeys(("reader", "row assembly", "Arrow batches", "Parquet file"), 0.0)
    with TemporaryDirectory(prefix="budget-") as folder:
        paths = slices(Path(folder), given.files)
        reader, assembler = HeaderReader(catalogue.attributes), Assembler(catalogue.readings)
        batches = []
        for start in range(0, len(paths), CHUNK):
            part = paths[start : start + CHUNK]
            at = [time.process_time()]
            headers = [reader.read(LocalFile(path)) for path in part]
            at.append(time.process_time())
            for path, header in zip(part, headers, strict=True):
                assembler.add(FileReading(str(path), "benchmark", header))
            at.append(time.process_time())
            if assembler.count == ROWS_PER_BATCH or start + CHUNK >= len(paths):
                batches.append(assembler.batch())
            at.append(time.process_time())
            for step, (begin, end) in zip(("reader", "row assembly", "Arrow batches"), pairwise(at), strict=True):
                steps[step] += end - begin
        began = time.process_time()
        pq.write_table(pa.Table.from_batches(batches), Path(folder) / "staged.parquet")
        steps["Parquet file"] = time.process_time() - began
    print(f"{given.files:,} files of CT_small's header, {len(catalogue.attributes)} declared attributes, one core.\n")
    print("| step | ms/file | share of the budget |\n|---|---|---|")
    steps["all"] = sum(steps.values())
    for step, taken in steps.items():
        each = taken / given.files * 1000
        print(f"| {step} | {each:.4f} | {each / BUDGET:.0%} |")


if __name__ == "__main__":
    main()
