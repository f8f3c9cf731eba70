"""Servers of the tests: an S3 server behind a counting proxy, and an HDFS of one node."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from counting_proxy import CountingProxy
from hdfs_cluster import Cluster, Unavailable, running
from store_names import SECRET

from eds_spark_imaging.storage.store import made


@pytest.fixture(scope="session")
def s3_proxy() -> Iterator[CountingProxy]:
    """A server that speaks S3, behind a proxy; the environment leads every client to it."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel("ERROR")
    server = ThreadedMotoServer(port=0, ip_address="127.0.0.1", verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    proxy = CountingProxy(("127.0.0.1", port))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        made.cache_clear()
        yield proxy
    made.cache_clear()
    proxy.close()
    server.stop()


@pytest.fixture
def bucket(s3_proxy: CountingProxy, request: pytest.FixtureRequest) -> Any:
    """An empty bucket, as boto3 has it."""
    import boto3

    made = boto3.resource("s3").Bucket(f"b{abs(hash(request.node.name))}")
    made.create(CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    s3_proxy.reset()
    return made


@pytest.fixture(scope="session")
def hdfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An HDFS with WebHDFS; its superuser is ``hdfs``."""
    try:
        with running(tmp_path_factory.mktemp("hdfs")) as cluster, pytest.MonkeyPatch.context() as patch:
            patch.setenv("HADOOP_USER_NAME", "hdfs")
            yield cluster
    except Unavailable as reason:
        pytest.skip(str(reason))
