import errno
from pathlib import Path

import pytest

from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.reason import Rejection
from eds_spark_imaging.dicom.result import HeaderStatus
from eds_spark_imaging.storage import store_of
from eds_spark_imaging.storage.retry import ATTEMPTS, PATIENCE, PAUSES, Retry, Retrying


class Flaky:
    """A source that fails with ``error`` the first ``failures`` times, and counts."""

    def __init__(self, failures: int, error: OSError) -> None:
        self.failures, self.error = failures, error
        self.reads = self.closes = 0

    @property
    def size(self) -> int | None:
        return len(self.read_at(0, 3))

    def read_at(self, offset: int, length: int) -> bytes:
        self.reads += 1
        if self.reads <= self.failures:
            raise self.error
        return b"abc"[offset : offset + length]

    def close(self) -> None:
        self.closes += 1


STALE = OSError(errno.ESTALE, "stale")


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO, errno.ETIMEDOUT, errno.ECONNRESET, None])
def test_a_read_that_fails_for_a_passing_reason_is_repeated(number: int | None) -> None:
    pauses: list[float] = []
    source = Flaky(2, OSError(number, "passing") if number else OSError("passing"))
    assert Retrying(source, Retry(pauses.append)).read_at(1, 2) == b"bc"
    assert source.reads == 3
    assert source.closes == 2  # a stale handle is opened anew
    assert [0.5 <= pause / planned <= 1.5 for pause, planned in zip(pauses, PAUSES, strict=False)] == [True, True]


def test_a_size_is_asked_again_too() -> None:
    assert Retrying(Flaky(1, STALE), Retry(lambda _: None)).size == 3


def test_after_the_last_attempt_the_error_goes_on() -> None:
    pauses: list[float] = []
    source = Flaky(100, STALE)
    with pytest.raises(OSError, match="stale"):
        Retrying(source, Retry(pauses.append)).read_at(0, 1)
    assert source.reads == ATTEMPTS
    assert len(pauses) == ATTEMPTS - 1


@pytest.mark.parametrize(
    "error",
    [FileNotFoundError(), PermissionError(), IsADirectoryError(), NotADirectoryError(), OSError(errno.ELOOP, "loop")],
)
def test_a_reason_that_lasts_is_not_tried_again(error: OSError) -> None:
    source = Flaky(100, error)
    with pytest.raises(type(error)):
        Retrying(source, Retry(lambda _: pytest.fail("waited"))).read_at(0, 1)
    assert source.reads == 1


def test_a_store_that_stays_down_is_tried_once_a_file_until_it_answers() -> None:
    pauses: list[float] = []
    retry = Retry(pauses.append)
    for _ in range(PATIENCE):
        with pytest.raises(OSError, match="stale"):
            Retrying(Flaky(100, STALE), retry).read_at(0, 1)
    waited = len(pauses)
    down = Flaky(100, STALE)
    with pytest.raises(OSError, match="stale"):
        Retrying(down, retry).read_at(0, 1)
    assert (down.reads, len(pauses)) == (1, waited)
    assert retry(lambda: 1) == 1  # it answers
    back = Flaky(1, STALE)
    assert Retrying(back, retry).read_at(0, 3) == b"abc"


def test_what_cannot_be_read_is_quarantined_as_an_error_of_reading(tmp_path: Path) -> None:
    header = HeaderReader(()).read(store_of("/").open(str(tmp_path / "gone")))
    assert (header.status, header.reason) == (HeaderStatus.QUARANTINED, Rejection.IO_ERROR)


def test_a_local_file_is_opened_anew_after_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    file = tmp_path / "f"
    file.write_bytes(b"0123456789")
    store = store_of("/")
    monkeypatch.setattr(store, "retry", Retry(lambda _: None))
    source, real, failures = store.open(str(file)), os.pread, [STALE]

    def pread(descriptor: int, length: int, offset: int) -> bytes:
        if failures:
            raise failures.pop()
        return real(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", pread)
    opened = []
    real_open = os.open
    monkeypatch.setattr(os, "open", lambda *a: opened.append(a) or real_open(*a))
    assert source.read_at(2, 3) == b"234"
    source.close()
    assert len(opened) == 2
