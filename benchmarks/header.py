"""Headers per second on one core: this reader against plain pydicom, in one process and one run.

    python -m benchmarks.header --files 50 --rounds 7

Every contender reads every file of a kind once a round, one contender after the other; medians over the rounds. This
reader is made anew for every round, so that it knows no value from the round before. Pages of the files are in memory.

Of real files, a second table compares this reader with one that learns no templates: both read each file, in turn.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from pydicom.data import get_testdata_file

from benchmarks.samples import KINDS, write
from benchmarks.with_fastdicom import FastdicomReader
from benchmarks.with_pydicom import PydicomReader
from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.parser.byte_order import BIG
from eds_spark_imaging.dicom.result import Header
from eds_spark_imaging.dicom.templates.known import Templates
from eds_spark_imaging.storage.source import LocalFile

Contender = Callable[[Path], Any]
PLAIN = "pydicom, attributes"


class NoTemplates(Templates):
    """Learns nothing, so that every file is gone through by itself."""

    def learn(self, data: bytes, header: Header, elements: int) -> None:
        """Nothing."""


def contenders() -> dict[str, Callable[[], Contender]]:
    """Makers of what reads one file."""
    attributes = declaration()
    plain = PydicomReader(attributes)

    def ours() -> Contender:
        reader = _reader()
        return lambda path: reader.read(LocalFile(path))

    found: dict[str, Callable[[], Contender]] = {
        "this reader": ours,
        PLAIN: lambda: plain.plain,
        "pydicom, specific_tags": lambda: plain.specific,
        "pydicom, to_json_dict": lambda: plain.json,
    }
    with suppress(ImportError):
        fast = FastdicomReader(attributes)
        found["fastdicom, attributes"] = lambda: fast
    return found


def real() -> dict[str, list[Path]]:
    """The real series, and a mixture of other files, of the folder beside the project; none where it is not there.

    Files that a contender refuses are left out.
    """
    folder = Path(__file__).parents[2] / "shared" / "dicom"
    found = {f"real {series.name}": sorted(series.iterdir()) for series in sorted(folder.glob("series/*"))}
    others = [path for path in sorted(folder.glob("[!s]*/**/*")) if path.is_file()]
    if others:
        found["real mixture"] = [path for path in others if all(map(partial(_reads, path), contenders().values()))]
    return found


def _reads(path: Path, make: Callable[[], Contender]) -> bool:
    try:
        make()(path)
    except Exception:
        return False
    return True


def _reader(*, templates: bool = True) -> HeaderReader:
    reader = HeaderReader(declaration())
    reader._plan(BIG)  # which a process makes once, at its first big-endian file
    if not templates:
        reader._templates = NoTemplates(reader._little, (None, None))
    return reader


def seconds(read: Contender, paths: list[Path]) -> float:
    """Time of one core for one file."""
    started = time.process_time()
    for path in paths:
        read(path)
    return (time.process_time() - started) / len(paths)


def peak(read: Contender, path: Path) -> float:
    """Peak of Python's memory while one file is read, in KB, by tracemalloc; after a first file."""
    read(path)
    tracemalloc.start()
    read(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1000


def measure(kind: str, paths: list[Path], rounds: int) -> list[str]:
    """The rows of one kind of file."""
    header = HeaderReader(declaration()).read(LocalFile(paths[0]))
    share = header.bytes_read / header.header_bytes
    makers = contenders()
    times: dict[str, list[float]] = {name: [] for name in makers}
    for _ in range(rounds):
        for name, make in makers.items():
            times[name].append(seconds(make(), paths))
    rows = []
    for name, make in makers.items():
        taken = median(times[name])
        ratio = median(other / own for own, other in zip(times[name], times[PLAIN], strict=True))
        cells = [kind, f"{header.header_bytes / 1000:.1f}", name, f"{1 / taken:,.0f}", f"{taken * 1000:.3f}"]
        cells += [f"{ratio:.1f}", f"{share:.2f}" if name == "this reader" else "", f"{peak(make(), paths[0]):.0f}"]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def in_turn(paths: list[Path], rounds: int) -> tuple[list[tuple[float, float]], int]:
    """Of each round, the times of one core for one file without and with templates; how many files were recognised."""
    found, recognised = [], 0
    for number in range(rounds):
        readers = [_reader(templates=False), _reader()]
        times = [0.0, 0.0]
        recognised = 0
        for place, path in enumerate(paths):
            for which in ((0, 1), (1, 0))[(number + place) % 2]:
                started = time.process_time()
                header = readers[which].read(LocalFile(path))
                times[which] += time.process_time() - started
                recognised += which and header.common is not None
        found.append((times[0] / len(paths), times[1] / len(paths)))
    return found, recognised


def templates_row(kind: str, paths: list[Path], rounds: int) -> str:
    """What templates save, or cost, with one kind of file."""
    found, recognised = in_turn(paths, rounds)
    without, with_templates = (median(times) * 1e6 for times in zip(*found, strict=True))
    share = median(after / before for before, after in found)
    return f"| {kind} | {len(paths)} | {recognised} | {without:.0f} | {with_templates:.0f} | {share:.3f} |"


def main() -> None:
    """Print two Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=500, help="files of each kind")
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # of pydicom, on what real files hold
    logging.disable()
    folder = Path(tempfile.mkdtemp(prefix="headers-"))
    print(
        f"{len(declaration())} declared attributes; {given.files} files of each kind, median of {given.rounds} rounds."
    )
    print("\n| file | header, KB | reader | files/s | ms/file | x pydicom | bytes read / header | peak, KB |")
    print("|---|---|---|---|---|---|---|---|")
    try:
        samples = {kind: write(folder, kind, given.files) for kind in KINDS}
        met = real()
        samples |= met
        samples["CT_small"] = [Path(get_testdata_file("CT_small.dcm"))] * given.files
        for kind, paths in samples.items():
            print("\n".join(measure(kind, paths, given.rounds)), flush=True)
        print("\n| files | number | recognised | without templates, µs | with templates, µs | with / without |")
        print("|---|---|---|---|---|---|")
        for kind, paths in met.items():
            print(templates_row(kind, paths, given.rounds), flush=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
