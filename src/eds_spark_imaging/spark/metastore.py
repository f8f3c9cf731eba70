"""The metastore of databases: that of the cluster, or an embedded one beside the tables on one machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from eds_spark_imaging.errors import SetupError
from eds_spark_imaging.spark.settings import LOCAL_CONF

_WAREHOUSE, _CONNECTION = "spark.sql.warehouse.dir", "spark.hadoop.javax.jdo.option.ConnectionURL"
DERBY_OPTION = f"-Dderby.stream.error.file={os.devnull}"  # else a log file appears where the command is run
_REMOTE = "spark.hadoop.hive.metastore.uris"


def metastore_conf(conf: Mapping[str, str], *, local: bool) -> dict[str, str]:
    """The settings for databases that are known by name, given those that are made.

    On one machine without Hive's own configuration the metastore is a folder in ``spark.sql.warehouse.dir``, which one
    process at a time may use. SetupError where that is not named: the default is a folder for temporary files.
    """
    hive = {"spark.sql.catalogImplementation": "hive"}
    if not local or _CONNECTION in conf or _REMOTE in conf or _has_hive_site():
        return hive
    warehouse = conf.get(_WAREHOUSE, "").removeprefix("file:")
    if not warehouse or "://" in warehouse or warehouse == LOCAL_CONF[_WAREHOUSE]:
        raise SetupError(f"db:NAME on one machine needs {_WAREHOUSE} under [spark]: a local folder for the databases")
    return hive | {
        _CONNECTION: f"jdbc:derby:;databaseName={warehouse}/metastore_db;create=true",
        "spark.hadoop.datanucleus.schema.autoCreateAll": "true",
        "spark.hadoop.hive.metastore.schema.verification": "false",
    }


def _has_hive_site() -> bool:
    folders = [os.environ.get(name) for name in ("SPARK_CONF_DIR", "HIVE_CONF_DIR", "HADOOP_CONF_DIR")]
    home = os.environ.get("SPARK_HOME")
    folders.append(f"{home}/conf" if home else None)
    return any(folder and (Path(folder) / "hive-site.xml").is_file() for folder in folders)
