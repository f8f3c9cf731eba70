from datetime import datetime, timedelta
from random import Random

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from eds_spark_imaging.synth.hospital.clock import existing, instant, paris_time

UTC_EPOCH = datetime(1970, 1, 1)


def in_utc(wall: datetime) -> datetime:
    return UTC_EPOCH + timedelta(microseconds=instant(wall))


@pytest.mark.parametrize(
    ("wall", "utc"),
    [
        (datetime(2024, 1, 15, 12, 0), datetime(2024, 1, 15, 11, 0)),
        (datetime(2024, 7, 15, 12, 0), datetime(2024, 7, 15, 10, 0)),
        (datetime(2024, 3, 31, 1, 59, 59), datetime(2024, 3, 31, 0, 59, 59)),
        (datetime(2024, 3, 31, 3, 0, 0), datetime(2024, 3, 31, 1, 0, 0)),
        (datetime(2024, 10, 27, 1, 59), datetime(2024, 10, 26, 23, 59)),
        (datetime(2024, 10, 27, 2, 30), datetime(2024, 10, 27, 0, 30)),  # comes twice: the first
        (datetime(2024, 10, 27, 3, 0), datetime(2024, 10, 27, 2, 0)),
        (datetime(1900, 1, 1), datetime(1899, 12, 31, 23, 50, 39)),  # local mean time of Paris, +0:09:21
    ],
)
def test_instant_of_a_paris_wall_clock_time(wall, utc):
    assert in_utc(wall) == utc


def test_instants_agree_with_arrow():
    rng = Random(1)
    walls = [existing(datetime(1950, 1, 1) + timedelta(seconds=rng.randrange(75 * 365 * 86_400))) for _ in range(5000)]
    zoned = pc.assume_timezone(pa.array(walls, pa.timestamp("us")), "Europe/Paris", ambiguous="earliest")
    assert [instant(wall) for wall in walls] == zoned.cast(pa.int64()).to_pylist()


@pytest.mark.parametrize("minute", [0, 30, 59])
def test_an_hour_that_clocks_skip_is_not_shown(minute):
    assert existing(datetime(2025, 3, 30, 2, minute)) == datetime(2025, 3, 30, 3, minute)


def test_other_hours_stay_and_come_back():
    for wall in (datetime(2025, 3, 30, 1, 59), datetime(2025, 3, 29, 2, 30), datetime(2025, 10, 26, 2, 30)):
        assert existing(wall) == wall == paris_time(instant(wall))
