"""How many headers a second one task reads from an object store that answers late.

    python -m benchmarks.remote_reads [--delay 30] [--files 5000] [--reads 32]

A server in a process of its own speaks as much of S3 as ranged reads need: it answers every request with a part of one
CT header, ``--delay`` milliseconds after it came. One process reads headers as a task does: ``--reads`` at once
(by default, what the store asks for), results in order.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

from pydicom.data import get_testdata_file

from eds_spark_imaging.dicom.declaration import declaration
from eds_spark_imaging.dicom.header import HeaderReader
from eds_spark_imaging.dicom.result import Header, Status
from eds_spark_imaging.dicom.stores import store_of

FILE = Path(str(get_testdata_file("CT_small.dcm")))
RANGE = re.compile(rb"\r\nrange: *bytes=(\d+)-(\d+)", re.IGNORECASE)


class LateServer(asyncio.Protocol):
    """Answers ranged GETs, each after ``delay`` seconds."""

    def __init__(self, body: bytes, delay: float) -> None:
        self.body, self.delay, self.received = body, delay, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self.received = (self.received + data).split(b"\r\n\r\n")
        for request in requests:
            asyncio.get_running_loop().call_later(self.delay, self.answer, request)

    def answer(self, request: bytes) -> None:
        match = RANGE.search(request)
        start, end = (int(match[1]), int(match[2]) + 1) if match else (0, len(self.body))
        part = self.body[start:end]
        head = (
            f"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {start}-{start + len(part) - 1}/{len(self.body)}\r\n"
            f'Content-Length: {len(part)}\r\nETag: "1"\r\nLast-Modified: Mon, 06 May 2024 07:08:09 GMT\r\n\r\n'
        )
        self.transport.write(head.encode() + part)  # type: ignore[attr-defined]


def serve(delay: float, port: Connection) -> None:
    async def run() -> None:
        body = FILE.read_bytes()
        server = await asyncio.get_running_loop().create_server(lambda: LateServer(body, delay), "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def read(files: int, reads: int) -> Iterator[Header]:
    reader, store, size = HeaderReader(declaration()), store_of("s3://"), FILE.stat().st_size
    with ThreadPoolExecutor(reads) as pool:
        yield from pool.map(lambda n: reader.read(store.open(f"s3://bucket/study/{n}.dcm", size)), range(files))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--delay", type=float, default=30, help="milliseconds added to each request")
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--reads", type=int, default=store_of("s3://").concurrency, help="at once")
    given = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(given.delay / 1000, theirs), daemon=True)
    server.start()
    os.environ |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{ours.recv()}", "AWS_DEFAULT_REGION": "eu-west-3"}
    os.environ |= {"AWS_ACCESS_KEY_ID": "benchmark", "AWS_SECRET_ACCESS_KEY": "benchmark"}
    store_of.__globals__["_remote"].cache_clear()
    for _ in read(given.reads, given.reads):  # open the connections
        pass
    began, work = time.perf_counter(), time.process_time()
    headers = list(read(given.files, given.reads))
    seconds, work = time.perf_counter() - began, time.process_time() - work
    assert all(header.status is Status.PARSED for header in headers)
    what = f"{given.files} headers, {given.reads} at once, {given.delay:g} ms added to each request"
    print(f"{what}: {given.files / seconds:.0f} files/s, {1000 * work / given.files:.2f} ms of processor a file")
    server.terminate()


if __name__ == "__main__":
    main()
