"""Acquisition parameters as criteria: they derive from the attribute declaration, as the columns of the table do."""

from __future__ import annotations

from functools import cache
from typing import Any

import pyarrow as pa

from eds_spark_imaging.cohorts import values as v
from eds_spark_imaging.cohorts.criteria import Criterion
from eds_spark_imaging.cohorts.literals import any_of, between, one_of
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.tables import Catalogue

_BOUNDS = ("_min", "_max")


@cache
def _columns() -> dict[str, pa.DataType]:
    return {column.name: column.type for column in Catalogue()["imaging_acquisition"] if not column.identifying}


def acquisition_criterion(name: str, where: str) -> Criterion:
    """The criterion of a column of ``imaging_acquisition``, or of a parameter that has a smallest and a largest value.

    A range holds for a series whose values all lie in it. ConfigError where there is no such parameter.
    """
    columns = _columns()
    if name in columns:
        return _of_column(name, columns[name])
    if f"{name}_min" in columns:
        return Criterion(f"{name} of the series, all its values", v.numbers, lambda given: _within(name, *given))
    raise ConfigError(f"{where} has no parameter {name!r}; `eds-imaging describe imaging_acquisition` lists them")


def _within(name: str, low: float | None, high: float | None) -> str:
    parts = [between(f"{name}_min", low, None)] if low is not None else []
    parts += [between(f"{name}_max", None, high)] if high is not None else []
    return f"coalesce({' AND '.join(parts)}, FALSE)"


def _of_column(name: str, kind: pa.DataType) -> Criterion:
    if pa.types.is_list(kind) and pa.types.is_string(kind.value_type):
        return Criterion(f"{name}, any of its values", v.texts, lambda given: any_of(name, given))
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return Criterion(name, v.numbers, lambda given: f"coalesce({between(name, *given)}, FALSE)")
    if pa.types.is_string(kind):
        return Criterion(name, v.texts, lambda given: f"coalesce({one_of(name, given)}, FALSE)")
    return Criterion(name, _unfit, str)


def _unfit(where: str, _: Any) -> Any:
    raise ConfigError(f"{where}: a parameter of this kind cannot be a criterion")
