"""What packages raise, as OSErrors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

_SHORT = ("connection refused", "timed out", "failed to lookup", "no NameNode", "fs.defaultFS", "standby")


def attempt(what: str, operation: Callable[[], Result]) -> Result:
    """The result; whatever a package raises becomes an OSError, without a text that may hold paths or a stack trace."""
    try:
        return operation()
    except ImportError:
        raise
    except Exception as error:
        text = str(error)  # errors of Java servers come as the name of their class and a stack trace
        if isinstance(error, FileNotFoundError) or "FileNotFoundException" in text:
            raise FileNotFoundError(f"{what}: no such file") from None
        if isinstance(error, PermissionError) or "AccessControlException" in text:
            raise PermissionError(f"{what}: no access") from None
        said = next((short for short in _SHORT if short.lower() in text.lower()), type(error).__name__)
        kind = type(error) if isinstance(error, OSError) else OSError
        raise kind(f"{what}: {said}") from None
