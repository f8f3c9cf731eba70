"""Spark's own Thrift server (HiveThriftServer2) on a session: what clients with Hive's JDBC driver talk to."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING

from eds_spark_imaging.errors import SetupError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def thrift_conf(host: str, port: int) -> Mapping[str, str]:
    """Settings of a session that will be served. Clients share it, since its tables are known to no other."""
    return {
        "spark.sql.hive.thriftServer.singleSession": "true",
        "spark.hadoop.hive.server2.thrift.bind.host": host,
        "spark.hadoop.hive.server2.thrift.port": str(port),
        "spark.hadoop.hive.server2.transport.mode": "binary",
    }


def check_address(host: str, port: int) -> None:
    """SetupError where nothing can listen there: the server would end the process without a word."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        raise SetupError(f"nothing can listen at {host}:{port}: {error.strerror}") from None


def start_thrift_server(spark: SparkSession) -> None:
    """Serve the session until it ends."""
    jvm = spark._jvm
    if jvm is None:  # a session of Spark Connect
        raise SetupError("a Thrift server needs a session of this machine")
    jvm.java.lang.System.setProperty("derby.stream.error.file", os.devnull)  # else a log appears in the folder
    server = jvm.org.apache.spark.sql.hive.thriftserver.HiveThriftServer2
    server.startWithContext(spark._jsparkSession.sqlContext())
