"""The command ``serve-sql``: the tables of a lake for clients of Hive's protocol."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Annotated

import typer

from eds_spark_imaging.cli.options import ConfigOption, LakeOption, LiveOption, config_from
from eds_spark_imaging.config import Config
from eds_spark_imaging.runs import events

_EVERY = 60  # seconds between looks for a new release


def serve_sql(
    lake: LakeOption = None,
    config: ConfigOption = None,
    host: Annotated[
        str,
        typer.Option(
            "--host", help="Address to listen at. Any but this machine's own opens the lake to all who reach it."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65_535)] = 10_000,
    live: LiveOption = False,
) -> None:
    """Serve the tables to clients with Hive's JDBC driver, at the newest release, until interrupted."""
    serve(config_from(config, None, lake, None), host, port, live=live)


def serve(config: Config, host: str, port: int, *, live: bool) -> None:
    """Open the lake and serve it. SetupError where nothing can listen at the address."""
    from eds_spark_imaging.lake.opening import open_lake  # noqa: PLC0415 - loads Spark
    from eds_spark_imaging.lake.serving import Served  # noqa: PLC0415
    from eds_spark_imaging.spark.thrift import check_address, start_thrift_server, thrift_conf  # noqa: PLC0415

    check_address(host, port)
    config = replace(config, spark={**config.spark, **thrift_conf(host, port)})
    spark = open_lake(config, "eds-imaging serve-sql", live=live)
    served = Served(spark, config)
    start_thrift_server(spark)
    print(f"jdbc:hive2://{host}:{port}/default", flush=True)
    while True:
        release = None if live else served.follow()
        if release:
            events.note(f"release {release}")
        time.sleep(_EVERY)
