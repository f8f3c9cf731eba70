"""Regular expressions of descriptions and configurations: checked by Python, run by Spark, which is Java."""

from __future__ import annotations

import re
from typing import Final

from eds_spark_imaging.errors import ConfigError

FOLDED: Final = "(?iu)"  # without u Java ignores the case of ASCII alone

# What Python takes and Java does not, or reads as something else. Classes and escapes are passed over as a whole.
_FOREIGN: Final = re.compile(
    r"""(?P<foreign> \\[UNZ0]                                       # signs by name, the end but for a line break
    | \(\?(?:P|\(|\#|[a-zA-Z]*[axL])                               # named groups, conditions, comments, flags
    | \{(?!\d+(?:,\d*)?\})                                          # a brace that is no repetition, or {,n}
    | \[\^?(?:\]|(?:\\.|[^\]\\])*?(?:\[|&&)))                      # classes within classes, or in common
    | \[(?:\\.|[^\]\\])*\] | \\. | .""",
    re.VERBOSE | re.DOTALL,
)


def check_expression(where: str, text: str) -> None:
    """ConfigError where a text is not a regular expression, or might not be the same one to Python and to Java."""
    for token in _FOREIGN.finditer(text):
        if token["foreign"]:
            raise ConfigError(f"{where}: pattern {text!r} is not a regular expression to Spark: {token['foreign']}")
    try:
        re.compile(text)
    except (re.error, OverflowError) as error:
        raise ConfigError(f"{where}: pattern {text!r} is not a regular expression: {error}") from None
