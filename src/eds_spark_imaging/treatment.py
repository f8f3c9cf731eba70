"""What becomes of an attribute or a column in the pseudonymised tier: each says it beside its other facts."""

from __future__ import annotations

from eds_spark_imaging.vocabulary import Word


class Treatment(Word):
    """The way of a value from the nominative tables to those of a project."""

    KEEP = "keep", "the value as it stands"
    MASK = (
        "mask",
        "the value as it stands where at least k patients of the tier have it, or had it in an earlier run, else null",
    )
    PSEUDONYM = "pseudonym", "a keyed hash (HMAC-SHA-256, 32 hexadecimal digits): equal values stay equal in a project"
    SHIFT = (
        "shift",
        "moved by the patient's own number of whole weeks, unless the project keeps dates; times cut to its precision",
    )
    GENERALISE = "generalise", "a coarser value, by a rule of the column"
    DROP = "drop", "not in the tier"
    ALLOW_BY_NAME = "allow_by_name", "not in the tier unless the project names the column; then as mask"
