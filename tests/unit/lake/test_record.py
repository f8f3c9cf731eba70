"""The record of a lake: what earlier, later and broken ones mean."""

from __future__ import annotations

import json

import pytest

from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.lake.record import SCHEMA_VERSION, Schema


def test_a_record_is_read_as_written() -> None:
    schema = Schema(SCHEMA_VERSION, "0.2.0", {"dicom_file": "a"}, {"build": "1-r"})
    assert Schema.read(schema.content) == schema
    assert Schema.read(None) is None


def test_keys_that_are_not_ours_do_not_matter() -> None:
    assert Schema.read(b'{"version": 2, "package": "0.2.1", "comment": 3}') == Schema(2, "0.2.1")


@pytest.mark.parametrize("more", [{}, {"features": ["x"]}, {"tables": ["another", "form"]}])
def test_a_later_version_is_said_before_all_else(more: dict[str, object]) -> None:
    content = json.dumps({"version": SCHEMA_VERSION + 1, "package": "9.1", **more}).encode()
    with pytest.raises(LakeError, match=r"version 9\.1 of this package.*upgrade"):
        Schema.read(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b'{"version": "two", "package": "x"}',
        b'{"version": null, "package": "x"}',
        b'{"version": 2, "package": "x", "tables": 3}',
        b'{"version": 2, "package": "x", "anew": []}',
    ],
)
def test_a_damaged_record_is_one_line(content: bytes) -> None:
    with pytest.raises(LakeError, match="_schema is damaged") as caught:
        Schema.read(content)
    assert "\n" not in str(caught.value)
