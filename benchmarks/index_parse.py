"""Times `index` and `parse` into Delta on local[2], against the usual pipeline over the same files in the same session.

    python -m benchmarks.index_parse --files 100000 --rounds 5 --usual-files 5000
    python -m benchmarks.index_parse --files 10000 400000 --pixels 512 --usual-files 0
    python -m benchmarks.index_parse --files 1000 --kinds MR US "enhanced MR"

The files have the header of pydicom's CT_small (258 elements) and differ as the slices of series do. The usual
pipeline lists with `binaryFile`, reads with pydicom and `to_json_dict()` in `mapInPandas`, and writes a column of JSON
to Delta. Both run three times on a few files first; the page cache is warm. Then each takes its files ``--rounds``
times, into a new lake each time: the JVM compiles what it runs while it runs, so that the first round is the slowest.

``--kinds`` are headers of other sizes (`benchmarks/samples.py`): how many files a second, from the difference of two
runs, which leaves out what a run costs however few its files.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pydicom
from pyspark.sql import SparkSession

from benchmarks.parse_budget import PIXEL_DATA, slices
from benchmarks.samples import KINDS, write
from eds_spark_imaging.config import Config
from eds_spark_imaging.pipeline.index.job import index
from eds_spark_imaging.pipeline.parse.job import parse
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.spark.session import spark_session

WARM_UP = 2_000  # files
WARM_UPS = 3  # runs, as in a process that has been at work for a while
PER_FOLDER = 1000
DISTINCT = 100  # files of another kind of header; the others differ from these in the SOPInstanceUID
FURTHER = (2_000, 20_000)  # files of the two runs whose difference is taken
FURTHER_USUAL = (200, 1_000)


def tree(root: Path, count: int, pixels: int | None) -> Path:
    """``count`` files in folders of a thousand."""
    for number in range(0, count, PER_FOLDER):
        folder = root / f"{number // PER_FOLDER:04d}"
        folder.mkdir(parents=True)
        slices(folder, min(PER_FOLDER, count - number), first=number, pixels=pixels)
    return root


def usual(spark: SparkSession, root: Path, lake: Path) -> float:
    """Seconds of the pipeline as it is often written."""

    def headers(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        import io
        import json

        import pydicom

        for batch in batches:
            rows = []
            for path, content in zip(batch["path"], batch["content"], strict=True):
                try:
                    dataset = pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True)
                    rows.append((path, json.dumps(dataset.to_json_dict()), None))
                except Exception as error:
                    rows.append((path, None, str(error)))
            yield pd.DataFrame(rows, columns=["path", "header", "error"])

    began = time.monotonic()
    files = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(str(root))
    rows = files.select("path", "content").mapInPandas(headers, "path string, header string, error string")
    rows.write.format("delta").mode("append").save(str(lake))
    return time.monotonic() - began


def ours(context: Context) -> tuple[float, float]:
    """Seconds of `index` and of `parse`."""
    began = time.monotonic()
    index(context)
    listed = time.monotonic()
    parse(context)
    return listed - began, time.monotonic() - listed


def open_lake(spark: SparkSession, root: Path, lake: Path) -> Context:
    return Context(spark, Config().with_places((str(root),), str(lake)))


def measure(spark: SparkSession, place: Path, count: int, pixels: int | None, rounds: int) -> None:
    """All files, then with the last lake nothing new, and one in a hundred new."""
    root = tree(place / f"files-{count}", count, pixels)
    os.sync()  # or writing the files out would go on below
    for number in range(rounds):
        context = open_lake(spark, root, place / f"lake-{count}-{number}")
        row(f"all new, round {number + 1}", count, *ours(context))
    row("nothing new", count, *ours(context))
    for number in range(rounds):
        some = count // 100
        slices(root, some, first=count + number * some, pixels=pixels)
        row(f"1 % new, round {number + 1}", some, *ours(context))
    shutil.rmtree(root)


def originals(folder: Path, kind: str) -> list[tuple[bytes, bytes]]:
    """Files of a kind, with few pixels, and their SOPInstanceUIDs."""
    files = []
    folder.mkdir()
    for path in write(folder, kind, DISTINCT):
        data = path.read_bytes()
        uid = pydicom.dcmread(path, specific_tags=["SOPInstanceUID"]).SOPInstanceUID.encode()
        files.append((data[: data.index(PIXEL_DATA) + 12 + 512], uid))
    shutil.rmtree(folder)
    return files


def copies(root: Path, files: list[tuple[bytes, bytes]], count: int) -> Path:
    """``count`` files, each with its own SOPInstanceUID."""
    for number in range(count):
        folder = root / f"{number // PER_FOLDER:04d}"
        folder.mkdir(parents=True, exist_ok=True)
        data, uid = files[number % len(files)]
        (folder / f"{number:06d}.dcm").write_bytes(data.replace(uid, uid[:-7] + b"%07d" % (number + 1_000_000)))
    return root


def further(spark: SparkSession, place: Path, kind: str) -> None:
    """Files a second of ours and of the usual pipeline, without what a run costs at least."""
    files, lake = originals(place / "originals", kind), place / "kind-lake"

    def rate(counts: tuple[int, int], pipeline: Callable[[Path], float]) -> float:
        seconds = []
        for count in counts:
            root = copies(place / "kind", files, count)
            os.sync()
            seconds.append(pipeline(root))
            shutil.rmtree(root)
            shutil.rmtree(lake)
        return (counts[1] - counts[0]) / (seconds[1] - seconds[0])

    mine = rate(FURTHER, lambda root: sum(ours(open_lake(spark, root, lake))))
    theirs = rate(FURTHER_USUAL, lambda root: usual(spark, root, lake))
    print(f"| {kind} | {mine:,.0f} | {theirs:,.0f} | {mine / theirs:.1f} |", flush=True)


def row(what: str, files: int, listing: float, parsing: float) -> None:
    total = listing + parsing
    each = " | " if "%" in what or "nothing" in what else f"{files / total:,.0f} | {2000 * total / files:.3f}"
    print(f"| {what} | {files:,} | {listing:.1f} | {parsing:.1f} | {total:.1f} | {each} |", flush=True)


def main() -> None:
    """Print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs="+", default=[100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--usual-files", type=int, default=10_000, help="0 leaves the usual pipeline out")
    parser.add_argument("--pixels", type=int, help="bytes of pixel data kept; all by default")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=[])
    parser.add_argument("--memory", default="3g", help="heap of the driver")
    given = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="index-parse-", dir=os.environ.get("TMPDIR")))
    spark = spark_session("index_parse", {"spark.master": "local[2]", "spark.driver.memory": given.memory})
    try:
        few = tree(place / "few", WARM_UP, given.pixels)
        for number in range(WARM_UPS):
            ours(open_lake(spark, few, place / f"few-lake-{number}"))
        print("| run | files | index, s | parse, s | all, s | files/s | ms of core a file |")
        print("|---|---|---|---|---|---|---|")
        for count in given.files:
            measure(spark, place, count, given.pixels, given.rounds)
        if given.usual_files:
            for number in range(WARM_UPS):
                usual(spark, few, place / f"few-usual-{number}")
            root = tree(place / "usual", given.usual_files, given.pixels)
            os.sync()
            for number in range(given.rounds):
                seconds = usual(spark, root, place / f"usual-lake-{number}")
                row(f"usual pipeline, round {number + 1}", given.usual_files, 0.0, seconds)
        if given.kinds:
            print("\n| header | further files/s | usual pipeline | x |\n|---|---|---|---|")
        for kind in given.kinds:
            further(spark, place, kind)
    finally:
        spark.stop()
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
