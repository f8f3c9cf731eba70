"""An archive of the classes that Spark and Delta load, so that Java need not read and check them at every start.

Java's own feature (class-data sharing, JEP 350), for local mode. The archive is made once, beside the JARs in the
user's cache, and belongs to one Java and one set of JARs, which its name tells: with others Java starts without it.
Run as ``python -m eds_spark_imaging.spark.class_archive`` this makes it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from eds_spark_imaging.spark import jars

_DUMP = "EDS_IMAGING_CLASS_DUMP"  # tells the process that is started for it where to
_QUIET = "-Xshare:auto -Xlog:cds=off -Xlog:cds+dynamic=off -Xlog:class+path=off"
_LOADING = "eds_spark_imaging.spark.class_loading"
_SECONDS = 300


def archive_options() -> str:
    """Java's options for the archive; none where it has not been made."""
    dump = os.environ.get(_DUMP)
    if dump:
        return f"{_QUIET} -XX:ArchiveClassesAtExit={dump}"
    found = archive()
    return f"{_QUIET} -XX:SharedArchiveFile={found}" if found.is_file() and " " not in str(found) else ""


def archive() -> Path:
    """Where the archive for this Java, this PySpark and the JARs of Delta is, or would be."""
    import pyspark  # noqa: PLC0415 - heavy, and needed for its location only

    folder = Path(pyspark.__file__).parent / "jars"
    mine = [path.stat() for path in (Path(jars.java()).resolve(), folder, *jars.local_jars())]
    text = repr((jars.java(), str(folder), pyspark.__version__, [(s.st_size, s.st_mtime_ns) for s in mine]))
    return jars.jar_folder() / f"classes-{hashlib.blake2b(text.encode(), digest_size=6).hexdigest()}.jsa"


def make() -> Path | None:
    """Make the archive where there is none; None where that does not work, which costs nothing but time."""
    wanted = archive()
    if wanted.is_file() or not jars.local_jars():
        return wanted if wanted.is_file() else None
    part = wanted.with_suffix(f".{os.getpid()}")
    try:
        command = [sys.executable, "-m", _LOADING]
        environment = os.environ | {_DUMP: str(part)}
        subprocess.run(command, env=environment, capture_output=True, check=True, timeout=_SECONDS)  # noqa: S603
        part.replace(wanted)
    except (OSError, subprocess.SubprocessError):
        part.unlink(missing_ok=True)
        return None
    for other in wanted.parent.glob("classes-*.jsa"):
        if other != wanted:
            other.unlink(missing_ok=True)
    return wanted


if __name__ == "__main__":
    print(make() or "no archive could be made: Spark starts without it")
