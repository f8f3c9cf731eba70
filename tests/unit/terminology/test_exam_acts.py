"""Parts of an exam from the acts that were billed for it."""

from __future__ import annotations

import pytest

from eds_spark_imaging.terminology.exam_acts import ActTerms, act_conflict, act_terms
from eds_spark_imaging.terminology.lexicon import lexicon


@pytest.mark.parametrize(
    ("codes", "parts", "regions"),
    [
        (["ZBQK002"], ("CHEST",), ("TH",)),
        (["ACQK001"], ("HEAD",), ("HN",)),
        (["NBQK001"], ("THIGH", "FEMUR"), ("LL",)),
        (["ZBQK002", "ZCQK004"], ("CHESTABDPELVIS",), ("TH", "AP")),
        (["YYYY999", ""], (), ()),
        ([], (), ()),
    ],
)
def test_acts_name_the_broadest_place(codes: list[str], parts: tuple[str, ...], regions: tuple[str, ...]) -> None:
    assert act_terms(lexicon(), codes) == (parts, regions)


@pytest.mark.parametrize(
    ("parts", "act", "agrees"),
    [
        (["BRAIN"], "HEAD", True),
        (["CHESTABDPELVIS"], "ABDOMEN", True),
        (["WHOLEBODY"], "HEAD", True),
        ([], "HEAD", True),
        (["KNEE"], "CHEST", False),
    ],
)
def test_acts_of_another_place_contradict(parts: list[str], act: str, agrees: bool) -> None:
    said = act_conflict(lexicon(), "study_description", parts, ActTerms((act,), ()))
    assert said == ("" if agrees else f"body_part: study_description={parts[0]}, procedure_codes={act}")
