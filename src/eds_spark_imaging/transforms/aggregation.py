"""Many instances to one row: each attribute by its declared aggregate.

The rule for ``constant`` attributes: the most frequent value, ties to the smallest, so that neither the order of
files nor the partitioning matters. A date and its time, and a code with its scheme and meaning, are one value: what is
shown is what some instance has. Only groups where smallest and largest differ (named in ``conflicts``) pay for the
count of each value. Of many groups most are alike in all of these attributes, as one hash of each instance tells: then
any instance has the values (:func:`compared`).

Expressions are SQL text, since hundreds of attributes make thousands of calls to the JVM otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.dicom.declaration.attribute import Aggregate, Attribute, Kind
from eds_spark_imaging.transforms.changes import row_hash
from eds_spark_imaging.transforms.units import Unit, units

_NUMBERS = {Kind.DOUBLE, Kind.BIGINT, Kind.AGE}
_OF_FRAMES = ("frame_ranges", "frame_periods", "frame_conflicts")
_TEXT_OF = {
    Kind.BIGINT: "CAST({} AS BIGINT)",
    Kind.DATE: "CAST({} AS DATE)",
    Kind.DATETIME: "CAST({} AS TIMESTAMP_NTZ)",
}


def _bound(a: Attribute, bound: str) -> str:
    """The instance's value, or the bound over its frames where they differ."""
    if a.kind is Kind.STRING or a.is_array:
        return f"`{a.column}`"
    ranges = "frame_ranges" if a.kind in _NUMBERS else "frame_periods"
    over_frames = _TEXT_OF.get(a.kind, "{}").format(f"{ranges}['{a.column}'].{bound}")
    return f"coalesce({over_frames}, `{a.column}`)"


def _lining_up(a: Attribute, attributes: Sequence[Attribute]) -> list[str]:
    """The distinct columns of one sequence, whose values stay together: a code with its scheme."""
    return [f"`{o.column}`" for o in attributes if a.aligned and (o.aggregate, o.aligned) == (a.aggregate, a.aligned)]


def _aggregates(a: Attribute, line_up: Sequence[str]) -> list[str]:
    """``line_up``: the columns, itself included, with whose elements those of a distinct one stay together."""
    low, high = f"min({_bound(a, 'min')})", f"max({_bound(a, 'max')})"
    if a.aggregate is Aggregate.MIN_MAX:
        return [f"{low} AS `{a.column}_min`", f"{high} AS `{a.column}_max`"]
    if a.aggregate is Aggregate.DISTINCT and line_up:
        arrays = ", ".join(f"coalesce({column}, array())" for column in line_up)
        known = f"x -> coalesce({', '.join(f'x.`{n}`' for n in range(len(line_up)))}) IS NOT NULL"
        items = f"array_sort(array_distinct(flatten(collect_set(filter(arrays_zip({arrays}), {known})))))"
        own = f"{items}.`{line_up.index(f'`{a.column}`')}`"
        return [f"IF(exists({own}, x -> x IS NOT NULL), {own}, NULL) AS `{a.column}`"]
    if a.aggregate is Aggregate.DISTINCT:
        distinct = f"array_sort(array_distinct(flatten(collect_set(`{a.column}`))))"
        return [f"nullif({distinct}, array()) AS `{a.column}`"]
    return [f"{low} AS `_low_{a.column}`", f"{high} AS `_high_{a.column}`"]


def _constant(keys: Sequence[str], attributes: Sequence[Attribute]) -> list[Attribute]:
    return [a for a in _kept(keys, attributes) if a.aggregate is Aggregate.CONSTANT]


def _kept(keys: Sequence[str], attributes: Sequence[Attribute]) -> list[Attribute]:
    return [a for a in attributes if a.aggregate is not Aggregate.NONE and a.column not in keys]


