"""Where the two Delta JARs are, and how Spark's own resolver fetches them once.

Run as ``python -m eds_spark_imaging.spark.jars`` it fetches them and prints the folder. On a cluster they usually come
from ``spark-submit --packages`` or the cluster's image, and this module is not used.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from eds_spark_imaging.errors import SetupError
from eds_spark_imaging.spark.settings import DELTA_COORDINATE, DELTA_EXCLUDES, DELTA_JARS, DELTA_VERSION
from eds_spark_imaging.storage.uri import at_home

FOLDER = "EDS_IMAGING_JARS"


def jar_folder() -> Path:
    """``EDS_IMAGING_JARS``, or a folder of the user's cache."""
    if given := os.environ.get(FOLDER):
        return Path(given)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or at_home("~/.cache"))
    return cache / "eds-spark-imaging" / f"delta-{DELTA_VERSION}"


def local_jars() -> list[Path]:
    """The two JARs where both are there, else an empty list."""
    jars = [jar_folder() / name for name in DELTA_JARS]
    return jars if all(jar.is_file() for jar in jars) else []


def java() -> str:
    """The Java command: that of JAVA_HOME, else of the PATH. SetupError where there is none."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if not found:
        where = f"JAVA_HOME={home} has no bin/java" if home else "no Java on the PATH"
        raise SetupError(f"{where}: install a Java 17 or 21 runtime (Debian: apt-get install openjdk-17-jre-headless)")
    return found


def fetch() -> Path:
    """Fetch the JARs into the folder, once. SetupError where they cannot be reached, or not be there."""
    if local_jars():
        return jar_folder()
    java()
    try:
        jar_folder().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"no folder {jar_folder()} for the JARs: {error.strerror}; {FOLDER} names another") from None
    import pyspark  # noqa: PLC0415 - heavy, and needed for its location only

    with tempfile.TemporaryDirectory() as scratch:
        script = Path(scratch) / "nothing.py"
        script.write_text("")
        command = [str(Path(pyspark.__file__).parent / "bin" / "spark-submit"), "--master", "local[1]"]
        command += ["--packages", DELTA_COORDINATE, "--exclude-packages", ",".join(DELTA_EXCLUDES)]
        command += ["--conf", f"spark.jars.ivy={scratch}/ivy", str(script)]
        environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
        run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603
        found = [Path(scratch) / "ivy" / "jars" / name for name in DELTA_JARS]
        if not all(jar.is_file() for jar in found):
            said = next((line for line in run.stderr.splitlines() if "rror" in line or "not found" in line), "")
            raise SetupError(f"the Delta JARs ({DELTA_COORDINATE}) could not be fetched: {said.strip()[:200]}")
        for jar in found:
            part = jar_folder() / f".{jar.name}.{os.getpid()}"
            shutil.copyfile(jar, part)
            part.replace(jar_folder() / jar.name)
    return jar_folder()


if __name__ == "__main__":
    try:
        print(fetch())
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
