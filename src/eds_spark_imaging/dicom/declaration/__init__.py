"""THE declaration: every DICOM attribute that is extracted, once; schemas, aggregation and docs derive from it.

To add one, write a line in the module of its topic, or, for one site, a ``[[attributes]]`` table of the configuration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import chain

from eds_spark_imaging.dicom.declaration import (
    contrast,
    ct,
    device,
    exposure,
    identity,
    image,
    mg,
    mr,
    nuclear,
    order,
    series,
    study,
    us,
    xray,
)
from eds_spark_imaging.dicom.declaration.attribute import Attribute
from eds_spark_imaging.dicom.declaration.modalities import VIEWS
from eds_spark_imaging.errors import ConfigError

__all__ = ["ATTRIBUTES", "VIEWS", "declaration"]

_TOPICS = (identity, study, order, series, device, image, exposure, ct, mr, nuclear, xray, mg, us, contrast)

ATTRIBUTES: tuple[Attribute, ...] = tuple(chain.from_iterable(topic.ATTRIBUTES for topic in _TOPICS))


def declaration(extra: Iterable[Attribute] = ()) -> tuple[Attribute, ...]:
    """The attributes to extract: ours, then a site's own.

    Raises ConfigError where a column is declared twice, or one of a site does not say that it identifies a person.
    """
    own = tuple(extra)
    attributes = (*ATTRIBUTES, *own)
    twice = [column for column, count in Counter(a.column for a in attributes).items() if count > 1]
    if twice:
        raise ConfigError(f"attribute {twice[0]!r} is declared already; give another `column`")
    for a in own:
        if not a.identifying and _elements(a) & _identifying():
            raise ConfigError(f"attribute {a.column}: {a.path} identifies a person: say `identifying = true`")
    return attributes


@cache
def _identifying() -> frozenset[int]:
    """The elements that identify a person wherever they are declared."""
    told = chain.from_iterable(_elements(a) for a in ATTRIBUTES if a.identifying)
    return frozenset(told).difference(*(_elements(a) for a in ATTRIBUTES if not a.identifying))


def _elements(attribute: Attribute) -> set[int]:
    """The tags of the standard that the attribute reads."""
    steps = (source.steps[-1] for source in (*attribute.sources, *attribute.finer))
    return {step.tag for step in steps if step.creator is None}
