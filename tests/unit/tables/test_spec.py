"""What derives from the declaration of a column."""

from __future__ import annotations

import pytest

from eds_spark_imaging.tables.spec import STRING, STRINGS, Column, Table
from eds_spark_imaging.vocabulary import Word


class Light(Word):
    RED = "red", "stop"
    GREEN = "green", "go"


def table(*columns: Column, **more: tuple[tuple[str, str], ...]) -> Table:
    return Table("t", "crossing", "Lights", columns, keys=(), **more)


def test_a_vocabulary_makes_comment_and_check() -> None:
    column = Column("light", STRING, "What it shows", False, values=Light)
    assert column.description == "What it shows: red or green"
    assert column.ddl == "`light` STRING NOT NULL COMMENT 'What it shows: red or green'"
    assert table(column).constraints == {"known_light": "light IN ('red', 'green')"}
    created = table(column).create_statement("t")
    assert r"'delta.constraints.known_light' = 'light IN (\'red\', \'green\')'" in created


def test_a_column_that_may_be_null_may_be_null() -> None:
    assert Column("light", STRING, "", values=Light).check == "light IS NULL OR light IN ('red', 'green')"


@pytest.mark.parametrize("column", [Column("lights", STRINGS, "All", values=Light), Column("light", STRING, "One")])
def test_columns_without_a_check(column: Column) -> None:
    assert table(column).constraints == {}


def test_a_check_by_hand_takes_the_place_of_that_of_the_vocabulary() -> None:
    by_hand = ("known_light", "lower(light) IN ('red', 'green')")
    assert table(Column("light", STRING, "", values=Light), checks=(by_hand,)).constraints == dict([by_hand])
