"""Fixtures shared by all tests: one Spark session for those that ask for it, and the sibling folder of DICOM files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# In CI properties look at the same examples each time: what they find by chance is found by people first. How long an
# example takes is no test's business.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("people", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "people")

PROJECT = Path(__file__).parent.parent
REAL_FILES = PROJECT.parent / "shared" / "dicom"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first, then others that need Spark: what is left for the end keeps all workers busy."""
    slow, spark = [{item.path for item in items if item.get_closest_marker(name)} for name in ("slow", "spark")]
    items.sort(key=lambda item: (item.path not in slow, item.path not in spark))


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A local session with Delta, small in everything so that tiny frames are quick."""
    from eds_spark_imaging.spark.session import spark_session
    from eds_spark_imaging.spark.settings import SMALL_CONF

    scratch = tmp_path_factory.mktemp("spark")
    session = spark_session(
        "tests",
        {
            "spark.master": "local[2]",
            "spark.sql.warehouse.dir": str(scratch / "warehouse"),
            "spark.sql.shuffle.partitions": "2",
            "spark.default.parallelism": "2",
            "spark.databricks.delta.snapshotPartitions": "1",
            "spark.sql.adaptive.enabled": "false",
            **SMALL_CONF,
        },
    )
    yield session
    session.stop()


@pytest.fixture(scope="session")
def real_files() -> Path:
    """The folder of real and odd DICOM files beside the project; the test is skipped where it is not there."""
    if not REAL_FILES.is_dir():
        pytest.skip("no ../shared/dicom beside the project")
    return REAL_FILES
