"""Damages real files at random and checks that the header reader gives a status, typed values and bounded time.

A longer run, with its figures: ``python tests/fuzz/fuzz_header.py --count 200000 --seed 1``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import random
import re
import struct
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pydicom

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.declaration.attribute import Attribute, Kind
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.reason import Reason, Rejection
from eds_spark_imaging.dicom.result import Header, HeaderStatus
from eds_spark_imaging.storage.source import BytesSource

SIBLING = Path(__file__).parents[3] / "shared" / "dicom"
MAX_SEED = 64 * 1024  # bytes of a seed file that are kept: the header and some pixels
MAX_SECONDS = 30.0  # for one input that takes milliseconds: not a measure of speed, it finds what does not end
NASTY = (0, 1, 7, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
VRS = b"AE AS AT CS DA DS DT FD FL IS LO LT OB OW PN SH SL SQ SS ST TM UI UL UN US UT ZZ".split()
MARKS = (b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0", b"\xe0\x7f\x10\x00", b"\x00\x52\x30\x92")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
TYPES: dict[Kind, type | tuple[type, ...]] = {
    Kind.STRING: str,
    Kind.TIME: str,
    Kind.DOUBLE: float,
    Kind.AGE: float,
    Kind.BIGINT: int,
    Kind.DATE: dt.date,
    Kind.DATETIME: dt.datetime,
}


def seeds() -> list[bytes]:
    """Files of pydicom's package, and of the folder beside the project where it is there."""
    roots = (Path(pydicom.__file__).parent / "data", SIBLING)
    paths = sorted(p for root in roots for p in root.rglob("*") if p.is_file() and p.suffix in (".dcm", ""))
    return [data for path in paths if (data := path.read_bytes()[:MAX_SEED])]


def damage(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """One to four changes to the bytes of a file, mostly in its first kilobytes."""
    result = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        if not result:
            break
        reach = min(len(result), chance.choice((300, 2_000, 20_000)))
        place = chance.randrange(reach)
        match chance.randrange(10):
            case 0:
                result[place] ^= 1 << chance.randrange(8)
            case 1:
                result[place : place + chance.randint(1, 8)] = chance.randbytes(chance.randint(0, 8))
            case 2:
                del result[place:]
            case 3:
                del result[place : place + chance.randint(1, 300)]
            case 4:
                order = chance.choice("<>")
                result[place : place + 4] = struct.pack(order + "L", chance.choice(NASTY))
            case 5:
                order = chance.choice("<>")
                result[place : place + 2] = struct.pack(order + "H", chance.choice(NASTY) & 0xFFFF)
            case 6:
                result[place : place + 2] = chance.choice(VRS)
            case 7:
                other = chance.choice(others)
                cut = chance.randrange(len(other))
                result[place:] = other[cut:]
            case 8:
                result[place:place] = chance.choice(MARKS) + struct.pack("<L", chance.choice(NASTY))
            case _:
                piece = result[place : place + chance.randint(1, 2_000)]
                result[place:place] = piece * chance.randint(1, 3)
    return bytes(result)


def check(header: Header, attributes: dict[str, Attribute]) -> None:
    """Raises AssertionError where a header breaks its contract."""
    assert header.status in HeaderStatus
    assert header.reason != Rejection.INTERNAL_ERROR
    assert (header.reason is None) == (header.status in (HeaderStatus.PARSED, HeaderStatus.DICOMDIR))
    assert header.reason is None or header.reason in list(Rejection)
    assert len(header.issues) <= 101
    assert all(issue.reason in list(Reason) for issue in header.issues)
    assert all(issue.attribute is None or issue.attribute in attributes for issue in header.issues)
    assert all(issue.raw is None or len(issue.raw) <= 256 for issue in header.issues)
    assert header.status in (HeaderStatus.PARSED, HeaderStatus.QUARANTINED) or not header.values
    for column, value in header.values.items():
        attribute = attributes[column]
        if attribute.is_array:
            assert isinstance(value, list)
            assert any(part is not None for part in value)
            assert attribute.many or attribute.each or None not in value
            for part in value:
                if part is not None:  # an item without the value, or an empty one of several, keeps its place
                    _check_value(part, attribute.kind)
        else:
            _check_value(value, attribute.kind)
            assert value != ""
    for column, (smallest, largest) in header.frame_ranges.items():
        assert smallest < largest
        assert smallest <= header.values[column] <= largest  # type: ignore[operator]


def _check_value(value: Any, kind: Kind) -> None:
    assert type(value) is TYPES[kind]
    if isinstance(value, str):
        assert not CONTROL.search(value)
        assert value == value.strip(" ")
        value.encode()
    elif isinstance(value, float):
        assert math.isfinite(value)
    elif isinstance(value, int):
        assert -(2**63) <= value < 2**63


def run(count: int, seed: int) -> tuple[Counter[str], float, float]:
    """Outcomes of ``count`` inputs, the longest time for one of them and the time for all, in seconds."""
    attributes = declaration()
    reader = HeaderReader(attributes)
    by_column = {a.column: a for a in attributes}
    chance = random.Random(seed)
    files = seeds()
    outcomes: Counter[str] = Counter()
    longest = total = 0.0
    for number in range(count):
        data = damage(chance.choice(files), files, chance)
        started = time.process_time()
        header = reader.read(BytesSource(data))
        took = time.process_time() - started
        longest, total = max(longest, took), total + took
        try:
            check(header, by_column)
            assert took < MAX_SECONDS
        except AssertionError:
            Path(f"fuzz-{seed}-{number}.dcm").write_bytes(data)
            raise
        outcomes[header.status if header.reason is None else f"{header.status}: {header.reason}"] += 1
    return outcomes, longest, total


def main() -> None:
    """Prints the figures of a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    outcomes, longest, total = run(options.count, options.seed)
    for outcome, number in outcomes.most_common():
        print(f"{number:8d}  {outcome}")
    print(f"{options.count} inputs, seed {options.seed}: {total:.0f} s, longest {longest * 1000:.0f} ms")


if __name__ == "__main__":
    main()
