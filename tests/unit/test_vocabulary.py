"""A vocabulary is a StrEnum whose members carry their meaning."""

from __future__ import annotations

import pickle

import pytest

from eds_spark_imaging.vocabulary import Word


class Colour(Word):
    RED = "red", "as a rose"
    BLUE = "blue", "as the sky"


def test_a_member_is_its_value_and_carries_its_meaning() -> None:
    assert (str(Colour.RED), f"{Colour.BLUE}") == ("red", "blue")
    assert Colour("blue") is Colour.BLUE
    assert Colour.RED.meaning == "as a rose"
    assert Colour.meanings() == {"red": "as a rose", "blue": "as the sky"}
    assert pickle.loads(pickle.dumps(Colour.RED)) is Colour.RED


def test_a_word_needs_its_meaning() -> None:
    with pytest.raises(TypeError, match="'green' has no meaning"):

        class Bare(Word):
            GREEN = "green"
