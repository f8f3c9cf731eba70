"""The attributes that a site adds, from its configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from eds_spark_imaging.dicom.declaration.attribute import WIDEST, Attribute, attribute
from eds_spark_imaging.errors import ConfigError

_NUMBERS, _FLAGS, _LISTS = ("each", "frames"), ("many", "identifying", "top_first"), ("sources", "finer", "modalities")

# What is no name in standard SQL, by Spark's list: queries, views and other readers take columns without quotes.
_WORDS_OF_SQL = """
    all and any as authorization both case cast check collate column constraint create cross current_date current_time
    current_timestamp current_user distinct else end escape except false fetch filter for foreign from full grant
    group having in inner intersect into is join lateral leading left natural not null offset on only or order outer
    overlaps primary references right select session_user some sql table then time to trailing true union unique
    unknown user using when where with within
"""
_RESERVED = frozenset(_WORDS_OF_SQL.split())


def _check_type(key: str, value: object) -> None:
    """ConfigError where the value of a key of ``[[attributes]]`` is of another type than the key's."""
    if key in _FLAGS:
        fits, wanted = isinstance(value, bool), "true or false"
    elif key in _NUMBERS:
        fits, wanted = isinstance(value, int) and not isinstance(value, bool) and value >= WIDEST, "a number"
    elif key in _LISTS:
        text = isinstance(value, str) and key != "modalities"
        fits = text or (isinstance(value, list | tuple) and all(isinstance(item, str) for item in value))
        wanted = "a list of texts" if key == "modalities" else "a text or a list of texts"
    else:
        fits, wanted = isinstance(value, str), "a text"
    if not fits:
        raise ConfigError(f"[[attributes]]: {key} must be {wanted}, not {value!r}")


_FIELDS = {f.name for f in fields(Attribute)} - {"derived"}


def attribute_from_mapping(entry: Mapping[str, Any]) -> Attribute:
    """An attribute of a site, from one ``[[attributes]]`` table of the configuration."""
    unknown = set(entry) - _FIELDS
    if unknown:
        raise ConfigError(f"[[attributes]]: unknown key {sorted(unknown)[0]!r}; known: {', '.join(sorted(_FIELDS))}")
    missing = {"sources", "kind", "level"} - set(entry)
    if missing:
        raise ConfigError(f"[[attributes]]: {sorted(missing)[0]!r} is missing")
    for key, value in entry.items():
        _check_type(key, value)
    for modality in entry.get("modalities", ()):
        if not re.fullmatch(r"[A-Z][A-Z0-9]{1,15}", modality):
            raise ConfigError(f"[[attributes]]: {modality!r} is no modality as CT or MR")
    own = attribute(**entry)
    if own.column in _RESERVED:
        raise ConfigError(f"[[attributes]]: column {own.column!r} is a word of SQL: give another `column`")
    return own if "treatment" in entry else replace(own, treatment=None)
