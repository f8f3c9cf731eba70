"""Watermarks of earlier and later versions."""

from __future__ import annotations

import pytest

from eds_spark_imaging.pipeline.parse.totals import Totals
from eds_spark_imaging.runs.watermarks import read_watermark


def test_a_watermark_is_read_as_written() -> None:
    totals = Totals("1-r", 3, 40)
    assert read_watermark(Totals, totals.text) == totals


@pytest.mark.parametrize("text", ["", "3", "1-r", "{", "[1, 2]", '{"run": "1-r"}', '{"run": "a", "another": 1}'])
def test_one_of_another_form_is_none(text: str) -> None:
    assert read_watermark(Totals, text) is None
