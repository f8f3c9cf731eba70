"""A few thousand damaged files and arbitrary bytes: the reader always gives a well-formed header."""

from __future__ import annotations

import fuzz_header
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.result import HeaderStatus
from eds_spark_imaging.storage.source import BytesSource

ATTRIBUTES = {attribute.column: attribute for attribute in declaration()}
READER = HeaderReader(tuple(ATTRIBUTES.values()))


def test_damaged_files(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    outcomes, longest, _ = fuzz_header.run(3_000, seed=20)
    assert longest < fuzz_header.MAX_SECONDS
    assert outcomes[HeaderStatus.PARSED] > 300
    assert len(outcomes) >= 5


@settings(max_examples=300)
@given(st.binary(max_size=300), st.sampled_from([b"", bytes(128) + b"DICM", b"\x08\x00\x05\x00CS\x00\x00"]))
def test_arbitrary_bytes(data: bytes, start: bytes) -> None:
    fuzz_header.check(READER.read(BytesSource(start + data)), ATTRIBUTES)