def grouped(
    instances: DataFrame, keys: Sequence[str], attributes: Sequence[Attribute], extra: Sequence[Column] = ()
) -> DataFrame:
    """One row for each ``keys``: the smallest and largest value of each ``constant`` attribute, the columns of the
    other attributes, ``extra``, and ``conflicts``; :func:`settled` makes the row of the table of it.

    ``instances`` has the columns of dicom_instance that the attributes name, ``frame_ranges``, ``frame_periods``,
    ``frame_conflicts`` and what ``extra`` uses.
    """
    columns = _columns(_kept(keys, attributes), keys, attributes)
    named = [f"IF(`_low_{a.column}` != `_high_{a.column}`, '{a.column}', NULL)" for a in _constant(keys, attributes)]
    listed = ", ".join(f"'{a.column}'" for a in _constant(keys, attributes))
    of_frames = F.expr(f"array_intersect(flatten(collect_set(frame_conflicts)), {_texts(listed)})").alias("_of_frames")
    conflicts = F.expr(f"array_sort(array_union(array_compact({_texts(', '.join(named))}), _of_frames))")
    groups = instances.groupBy(*keys).agg(*columns, *extra, of_frames)
    return groups.withColumn("conflicts", conflicts).drop("_of_frames")


def _texts(values: str) -> str:
    return f"CAST(array({values}) AS ARRAY<STRING>)"


def _columns(chosen: Sequence[Attribute], keys: Sequence[str], attributes: Sequence[Attribute]) -> list[Column]:
    kept = _kept(keys, attributes)
    return [F.expr(text) for a in chosen for text in _aggregates(a, _lining_up(a, kept))]


def compared(
    instances: DataFrame, keys: Sequence[str], attributes: Sequence[Attribute], extra: Sequence[Column] = ()
) -> DataFrame:
    """One row for each ``keys``: ``_alike``, whether its instances have the same ``constant`` attributes, which are
    those of ``_example``; the columns of the other attributes and ``extra``.

    Costs a third of :func:`grouped`. Where frames of an instance may differ, nothing is alike.
    """
    constant = _constant(keys, attributes)
    names = [a.column for a in constant]
    same = row_hash(names, {a.column for a in constant if a.is_array})
    has_frames = F.expr(" OR ".join(f"{column} IS NOT NULL" for column in _OF_FRAMES))
    others = [a for a in _kept(keys, attributes) if a.aggregate is not Aggregate.CONSTANT]
    columns = _columns(others, keys, attributes)
    all_same = "min(_same) = max(_same) AND count(_same) = count(1)"
    example = [F.first(F.struct(*names)).alias("_example"), F.expr(all_same).alias("_alike")]
    marked = instances.withColumn("_same", F.when(~has_frames, same))
    return marked.groupBy(*keys).agg(*columns, *extra, *example)


def of_example(groups: DataFrame) -> DataFrame:
    """The groups of :func:`compared` that are alike, as :func:`settled` gives them."""
    own = [F.col(name) for name in groups.columns if name not in ("_alike", "_example")]
    none = F.array().cast("array<string>").alias("conflicts")
    return groups.where("_alike").select(*own, "_example.*", none)


def settled(
    groups: DataFrame,
    instances: DataFrame,
    keys: Sequence[str],
    attributes: Sequence[Attribute],
    disputed: Collection[str] | None = None,
) -> DataFrame:
    """:func:`grouped` with one value for each ``constant`` attribute.

    ``disputed``: the attributes that any group names in ``conflicts``, where that is known; ``instances`` are read for
    these only.
    """
    constant = [a.column for a in _constant(keys, attributes)]
    counted = [u for u in units(constant) if disputed is None or not set(u.columns).isdisjoint(disputed)]
    own = [c for c in groups.columns if not c.startswith(("_low_", "_high_"))]
    values = {name: f"`_low_{name}` AS `{name}`" for name in constant}
    if counted:
        groups = groups.join(_most_frequent(groups, instances, keys, counted), list(keys), "left")
    for unit in counted:
        differ = " OR ".join(f"coalesce(`_low_{name}` != `_high_{name}`, false)" for name in unit.columns)
        values |= {n: f"IF({differ}, `_mode_{unit.name}`.`{n}`, `_low_{n}`) AS `{n}`" for n in unit.columns}
    return groups.selectExpr(*[f"`{c}`" for c in own], *values.values())


def _most_frequent(groups: DataFrame, instances: DataFrame, keys: Sequence[str], counted: Sequence[Unit]) -> DataFrame:
    """The most frequent value of each unit, of the groups that have a conflict."""
    disputed = groups.where("size(conflicts) > 0").select(*keys)
    modes = [F.expr(f"{unit.mode} AS `_mode_{unit.name}`") for unit in counted]
    return instances.join(disputed, list(keys), "left_semi").groupBy(*keys).agg(*modes)
