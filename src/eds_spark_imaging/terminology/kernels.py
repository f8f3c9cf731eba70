"""Kernels and windows of CT series, which are called by the name of a tissue: `LUNG 1.25`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from eds_spark_imaging.terminology.mentions import SAID, Mention
from eds_spark_imaging.terminology.span import Span

_MEASURE = re.compile(r"[0-9]+(?:mm|cm|kv|s|sec)?|[bt]?[0-9]+[a-z]?|[a-z]{1,2}[0-9]{2,3}[a-z]?")


# What a kernel is called by its maker: `Br60`, `B70f`, `I30f`.
_CODE = re.compile(r"[bhiq][a-z]?[0-9]{2}[a-z]?")


def kernel_coded(found: Sequence[Span]) -> bool:
    """Whether a text has the code of a kernel, so that a tissue beside it (`Thorax 1.0 Br60 LUNG`) is a kernel too."""
    return any(_CODE.fullmatch(span.words[0]) for span in found if not span.place)


def kernels_only(found: Sequence[Span]) -> bool:
    """A text of kernels, windows, planes and measures alone, such as `LUNG 1.25`."""
    places = [span for span in found if span.place]
    return bool(places) and all("kernel" in span.roles or _MEASURE.fullmatch(span.words[0]) for span in found)


def without_kernels(found: Sequence[Span], mentions: list[Mention]) -> list[Mention]:
    """Mentions but for kernels, where others name a place."""
    parts = [mention for mention in mentions if "kernel" not in found[mention.index].roles]
    return parts if any(mention.standing == SAID for mention in parts) else mentions
