"""A PostgreSQL of Debian's packages for a test, and its JDBC driver; nothing of it is left afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyspark

from eds_spark_imaging.spark import jars

DRIVER = "org.postgresql:postgresql:42.7.8"
USER, PASSWORD = "eds", "mot-de-passe-fictif"


class Unavailable(Exception):  # noqa: N818 - a reason to skip
    """The server or its driver cannot be had."""


class Server(NamedTuple):
    """A running server with an empty database."""

    url: str
    driver: Path


def driver() -> Path:
    """The JAR of the JDBC driver, fetched once by Spark's resolver."""
    cache = jars.jar_folder() / "postgresql"
    group, artifact, version = DRIVER.split(":")
    jar = cache / "jars" / f"{group}_{artifact}-{version}.jar"
    if not jar.exists():
        with tempfile.TemporaryDirectory() as scratch:
            script = Path(scratch) / "nothing.py"
            script.write_text("")
            command = [str(Path(pyspark.__file__).parent / "bin" / "spark-submit"), "--master", "local[1]"]
            command += ["--packages", DRIVER, "--conf", f"spark.jars.ivy={cache}", str(script)]
            environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
            subprocess.run(command, capture_output=True, env=environment, timeout=300, check=False)
    if not jar.exists():
        raise Unavailable("the JDBC driver of PostgreSQL cannot be fetched")
    return jar


@contextmanager
def server() -> Iterator[Server]:
    """The server on a free port. Unavailable where Debian's package is missing and cannot be installed."""
    programs, jar = _programs(), driver()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    # PostgreSQL refuses to run as root.
    owner = {"user": "postgres"} if os.geteuid() == 0 else {}
    if owner:
        shutil.chown(folder, "postgres")
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)

    def run(*command: str) -> None:
        log = folder.with_suffix(".log")
        with log.open("ab") as output:
            done = subprocess.run(command, stdout=output, stderr=output, cwd=folder, timeout=120, check=False, **owner)
        if done.returncode:
            raise Unavailable(f"{Path(command[0]).name}: {log.read_text(errors='replace')[-300:]}")

    data, control = str(folder / "data"), str(programs / "pg_ctl")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    access = ["--auth=scram-sha-256", f"--username={USER}", f"--pwfile={secret}"]
    try:
        run(str(programs / "initdb"), "-D", data, "--encoding=UTF8", "--locale=C", *access)
        run(control, "-D", data, "-o", options, "-w", "start")
        try:
            yield Server(f"jdbc:postgresql://127.0.0.1:{port}/postgres", jar)
        finally:
            run(control, "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_suffix(".log").unlink(missing_ok=True)


def _programs() -> Path:
    found = _newest()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "postgresql"]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(command, capture_output=True, env=environment, timeout=300, check=False)
        found = _newest()
    if found is None:
        raise Unavailable("no PostgreSQL of Debian's packages")
    return found


def _newest() -> Path | None:
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=None)
