"""The switch of compiling turns what nobody has set, and leaves a session as it was found."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from eds_spark_imaging.spark.compiling import Compiling

MODE, WHOLE = "spark.sql.codegen.factoryMode", "spark.sql.codegen.wholeStage"
DEFAULT, SMALL, OWN = ("FALLBACK", "true"), ("NO_CODEGEN", "false"), ("CODEGEN_ONLY", "true")


class Conf(dict[str, str]):
    """Settings of a session that is not there."""

    set = dict.__setitem__

    def both(self) -> tuple[str, str]:
        return self[MODE], self[WHOLE]


def switch(found: tuple[str, str]) -> tuple[Compiling, Conf]:
    conf = Conf(zip((MODE, WHOLE), found, strict=True))
    session: Any = SimpleNamespace(conf=conf)
    return Compiling(session), conf


@pytest.mark.parametrize(
    ("found", "on", "off", "expressions"),
    [
        (DEFAULT, DEFAULT, SMALL, ("FALLBACK", "false")),
        (SMALL, SMALL, SMALL, ("FALLBACK", "false")),
        (OWN, OWN, OWN, OWN),
    ],
)
def test_what_is_turned(
    found: tuple[str, str], on: tuple[str, str], off: tuple[str, str], expressions: tuple[str, str]
) -> None:
    compiling, conf = switch(found)
    for turn, expected in (
        (lambda: compiling.turn(on=False), off),
        (lambda: compiling.turn(on=True), on),
        (compiling.expressions_only, expressions),
        (lambda: compiling.turn(on=True), on),
        (compiling.expressions_only, expressions),
        (compiling.restore, found),
    ):
        turn()
        assert conf.both() == expected
