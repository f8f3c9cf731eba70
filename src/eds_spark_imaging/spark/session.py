"""The Spark session of every job: our settings where spark-submit or the cluster has not set its own."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING

from eds_spark_imaging.errors import SetupError
from eds_spark_imaging.spark import jars
from eds_spark_imaging.spark.class_archive import archive_options
from eds_spark_imaging.spark.java_names import remember_names
from eds_spark_imaging.spark.metastore import DERBY_OPTION, metastore_conf
from eds_spark_imaging.spark.settings import LOCAL_CONF, SMALL, SMALL_CONF, TABLE_CONF

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

JAVA_VERSIONS = (17, 21)
LOG_FILE = "EDS_IMAGING_SPARK_LOG"


def java_version() -> int:
    """The major version of the Java that Spark would start. SetupError where it is missing or unfit."""
    java = Path(jars.java())
    try:  # a file beside it saves a start of Java
        match = re.search(r'^JAVA_VERSION="(\d+)', (java.resolve().parent.parent / "release").read_text(), re.MULTILINE)
    except OSError:
        match = None
    if not match:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
        match = re.search(r'version "(\d+)', said)
    if not match:
        raise SetupError("the Java command does not tell its version")
    if int(match[1]) not in JAVA_VERSIONS:
        raise SetupError(f"Java {match[1]} is not fit for Spark 4.2: install 17 or 21")
    return int(match[1])


def _log_option() -> str:
    return f"-Dlog4j2.configurationFile={(Path(__file__).parent / 'log4j2.properties').as_uri()}"


def _delta_conf(given: Mapping[str, str], one_process: bool) -> dict[str, str]:
    """The JARs, fetched once, unless spark-submit, the configuration or the cluster brings them.

    In one process they are on Java's own class path, which an archive of classes asks for.
    """
    if "delta" in given.get("spark.jars", "") + given.get("spark.jars.packages", ""):
        return {}
    jars.fetch()
    found = list(map(str, jars.local_jars()))
    if one_process and "spark.driver.extraClassPath" not in given:
        return {"spark.driver.extraClassPath": os.pathsep.join(found)}
    return {"spark.jars": ",".join(found)}


def _submitted() -> dict[str, str]:
    """What spark-submit has set already; empty in a plain Python process."""
    from pyspark import SparkConf, SparkContext  # noqa: PLC0415

    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        return {}
    SparkContext._ensure_initialized()
    return dict(SparkConf().getAll())


def _launch(conf: Mapping[str, str]) -> None:
    """Start the JVM. What it writes is not ours: it goes to the file that EDS_IMAGING_SPARK_LOG names, or nowhere.

    SetupError where it does not start, with what it said.
    """
    from pyspark import SparkConf, SparkContext  # noqa: PLC0415
    from pyspark.java_gateway import launch_gateway  # noqa: PLC0415

    if SparkContext._gateway is not None:
        return
    settings = SparkConf(loadDefaults=False).setAll(list(conf.items()))
    with _log() as log:
        begin = log.seek(0, os.SEEK_END)
        try:
            gateway = launch_gateway(settings, {"stdout": log, "stderr": log})  # type: ignore[no-untyped-call]
        except Exception as error:
            log.seek(begin)
            lines = [line for line in log.read().decode(errors="replace").splitlines() if line[:1].isupper()]
            said = [line for line in lines if not line.startswith("WARNING")] or str(error).splitlines()
            raise SetupError(f"Spark does not start: {' '.join(said[:3])[:300]}") from error
    SparkContext._ensure_initialized(gateway=gateway)


def _log() -> IO[bytes]:
    named = os.environ.get(LOG_FILE)
    if not named:
        return tempfile.TemporaryFile()
    try:
        return open(named, "a+b")
    except OSError as error:
        raise SetupError(f"{LOG_FILE}: {named}: {error.strerror}") from None


def spark_session(
    app: str, extra: Mapping[str, str] | None = None, *, small: bool = False, metastore: bool = False
) -> SparkSession:
    """The session. Settings given to spark-submit win, then ``extra`` (the configuration's [spark]), then ours.

    ``small`` is for little data in local mode, where compiling takes longer than the work. With ``metastore`` databases
    are known by name, and to later sessions too. SetupError where Java or the JARs are missing.
    """
    from pyspark.sql import SparkSession  # noqa: PLC0415 - `--help` must not load Spark

    given = _submitted()
    conf = {**TABLE_CONF}
    master = given.get("spark.master") or (extra or {}).get("spark.master") or "local[*]"
    one_process = re.fullmatch(r"local(\[.*\])?", master) is not None
    if master.startswith("local"):
        conf |= LOCAL_CONF | (SMALL_CONF if small else {})
    if not given:
        java_version()
        conf |= {"spark.master": master, **_delta_conf(extra or {}, one_process)}
        # Workers must run the Python that has this package; on clusters PYSPARK_PYTHON is set by the submitter.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    if metastore:
        conf |= metastore_conf({**conf, **(extra or {}), **given}, local=master.startswith("local"))
    conf |= extra or {}
    if not given:
        options = "spark.driver.extraJavaOptions"
        own = [_log_option(), archive_options() if one_process else "", DERBY_OPTION if metastore else ""]
        conf[options] = " ".join(filter(None, [*own, conf.get(options)]))
        _launch({"spark.app.name": app, **conf})
    builder = SparkSession.builder.appName(app)
    for key, value in conf.items():
        if key not in given:
            builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:
        raise SetupError(f"Spark does not start: {str(error).splitlines()[0][:300]}") from error
    # PySpark logs every failed query with its whole plan, as JSON on standard error; the error itself is enough.
    for name in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):
        logging.getLogger(name).disabled = True
    remember_names(session.sparkContext._jvm)
    session.sparkContext.setLogLevel("ERROR" if not given else "WARN")
    return session


def is_small_session(spark: SparkSession) -> bool:
    """Whether the session was made for little data."""
    return spark.conf.get(SMALL, "false") == "true"
