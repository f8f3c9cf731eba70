"""The declaration that a lake's tables follow: who may write it, and how an older lake is brought to ours."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from eds_spark_imaging import __version__
from eds_spark_imaging.lake.conforming import conform
from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.record import SCHEMA_FILE, SCHEMA_VERSION, Schema
from eds_spark_imaging.spark.hadoop import HadoopPath
from eds_spark_imaging.tables import Catalogue

# By version: the jobs that must take in everything again, since what they make of the same input has changed.
_ANEW: Mapping[int, tuple[str, ...]] = {2: ("build", "terms", "link", "cross", "marts")}


def recorded_schema(lake: Lake) -> Schema | None:
    """The record of a lake; None where it has none. LakeError where it is of a later version than ours."""
    return Schema.read(_place(lake).content())


def bring_up_to_date(lake: Lake, new_run_id: Callable[[str], str]) -> bool:
    """Bring the tables to the declaration; True where they followed another one. All of it can be repeated.

    Where the version is an older one, jobs whose results may be other ones take in everything again: no run of theirs
    counts that is before a new run id. LakeError as :func:`recorded_schema`, and where a table cannot be brought there.
    """
    recorded, declared = recorded_schema(lake), _hashes(lake.catalogue)
    there = [table.name for table in lake.catalogue if lake.exists(table.name)]
    if recorded is None:
        recorded = Schema() if there else Schema(SCHEMA_VERSION)
    if recorded.version == SCHEMA_VERSION and recorded.tables == declared:
        return False
    for name in there:
        if recorded.tables.get(name) != declared[name]:
            conform(lake, name)
    changed = {job for version, jobs in _ANEW.items() if version > recorded.version for job in jobs}
    anew = dict(recorded.anew)
    if changed:
        anew |= dict.fromkeys(sorted(changed), new_run_id("upgrade"))
    # Where the process is killed in between there is no record, and the next run does all this again.
    _record(lake, Schema(SCHEMA_VERSION, __version__, declared, anew))
    return True


def forget_declarations(lake: Lake) -> None:
    """Before tables become those of another declaration: the next :func:`bring_up_to_date` looks at each."""
    recorded = recorded_schema(lake)
    if recorded:
        _record(lake, replace(recorded, tables={}))


def _record(lake: Lake, schema: Schema) -> None:
    _place(lake).delete()
    _place(lake).create_once(schema.content)


def _hashes(catalogue: Catalogue) -> dict[str, str]:
    statements = {table.name: table.create_statement(table.name) for table in catalogue}
    return {name: hashlib.blake2b(text.encode(), digest_size=8).hexdigest() for name, text in statements.items()}


def _place(lake: Lake) -> HadoopPath:
    return HadoopPath(lake.spark, f"{lake.root}/{SCHEMA_FILE}")
