"""What a run leaves for the next one of its job, as JSON in its record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)


def read_watermark(kind: type[T], text: str) -> T | None:
    """A watermark; None where there is none, or one of another form, as other versions write: all is taken in anew."""
    try:
        return kind(**json.loads(text))
    except (ValueError, TypeError):
        return None
