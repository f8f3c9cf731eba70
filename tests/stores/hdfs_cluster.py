"""An HDFS of one name node and one data node in a Java process, with WebHDFS, from the artifacts that Hadoop publishes.

PySpark brings Hadoop's client; the mini cluster is fetched once by Spark's resolver into the cache folder.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyspark

from eds_spark_imaging.spark import jars

SPARK = Path(pyspark.__file__).parent
FROM_SPARK = ("hadoop-client-*.jar", "slf4j-api*.jar", "log4j-*.jar", "jcl-over-slf4j*.jar", "commons-logging*.jar")
LOGGING = "rootLogger.level = off\n"


class Unavailable(Exception):  # noqa: N818 - a reason to skip
    """The artifacts cannot be had, or the cluster does not start."""


class Cluster(NamedTuple):
    """``host:port`` of the name node, for its own protocol and for HTTP."""

    rpc: str
    web: str


def _hadoop_version() -> str:
    (client,) = (SPARK / "jars").glob("hadoop-client-api-*.jar")
    return client.stem.removeprefix("hadoop-client-api-")


def artifacts() -> list[Path]:
    """The mini cluster and the assertions that its classes want, fetched where they are not there yet."""
    version = _hadoop_version()
    cache = jars.jar_folder() / f"hdfs-{version}"
    if not (cache / "complete").exists():
        coordinates = (
            f"org.apache.hadoop:hadoop-client-minicluster:{version},org.junit.jupiter:junit-jupiter-api:5.11.4"
        )
        excluded = (
            "org.apache.hadoop:hadoop-client-api,org.apache.hadoop:hadoop-client-runtime,org.xerial.snappy:snappy-java"
        )
        with tempfile.TemporaryDirectory() as scratch:
            script = Path(scratch) / "nothing.py"
            script.write_text("")
            command = [str(SPARK / "bin" / "spark-submit"), "--master", "local[1]", "--packages", coordinates]
            command += ["--exclude-packages", excluded, "--conf", f"spark.jars.ivy={cache}", str(script)]
            environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
            run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)
        if run.returncode:
            raise Unavailable("the mini cluster of HDFS could not be fetched")
        (cache / "complete").touch()
    return sorted((cache / "jars").glob("*.jar"))


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """A cluster whose data live in ``folder``."""
    path = artifacts() + [jar for pattern in FROM_SPARK for jar in sorted((SPARK / "jars").glob(pattern))]
    config, log4j = folder / "config.xml", folder / "log4j2.properties"
    log4j.write_text(LOGGING)
    command = [jars.java(), "-Xmx384m", f"-Dlog4j2.configurationFile={log4j}", "-cp", ":".join(map(str, path))]
    command += ["org.apache.hadoop.test.MiniDFSClusterManager", "-format", "-datanodes", "1", "-nnport", "0"]
    command += ["-writeConfig", str(config), "-writeDetails", str(folder / "details.json")]
    environment = {**os.environ, "HADOOP_USER_NAME": "hdfs"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment)
    try:
        yield _started(process, folder, config)
    finally:
        process.kill()
        process.wait()


def _started(process: subprocess.Popen[bytes], folder: Path, config: Path) -> Cluster:
    for _ in range(600):
        if (folder / "details.json").exists():  # written last
            text = config.read_text()
            rpc = re.search(r"dfs\.namenode\.rpc-address</name><value>([^<]*)", text)
            web = re.search(r"dfs\.namenode\.http-address</name><value>([^<]*)", text)
            if rpc and web:
                return Cluster(rpc[1], web[1])
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise Unavailable(f"HDFS does not start: {(folder / 'log').read_text()[:300]}")
