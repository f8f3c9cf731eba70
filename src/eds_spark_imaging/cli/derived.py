"""Write the files that derive from declarations: ``docs/tables.md`` and ``conf/spark-defaults.conf``."""

from __future__ import annotations

from pathlib import Path

from eds_spark_imaging.cli.describe import markdown
from eds_spark_imaging.spark.settings import DELTA_PACKAGES, TABLE_CONF
from eds_spark_imaging.tables import Catalogue


def spark_defaults() -> str:
    """The properties file for spark-submit."""
    lines = ["# Written by `./dev docs` from spark/settings.py. Use: spark-submit --properties-file THIS jobs/JOB.py"]
    lines += [f"{key} {value}" for key, value in (DELTA_PACKAGES | TABLE_CONF).items()]
    return "\n".join(lines) + "\n"


def derived_files() -> dict[Path, str]:
    """Each derived file of the project with its content."""
    return {
        Path("docs/tables.md"): "\n".join(markdown(Catalogue())) + "\n",
        Path("conf/spark-defaults.conf"): spark_defaults(),
    }


if __name__ == "__main__":
    for path, content in derived_files().items():
        path.write_text(content, encoding="utf-8")
        print(path)
