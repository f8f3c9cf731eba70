"""Reads series of many scanners in the order of their paths, and scattered: what order is worth to the header reader.

    python -m benchmarks.file_order --series 1000 --files 20

The headers are those of pydicom's CT_small; each series has texts of other lengths (maker, model, description, place),
its slices differ in numbers, positions and times. Four readers stand for four tasks: each gets neighbours in order, or
files from anywhere. The Parquet file holds what finds a row: paths and UIDs.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from pydicom import dcmread
from pydicom.data import get_testdata_file

from benchmarks.parse_budget import PIXEL_DATA, VARYING
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.result import Header
from eds_spark_imaging.storage.source import LocalFile
from eds_spark_imaging.tables import Catalogue

TASKS = 4
TEXTS = ("Manufacturer", "ManufacturerModelName", "StudyDescription", "InstitutionName", "PatientName")


def write(root: Path, series: int, files: int, rng: random.Random) -> list[Path]:
    """The files of all series, in order."""
    paths = []
    for number in range(series):
        dataset = dcmread(get_testdata_file("CT_small.dcm"))
        for keyword in TEXTS:
            setattr(dataset, keyword, f"{keyword[:4]} {number}".ljust(rng.randrange(10, 60), "X"))
        folder = root / f"{number:04d}"
        folder.mkdir()
        dataset.save_as(folder / "first")
        data = (folder / "first").read_bytes()
        (folder / "first").unlink()
        data = data[: data.index(PIXEL_DATA) + 12]
        for slice_number in range(files):
            changed = data
            for text, kept in VARYING.items():
                digits = len(text) - kept
                value = 1 + (number * files + slice_number) % 10 ** (digits - 1)
                changed = changed.replace(text, text[:kept] + f"{value:0{digits}d}".encode())
            paths.append(folder / f"{slice_number:04d}.dcm")
            paths[-1].write_bytes(changed)
    return paths


def read(paths: list[Path]) -> tuple[float, int]:
    """Milliseconds of one core a file, and bytes of the accounting's rows as Parquet, one file a task."""
    seconds, size = 0.0, 0
    for task in range(TASKS):
        share = paths[task * len(paths) // TASKS : (task + 1) * len(paths) // TASKS]
        reader = HeaderReader(Catalogue().attributes)
        began = time.process_time()
        headers = [reader.read(LocalFile(path)) for path in share]
        seconds += time.process_time() - began
        size += _size(share, headers)
    return seconds / len(paths) * 1000, size


def _size(paths: list[Path], headers: list[Header]) -> int:
    columns = {
        "path": [f"/pacs/2024/03/01/{path.parent.name}/{path.name}" for path in paths],
        "study": [header.values.get("study_instance_uid") for header in headers],
        "series": [header.values.get("series_instance_uid") for header in headers],
        "sop": [header.values.get("sop_instance_uid") for header in headers],
    }
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return int(sink.getvalue().size)


def main() -> None:
    """Print one Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--files", type=int, default=20, help="of a series")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    rng = random.Random(given.seed)
    with TemporaryDirectory(prefix="order-") as folder:
        paths = write(Path(folder), given.series, given.files, rng)
        scattered = rng.sample(paths, len(paths))
        print("| order | ms of core a file | paths and UIDs as Parquet, KB |\n|---|---|---|")
        for what, order in (("by path", paths), ("scattered", scattered)):
            each, size = read(order)
            print(f"| {what} | {each:.4f} | {size / 1000:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
