"""Files in TOML, as people write them: a mistake is one line."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from eds_spark_imaging.errors import ConfigError


def read_toml(path: str | os.PathLike[str], what: str) -> tuple[str, dict[str, Any]]:
    """The text of a file in UTF-8, with or without a byte order mark, and what it says; ``what`` names it in messages.

    ConfigError for what cannot be read or is no TOML.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{what} {path}: {error.strerror}") from None
    except RecursionError:
        raise ConfigError(f"{what} {path}: too many brackets within brackets") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{what} {path}: not in UTF-8 (at line {line})") from None
    except ValueError as error:  # of TOML, or of numbers with thousands of digits
        raise ConfigError(f"{what} {path}: {error}") from None
