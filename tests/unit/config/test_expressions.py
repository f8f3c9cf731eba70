"""Regular expressions that Python and Java read alike, and those that they do not."""

from __future__ import annotations

import pytest

from eds_spark_imaging.config.expressions import check_expression
from eds_spark_imaging.errors import ConfigError


@pytest.mark.parametrize(
    "text",
    [
        "a|b",
        "^(scanner|tdm) T",
        "C3[34].*",
        "a{2,3}",
        r"a\{",
        r"\\Z",
        "(?i:a)",
        "(?:aL)",
        "(?<=a)b",
        "(?<!L)x",
        r"[\[a]",
    ],
)
def test_taken(text: str) -> None:
    check_expression("x", text)


@pytest.mark.parametrize(
    "text",
    [
        "(?P<a>x)",
        "(a)?(?(1)b|c)",
        "(?#x)",
        "(?a)a",
        "a{,3}",  # up to three to Python, an error to Java
        "a{x",
        "[[a]",
        "[a--b]",  # a set less another to Python, some day
        "[a||b]",
        "(?x)a #",  # a comment to both, of what stands behind it as well
        "(?ix:a)",
        "[a&&b]",  # what both have in common to Java
        r"a\Z",
        "(",
        "a{3,2}",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a regular expression"):
        check_expression("x", text)
