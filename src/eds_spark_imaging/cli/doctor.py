"""Checks of the machine and of the places a configuration names: one line each."""

from __future__ import annotations

import importlib.metadata
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import eds_spark_imaging
from eds_spark_imaging.cli.options import ConfigOption, LakeOption, SourceOption, WarehouseOption, config_from
from eds_spark_imaging.cli.spark_errors import one_line
from eds_spark_imaging.config import Config, ProjectConfig
from eds_spark_imaging.errors import ImagingError, InputError, SetupError
from eds_spark_imaging.privacy.keys import project_key
from eds_spark_imaging.privacy.permissions import closed_to_others
from eds_spark_imaging.spark import jars
from eds_spark_imaging.spark.session import java_version, spark_session
from eds_spark_imaging.spark.settings import DELTA_VERSION, SPARK_VERSION
from eds_spark_imaging.storage import store_of
from eds_spark_imaging.storage.uri import is_remote, plain

_FAULT = re.compile(r"^(?:Caused by: )?([\w.]+(?:Error|Exception): .*)$", re.MULTILINE)  # of Java and of Python

Check = tuple[str, Callable[[], str]]


def doctor(
    config: ConfigOption = None,
    source: SourceOption = None,
    lake: LakeOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Check Java, JARs, versions, the workers' Python and access to the places."""
    examine(config_from(config, source, lake, warehouse))


def examine(config: Config) -> None:
    """Print every check; SetupError at the end where one failed."""
    failed = 0
    for name, check in _checks(config):
        try:
            print(f"ok    {name}: {check()}")
        except (ImagingError, OSError, importlib.metadata.PackageNotFoundError) as error:
            failed += 1
            print(f"FAIL  {name}: {error}")
        except Exception as error:
            if not (said := one_line(error)):
                raise
            failed += 1
            print(f"FAIL  {name}: {said[0]}")
    if failed:
        raise SetupError(f"{failed} checks failed")


def _checks(config: Config) -> Iterator[Check]:
    yield "eds-spark-imaging", lambda: eds_spark_imaging.__version__
    yield "Python", lambda: sys.version.split()[0]
    yield "Java", lambda: str(java_version())
    for package, wanted in (("pyspark", SPARK_VERSION), ("delta-spark", DELTA_VERSION), ("pydicom", "3.0")):
        yield package, lambda package=package, wanted=wanted: _version(package, wanted)  # type: ignore[misc]
    yield "Delta JARs", _jars
    yield "Spark and the workers' Python", lambda: _workers(config)
    for source in config.sources:
        yield f"source {source.name}", lambda root=source.root: _source(root)  # type: ignore[misc]
    if config.lake and config.lake.path:
        yield "lake", lambda: _writable(config.lake.path or "")  # type: ignore[union-attr]
    if config.warehouse and config.warehouse.path:
        yield "warehouse", lambda: _folder(config.warehouse.path or "", os.R_OK)  # type: ignore[union-attr]
    if config.warehouse:
        yield "base centrale", lambda: _base_centrale(config)
    if config.projects and config.lake and config.lake.path:
        yield "who may read the lake", lambda: closed_to_others(config.lake.path or "")  # type: ignore[union-attr]
    for project in config.projects:
        yield f"key of project {project.name}", lambda project=project: _key(project)  # type: ignore[misc]


def _version(package: str, wanted: str) -> str:
    found = importlib.metadata.version(package)
    if not found.startswith(wanted):
        raise SetupError(f"{found}, but {wanted} is needed")
    return found


def _jars() -> str:
    return str(jars.jar_folder()) if jars.local_jars() else "none yet: fetched at the first start"


def _key(project: ProjectConfig) -> str:
    project_key(project)
    return "there, and closed to others"


def _source(root: str) -> str:
    try:
        store_of(root).locate(root)
    except FileNotFoundError:
        raise SetupError(f"{root} does not exist") from None
    return root


def _folder(path: str, mode: int) -> str:
    if is_remote(path):
        return f"{path} (remote, not checked)"
    if not os.path.exists(plain(path)):
        raise SetupError(f"{path} does not exist")
    if not os.path.isdir(plain(path)):
        raise SetupError(f"{path} is no folder")
    if not os.access(plain(path), mode):
        raise SetupError(f"{path}: no access")
    return path


def _base_centrale(config: Config) -> str:
    """What the tables of the base centrale hold amiss; InputError where no job can work with them."""
    from eds_spark_imaging.warehouse.checks import check  # noqa: PLC0415 - loads Spark
    from eds_spark_imaging.warehouse.reader import Warehouse  # noqa: PLC0415

    assert config.warehouse is not None  # noqa: S101 - the caller has looked
    spark = spark_session("eds-imaging doctor", config.spark, metastore=config.needs_metastore)
    findings = check(Warehouse(spark, config.warehouse))
    stops = [str(finding) for finding in findings if finding.stops]
    if stops:
        raise InputError("\n      ".join(dict.fromkeys(stops)))
    return "\n      ".join(map(str, findings)) or "nothing amiss"


def _writable(path: str) -> str:
    if is_remote(path):
        return _folder(path, os.W_OK)
    there = Path(plain(path))
    while not there.exists():
        there = there.parent
    _folder(str(there), os.W_OK)
    return path


def _workers(config: Config) -> str:
    spark = spark_session("eds-imaging doctor", config.spark, metastore=config.needs_metastore)

    def look(batches: Iterator[object]) -> Iterator[object]:
        import sys  # noqa: PLC0415

        import pyarrow as pa  # noqa: PLC0415

        from eds_spark_imaging import __version__  # noqa: PLC0415 - the worker's own

        for _ in batches:
            yield pa.RecordBatch.from_pydict({"python": [sys.version.split()[0]], "package": [__version__]})

    try:
        rows = spark.range(1).mapInArrow(look, "python string, package string").collect()
    except Exception as error:  # it tells of no data: there are none
        said = _FAULT.findall(str(error)) or [type(error).__name__]
        raise SetupError(f"{os.environ.get('PYSPARK_PYTHON', 'python3')} does not run: {said[-1]}") from None
    return f"Spark {spark.version}, workers run Python {rows[0]['python']} with this package {rows[0]['package']}"
